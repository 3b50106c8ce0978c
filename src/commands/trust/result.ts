/** The answer of `trust show`, `trust diff` and `trust pin`. `schemas/trust.json` is made of it. */
import { z } from "zod";
import { warnings } from "../shared/schema.ts";
import { trustSchema } from "../../trust/trust-file.ts";

export const trustResult = z.strictObject({
  /** False: `trust diff` has found something. */
  ok: z.boolean(),
  command: z.enum(["trust show", "trust diff", "trust pin"]),
  /** Null: built in. */
  file: z.string().nullable(),
  trust: trustSchema,
  differences: z
    .array(
      z.strictObject({
        key: z.enum(["os", "kms", "pre_launch_scripts", "app_compose_fields", "registry", "tcb"]),
        message: z.string(),
        text: z.string().nullable(),
        pinnable: z.boolean(),
      }),
    )
    .readonly(),
  /** The file that was written. */
  written: z.string().nullable(),
  warnings,
});

export type TrustResult = z.infer<typeof trustResult>;
