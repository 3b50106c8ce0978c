/** The result of `verify`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";
import { attestationReport } from "../../core/attestation-schema.ts";

export const verifyResult = s.timedResult(s.bool, "verify", {
  cluster: s.string.nullable().describe("null offline"),
  registry: z.object({ name: s.string, app_id: z.string().regex(/^[0-9a-f]*$/) }).nullable(),
  at: s.string.describe("the time for which it was verified"),
  attestation: attestationReport,
  trust_file: s.string.nullable().describe("null: the built-in trust"),
  trusted: z.array(s.string).readonly().describe("whom one has to believe in the end"),
  saved: z.array(s.string).readonly().describe("files that were written"),
  error: z
    .strictObject({ code: s.string, message: s.string, hint: s.words.nullable(), step: z.null() })
    .nullable()
    .describe("why it is not ok"),
});

export type VerifyResult = z.infer<typeof verifyResult>;
