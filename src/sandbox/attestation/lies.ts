/** Ways in which the platform can lie about what it runs; each must be refused (docs/attestation.md). */
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../../lib/make-folder.ts";

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

const fileIn = (stateDir: string): string => path.join(stateDir, "lies.json");

/** For other runs on the same cloud, until `clearLies`. */
export async function shareLies(stateDir: string, lies: readonly Lie[]): Promise<void> {
  if (lies.length === 0) return clearLies(stateDir);
  makeFolder(stateDir, 0o700);
  await writeFile(fileIn(stateDir), JSON.stringify(lies), { mode: 0o600 });
}

export const clearLies = (stateDir: string): Promise<void> => rm(fileIn(stateDir), { force: true });

/** The lies that `tee-cluster sandbox --lie` has set for this cloud. */
export async function sharedLies(stateDir: string): Promise<readonly Lie[]> {
  try {
    const names: unknown = JSON.parse(await readFile(fileIn(stateDir), "utf8"));
    return Array.isArray(names) ? names.map(String).filter(isLie) : [];
  } catch {
    return [];
  }
}
