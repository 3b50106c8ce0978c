/** What attestation finds. Missing evidence is a warning with `--attest auto`; a contradiction never is. */
import { entry } from "./entry.ts";

const PAGE = "attestation.md";
const DISTRUST = "Send it no secrets; see what was found: `tee-cluster verify --verbose`.";

export const ATTESTATION = {
  "attest-unavailable": entry(
    "verification or warning or finding",
    "Evidence is missing",
    "The quote, or Intel's collateral for it, is not available, or the collateral has expired.",
    "Check the network and `--collateral-url`; offline, give the time of the evidence with `--at`.",
    PAGE,
  ),
  "attest-os-unknown": entry(
    "verification or warning or finding",
    "Unknown OS image",
    "The measurements of the OS image are in no list.",
    "Compare them with Phala's releases, then pin them: `tee-cluster trust pin`.",
    PAGE,
  ),
  "kms-unknown": entry(
    "verification or warning or finding",
    "Unknown KMS",
    "The CVM's keys come from another provider than a known KMS.",
    "Find out whose it is, then add it to the trust file.",
    PAGE,
  ),
  "env-key-unverified": entry(
    "verification or warning or finding",
    "The environment key is not verified",
    "Nobody showed a signature of the key that the environment is encrypted to.",
    "With `--attest require` this is an error.",
    PAGE,
  ),
  "env-key-unsigned": entry(
    "verification or finding",
    "The environment key is not signed",
    "The key that the environment would be encrypted to has no valid signature of the KMS.",
    DISTRUST,
    PAGE,
  ),
  "env-key-substituted": entry(
    "verification or finding",
    "The environment key was substituted",
    "The key is signed by somebody else, or is not the one that was signed: whoever holds it would read the secrets.",
    DISTRUST,
    PAGE,
  ),
  "attest-quote": entry(
    "verification or finding",
    "The quote does not verify",
    "A signature, certificate or revocation list does not hold: this may not be a TDX machine at all.",
    DISTRUST,
    PAGE,
  ),
  "attest-stale": entry(
    "verification or finding",
    "The evidence is old",
    "The evidence is older than the last restart.",
    "Run `tee-cluster verify` again.",
    PAGE,
  ),
  "attest-tcb": entry(
    "verification or finding",
    "The platform is not up to date",
    "Intel rates the machine's firmware as out of date or revoked, or does not know it.",
    "Deploy on another node, or accept the status in the trust file.",
    PAGE,
  ),
  "attest-debug": entry(
    "verification or finding",
    "The TD can be debugged",
    "Its host can read its memory, and so the keys.",
    DISTRUST,
    PAGE,
  ),
  "attest-os-dev": entry(
    "verification or finding",
    "A development OS image",
    "A development image lets its operator log in.",
    "Deploy with a production image.",
    PAGE,
  ),
  "attest-event-log": entry(
    "verification or finding",
    "The event log does not hold",
    "It does not add up to the measured RTMR3, or is malformed.",
    DISTRUST,
    PAGE,
  ),
  "attest-compose": entry(
    "verification or warning or finding",
    "The CVM runs other code",
    "Its measured compose file, names or scripts are not the expected ones.",
    DISTRUST,
    PAGE,
  ),
  "attest-app": entry(
    "verification or finding",
    "The evidence is of another app",
    "The measured app_id is not the registry's.",
    DISTRUST,
    PAGE,
  ),
  "attest-key-provider": entry(
    "verification or finding",
    "The key provider does not hold",
    "No key provider is measured, or the certificate is of another KMS.",
    DISTRUST,
    PAGE,
  ),
  "attest-paths-differ": entry(
    "verification or finding",
    "API and CVM disagree",
    "The API's evidence and the CVM's own evidence say different things.",
    DISTRUST,
    PAGE,
  ),
  "attest-changed": entry(
    "verification or finding",
    "The registry has changed",
    "It runs something else than at the last verification, and no run of this machine changed it.",
    "Rotate the AWS keys, then find out who updated the registry: `tee-cluster history`.",
    PAGE,
  ),
} as const;
