/** A file that is complete or untouched: written beside its target, flushed, and renamed over it. */
import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ClusterError, messageOf } from "../errors.ts";

/**
 * Writes the whole text. A symbolic link stays one, its target is replaced; the mode of an existing file stays.
 * @throws ClusterError `config-unwritable` (conflict); the file is as it was.
 */
export async function writeFileAtomically(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => path.resolve(file));
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(6).toString("hex")}`,
  );
  try {
    const mode = await stat(target).then(
      (found) => (found.isFile() ? found.mode & 0o777 : Promise.reject(new Error("it is not a file"))),
      () => 0o644,
    );
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
    await syncFolder(path.dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(file, error);
  }
}

/** Makes the rename last through a power cut, where the file system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

export function unwritable(file: string, error: unknown): ClusterError {
  return new ClusterError({
    kind: "conflict",
    code: "config-unwritable",
    message: `can't write ${file}: ${messageOf(error)}`,
    hint: "choose another place with --orchestrator-config, or mend that; then run the same command again",
    cause: error,
  });
}
