/** The result of `verify`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";
import { ATTESTATION_CHECK_IDS, ATTESTATION_CODES } from "../../core/attestation.ts";

const hex = z.string().regex(/^[0-9a-f]*$/);

export const attestationCheck = z.object({
  id: z.enum(ATTESTATION_CHECK_IDS),
  result: z.enum(["passed", "warning", "unverified", "failed"]),
  code: z.enum(ATTESTATION_CODES).nullable().describe("null for what has passed"),
  message: s.string,
});

const facts = z.object({
  registers: z.object({ mrtd: hex, rtmr0: hex, rtmr1: hex, rtmr2: hex, rtmr3: hex }),
  tcb_status: s.string,
  advisories: z.array(s.string).readonly(),
  tcb_evaluation_number: z.int(),
  fmspc: hex,
  collateral_expires: s.string,
  os_image: s.string.nullable(),
  kms: s.string.nullable(),
  key_provider_sha256: hex.nullable(),
  app_id: hex.nullable(),
  instance_id: hex.nullable(),
  compose_hash: hex.nullable(),
  certificate_issued: s.string.nullable(),
  pre_launch_script_sha256: hex.nullable(),
});

export const attestationReport = z.object({
  result: z.enum(["verified", "partly", "none"]),
  checks: z.array(attestationCheck).readonly(),
  facts: facts.nullable(),
});

export const verifyResult = s.timedResult(s.bool, "verify", {
  cluster: s.string.nullable().describe("null offline"),
  registry: z.object({ name: s.string, app_id: hex }).nullable(),
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
