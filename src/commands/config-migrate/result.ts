/** The result of `config migrate`. */
import * as z from "zod";
import type { Threshold } from "../../orchestrator/migrate.ts";
import * as s from "../shared/schema.ts";

const threshold = z.object({
  value: z.union([s.number, s.string]).describe("a text where the file has a variable there"),
  from: z.enum(["input", "provision-factor", "capacity-threshold", "default"]),
});

export const configMigrateResult = s
  .result(s.ok, "config migrate", {
    file: s.text.describe("the file that was read"),
    output: s.text
      .nullable()
      .describe(
        "the file that was written, or with `--dry-run` would be; `null` where it is of schema v2 already",
      ),
    previous_schema: z.enum(["v1", "v2"]).describe("`v2` where there was nothing to do"),
    changed: s.bool.describe("whether the text differs"),
    written: s.bool.describe("whether it is on disk"),
    capacity_threshold: (threshold as unknown as z.ZodType<Threshold>).nullable(),
    diff: s.lineDiff.describe("lines that go (`- `) and come (`+ `), in order"),
  })
  .meta(
    s.when(
      { changed: { const: true } },
      {
        output: { type: "string" },
        previous_schema: { const: "v1" },
        capacity_threshold: s.NOT_NULL,
        diff: { type: "array", minItems: 1 },
      },
      {
        output: { type: "null" },
        written: { const: false },
        capacity_threshold: { type: "null" },
        diff: { type: "array", maxItems: 0 },
      },
    ),
  );
export type ConfigMigrateResult = z.infer<typeof configMigrateResult>;
