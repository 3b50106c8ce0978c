/** Ways in which the platform can lie about what it runs; each must be refused (docs/attestation.md). */

export const LIES = {
  "own-env-key": "the API hands out a key of its own to encrypt the environment to",
  "two-env-keys": "the API shows the KMS's signed key, and gives the CLI a key of its own",
  "own-kms": "keys come from another KMS than Phala's, which signs the environment key",
  "foreign-compose": "the CVM runs another compose file than the API says",
  "foreign-script": "an init_script was added to the app-compose, which runs before the containers",
  "platform-script":
    "a pre-launch script of the platform is added to every CVM, as Phala does: no lie in itself",
  "another-script": "another pre-launch script than the platform's own is added",
  "patched-os": "the CVM runs an OS image that nobody knows",
  "dev-image": "the CVM runs a development image, into which the operator can log in",
  "no-tee": "the quote is signed by something else than a TEE",
  "debug-td": "the TD can be debugged: its host reads its memory",
  "edited-log": "the event log was edited to show the compose hash that is expected",
  "paths-differ": "the API and the CVM say different things of what runs",
  "stale-evidence": "the CVM shows evidence from before its last restart",
  "changed-later": "the API has updated the CVM to another compose file",
} as const;

export type Lie = keyof typeof LIES;

export const isLie = (text: string): text is Lie => Object.hasOwn(LIES, text);
