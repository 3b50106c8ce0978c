/** The result of `doctor`. */
import * as z from "zod";
import type { CheckCode } from "../../errors/catalogue.ts";
import * as s from "../shared/schema.ts";

const check = z
  .object({
    id: s.code as unknown as z.ZodType<CheckCode>,
    finding: s.code
      .optional()
      .describe("which of the things that the check looks for: `image-not-pinned`"),
    title: s.text.describe("what it checks, for people"),
    kind: z
      .enum(["input", "prerequisite", "conflict"])
      .describe("what a failure is to a run: `input` (exit 2), `prerequisite` (3), `conflict` (6)"),
    severity: z.enum(["error", "warning", "note"]),
    status: z
      .enum(["passed", "failed", "skipped", "ignored"])
      .describe("`skipped`: does not apply, or can't be looked at; `ignored`: by `--ignore`"),
    detail: s.string.describe("what was found, or why it was skipped"),
    remedy: s.words.optional().describe("with every `failed`"),
  })
  .meta({
    if: { properties: { status: { const: "failed" } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: {
      required: ["remedy"],
      properties: {
        remedy: { type: "string", minLength: 1 },
        severity: { enum: ["error", "warning"] },
      },
    },
  });

export const doctorResult = z.object({
  ok: s.bool.describe(
    "`false` if a check of severity `error` failed; with `--strict`, of `warning` too",
  ),
  command: z.literal("doctor"),
  checks: s
    .list(check)
    .meta({ minItems: 1 })
    .describe("in a fixed order; a check that finds several things has one entry for each"),
  warnings: s.warnings.describe("what failed and does not count"),
  timings: s.timings,
});
export type DoctorResult = z.infer<typeof doctorResult>;
