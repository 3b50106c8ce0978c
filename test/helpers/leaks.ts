/** Where a secret got out: into a file, or into a text. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { CANARIES } from "./program.ts";

/** Every file below the folders that holds a canary, in any of the forms that a secret travels in. */
export async function filesWithSecrets(folders: readonly string[]): Promise<string[]> {
  const leaking: string[] = [];
  for (const file of (await Promise.all(folders.map(filesBelow))).flat()) {
    if (holdsSecret(await readFile(file, "utf8").catch(() => ""))) leaking.push(file);
  }
  return leaking;
}

/** Plain, URL-encoded and in base64. */
export function holdsSecret(text: string): boolean {
  return Object.values(CANARIES).some((secret) =>
    [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")].some((form) =>
      text.includes(form),
    ),
  );
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
