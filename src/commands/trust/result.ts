/** The result of `trust show`, `trust diff` and `trust pin`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";
import { trustSchema } from "../../trust/trust-file.ts";

export const trustResult = z.object({
  ok: s.bool.describe("false: `trust diff` has found something"),
  command: z.enum(["trust show", "trust diff", "trust pin"]),
  file: s.string.nullable().describe("null: built in"),
  trust: trustSchema,
  differences: z
    .array(
      z.object({
        key: z.enum(["os", "kms", "pre_launch_scripts", "app_compose_fields", "registry", "tcb"]),
        message: s.string,
        text: s.string.nullable(),
        pinnable: s.bool,
      }),
    )
    .readonly(),
  written: s.string.nullable().describe("the file that was written"),
  warnings: s.warnings,
});

export type TrustResult = z.infer<typeof trustResult>;
