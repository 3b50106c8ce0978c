/** What attestation reads and reports, as zod schemas; a run imports their types from `attestation.ts`. */
import * as z from "zod";
import { ATTESTATION_CHECK_IDS, ATTESTATION_CODES } from "./attestation.ts";

const hex = z.string().regex(/^[0-9a-f]*$/);

export const attestationCheck = z
  .object({
    id: z.enum(ATTESTATION_CHECK_IDS),
    result: z.enum(["passed", "warning", "unverified", "failed"]),
    code: z.enum(ATTESTATION_CODES).nullable().describe("null for what has passed"),
    message: z.string().min(1),
  })
  .readonly();

/** Dates in ISO 8601; null where the evidence does not say. */
const attestationFacts = z
  .object({
    registers: z.object({ mrtd: hex, rtmr0: hex, rtmr1: hex, rtmr2: hex, rtmr3: hex }).readonly(),
    tcb_status: z.string(),
    advisories: z.array(z.string()).readonly(),
    tcb_evaluation_number: z.int(),
    fmspc: hex,
    /** When the collateral has to be fetched again. */
    collateral_expires: z.string(),
    os_image: z.string().nullable(),
    kms: z.string().nullable(),
    /** SHA-256 of what the measured key provider says it is: of a KMS, its CA's key. */
    key_provider_sha256: hex.nullable(),
    app_id: hex.nullable(),
    instance_id: hex.nullable(),
    compose_hash: hex.nullable(),
    /** When the CVM got its certificate. */
    certificate_issued: z.string().nullable(),
    pre_launch_script_sha256: hex.nullable(),
  })
  .readonly();

export const attestationReport = z
  .object({
    result: z.enum(["verified", "partly", "none"]),
    checks: z.array(attestationCheck).readonly(),
    facts: attestationFacts.nullable(),
  })
  .readonly();

/** Intel's PCS v4 responses in the form that `dcap-qvl` saves, as they are cached. CRLs and signatures in hex. */
export const collateralSchema = z.object({
  root_ca_crl: z.string(),
  pck_crl: z.string(),
  /** PEM, the signer first. */
  tcb_info_issuer_chain: z.string(),
  /** The exact text that is signed. */
  tcb_info: z.string(),
  tcb_info_signature: z.string(),
  qe_identity_issuer_chain: z.string(),
  qe_identity: z.string(),
  qe_identity_signature: z.string(),
});
