/** What attestation finds. Missing evidence is a warning with `--attest auto`; a contradiction never is. */
import { entry } from "./entry.ts";

const PAGE = "attestation.md";
const DISTRUST = "Send it no secrets; see what was found: `tee-cluster verify --verbose`.";

export const ATTESTATION = {
  "attest-unavailable": entry("verification or warning or finding", "Evidence is missing", PAGE, {
    cause:
      "The quote, or Intel's collateral for it, is not available, or the collateral has expired.",
    remedy:
      "Check the network and `--collateral-url`; offline, give the time of the evidence with `--at`.",
  }),
  "attest-os-unknown": entry("verification or warning or finding", "Unknown OS image", PAGE, {
    cause: "The measurements of the OS image are in no list.",
    remedy: "Compare them with Phala's releases, then pin them: `tee-cluster trust pin`.",
  }),
  "kms-unknown": entry("verification or warning or finding", "Unknown KMS", PAGE, {
    cause: "The CVM's keys come from another provider than a known KMS.",
    remedy: "Find out whose it is, then add it to the trust file.",
  }),
  "env-key-unverified": entry(
    "verification or warning or finding",
    "The environment key is not verified",
    PAGE,
    {
      cause: "There is no signature of the key that the environment is encrypted to.",
      remedy: "With `--attest require` this is an error.",
    },
  ),
  "env-key-unsigned": entry("verification or finding", "The environment key is not signed", PAGE, {
    cause: "The key that the environment would be encrypted to has no valid signature of the KMS.",
    remedy: DISTRUST,
  }),
  "env-key-substituted": entry(
    "verification or finding",
    "The environment key was substituted",
    PAGE,
    {
      cause:
        "The key is signed by somebody else, or is not the one that was signed: its holder could read the secrets.",
      remedy: DISTRUST,
    },
  ),
  "attest-quote": entry("verification or finding", "The quote does not verify", PAGE, {
    cause:
      "A signature, certificate or revocation list does not hold: this may not be a TDX machine at all.",
    remedy: DISTRUST,
  }),
  "attest-stale": entry("verification or finding", "The evidence is old", PAGE, {
    cause: "The evidence is older than the last restart.",
    remedy: "Run `tee-cluster verify` again.",
  }),
  "attest-tcb": entry("verification or finding", "The platform is not up to date", PAGE, {
    cause: "Intel rates the machine's firmware as out of date or revoked, or does not know it.",
    remedy: "Deploy on another node, or accept the status in the trust file.",
  }),
  "attest-debug": entry("verification or finding", "The TD can be debugged", PAGE, {
    cause: "Its host can read its memory, and so the keys.",
    remedy: DISTRUST,
  }),
  "attest-os-dev": entry("verification or finding", "A development OS image", PAGE, {
    cause: "A development image lets its operator log in.",
    remedy: "Deploy with a production image.",
  }),
  "attest-event-log": entry("verification or finding", "The event log does not hold", PAGE, {
    cause: "It does not add up to the measured RTMR3, or is malformed.",
    remedy: DISTRUST,
  }),
  "attest-compose": entry("verification or warning or finding", "The CVM runs other code", PAGE, {
    cause: "Its measured compose file, names or scripts are not the expected ones.",
    remedy: DISTRUST,
  }),
  "attest-app": entry("verification or finding", "The evidence is of another app", PAGE, {
    cause: "The measured app_id is not the registry's.",
    remedy: DISTRUST,
  }),
  "attest-key-provider": entry("verification or finding", "The key provider does not hold", PAGE, {
    cause: "No key provider is measured, or the certificate is of another KMS.",
    remedy: DISTRUST,
  }),
  "attest-paths-differ": entry("verification or finding", "API and CVM disagree", PAGE, {
    cause: "The API's evidence and the CVM's own evidence say different things.",
    remedy: DISTRUST,
  }),
  "attest-changed": entry("verification or finding", "The registry has changed", PAGE, {
    cause:
      "It runs something else than at the last verification, and no run of this machine changed it.",
    remedy: "Rotate the AWS keys, then find out who updated the registry: `tee-cluster history`.",
  }),
} as const;
