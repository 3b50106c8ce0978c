/** What attestation finds. Missing evidence is a warning with `--attest auto`; a contradiction never is. */
import { inAttestation } from "./entry.ts";

const DISTRUST = "Send it no secrets; see what was found: `tee-cluster verify --verbose`.";

export const ATTESTATION = {
  "attest-unavailable": inAttestation("verification or warning or finding", "Evidence is missing")
    .cause(
      "The quote, or Intel's collateral for it, is not available, or the collateral has expired.",
    )
    .remedy(
      "Check the network and `--collateral-url`; offline, give the time of the evidence with `--at`.",
    ),
  "attest-os-unknown": inAttestation("verification or warning or finding", "Unknown OS image")
    .cause("The measurements of the OS image are in no list.")
    .remedy("Compare them with Phala's releases, then pin them: `tee-cluster trust pin`."),
  "kms-unknown": inAttestation("verification or warning or finding", "Unknown KMS")
    .cause("The CVM's keys come from another provider than a known KMS.")
    .remedy("Find out whose it is, then add it to the trust file."),
  "env-key-unverified": inAttestation(
    "verification or warning or finding",
    "The environment key is not verified",
  )
    .cause("There is no signature of the key that the environment is encrypted to.")
    .remedy("With `--attest require` this is an error."),
  "env-key-unsigned": inAttestation("verification or finding", "The environment key is not signed")
    .cause("The key that the environment would be encrypted to has no valid signature of the KMS.")
    .remedy(DISTRUST),
  "env-key-substituted": inAttestation(
    "verification or finding",
    "The environment key was substituted",
  )
    .cause(
      "The key is signed by somebody else, or is not the one that was signed: its holder could read the secrets.",
    )
    .remedy(DISTRUST),
  "attest-quote": inAttestation("verification or finding", "The quote does not verify")
    .cause(
      "A signature, certificate or revocation list does not hold: this may not be a TDX machine at all.",
    )
    .remedy(DISTRUST),
  "attest-stale": inAttestation("verification or finding", "The evidence is old")
    .cause("The evidence is older than the last restart.")
    .remedy("Run `tee-cluster verify` again."),
  "attest-tcb": inAttestation("verification or finding", "The platform is not up to date")
    .cause("Intel rates the machine's firmware as out of date or revoked, or does not know it.")
    .remedy("Deploy on another node, or accept the status in the trust file."),
  "attest-debug": inAttestation("verification or finding", "The TD can be debugged")
    .cause("Its host can read its memory, and so the keys.")
    .remedy(DISTRUST),
  "attest-os-dev": inAttestation("verification or finding", "A development OS image")
    .cause("A development image lets its operator log in.")
    .remedy("Deploy with a production image."),
  "attest-event-log": inAttestation("verification or finding", "The event log does not hold")
    .cause("It does not add up to the measured RTMR3, or is malformed.")
    .remedy(DISTRUST),
  "attest-compose": inAttestation("verification or warning or finding", "The CVM runs other code")
    .cause("Its measured compose file, names or scripts are not the expected ones.")
    .remedy(DISTRUST),
  "attest-app": inAttestation("verification or finding", "The evidence is of another app")
    .cause("The measured app_id is not the registry's.")
    .remedy(DISTRUST),
  "attest-key-provider": inAttestation("verification or finding", "The key provider does not hold")
    .cause("No key provider is measured, or the certificate is of another KMS.")
    .remedy(DISTRUST),
  "attest-paths-differ": inAttestation("verification or finding", "API and CVM disagree")
    .cause("The API's evidence and the CVM's own evidence say different things.")
    .remedy(DISTRUST),
  "attest-changed": inAttestation("verification or finding", "The registry has changed")
    .cause(
      "It runs something else than at the last verification, and no run of this machine changed it.",
    )
    .remedy("Rotate the AWS keys, then find out who updated the registry: `tee-cluster history`."),
} as const;
