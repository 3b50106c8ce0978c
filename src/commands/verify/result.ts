/** The answer of `verify`. `schemas/verify.json` is made of it. */
import { z } from "zod";
import { warnings } from "../shared/schema.ts";
import { ATTESTATION_CHECK_IDS, ATTESTATION_CODES } from "../../core/attestation.ts";

const hex = z.string().regex(/^[0-9a-f]*$/);

export const attestationCheck = z.strictObject({
  id: z.enum(ATTESTATION_CHECK_IDS),
  result: z.enum(["passed", "warning", "unverified", "failed"]),
  /** Null for what has passed. */
  code: z.enum(ATTESTATION_CODES).nullable(),
  message: z.string(),
});

const facts = z.strictObject({
  registers: z.strictObject({ mrtd: hex, rtmr0: hex, rtmr1: hex, rtmr2: hex, rtmr3: hex }),
  tcb_status: z.string(),
  advisories: z.array(z.string()).readonly(),
  tcb_evaluation_number: z.int(),
  fmspc: hex,
  collateral_expires: z.string(),
  os_image: z.string().nullable(),
  kms: z.string().nullable(),
  app_id: hex.nullable(),
  instance_id: hex.nullable(),
  compose_hash: hex.nullable(),
  certificate_issued: z.string().nullable(),
  pre_launch_script_sha256: hex.nullable(),
});

export const attestationReport = z.strictObject({
  result: z.enum(["verified", "partly", "none"]),
  checks: z.array(attestationCheck).readonly(),
  facts: facts.nullable(),
});

export const verifyResult = z.strictObject({
  ok: z.boolean(),
  command: z.literal("verify"),
  /** Null offline. */
  cluster: z.string().nullable(),
  registry: z.strictObject({ name: z.string(), app_id: hex }).nullable(),
  /** The time for which it was verified. */
  at: z.string(),
  attestation: attestationReport,
  /** Null: the built-in trust. */
  trust_file: z.string().nullable(),
  /** Whom one has to believe in the end. */
  trusted: z.array(z.string()).readonly(),
  /** Files that were written. */
  saved: z.array(z.string()).readonly(),
  /** Why it is not ok. */
  error: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      hint: z.string().nullable(),
      step: z.null(),
    })
    .nullable(),
  warnings,
});

export type VerifyResult = z.infer<typeof verifyResult>;
