/** A file that is complete or untouched: written beside its target, flushed, and renamed over it. */
import { randomBytes } from "node:crypto";
import { open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";

const MAX_LINKS = 40;

/** What the file is to the operator: what error codes begin with, and the flag that names another place. */
export type FileRole = { readonly code: string; readonly flag: string };

export const CONFIG: FileRole = { code: "config", flag: "--orchestrator-config" };

/**
 * Writes the whole text (UTF-8). A symbolic link stays one, its target is replaced; an existing file keeps its
 * mode, a new one gets `mode` (default 0644, less the umask).
 * @throws ClusterError `config-unwritable` (conflict) where it can't be written, `config-not-a-file` (conflict)
 *   for a folder or device, `config-folder-missing` (input), or the same of another `role`; whatever was there is
 *   as it was.
 */
export async function writeFileAtomically(
  file: string,
  text: string,
  { mode = 0o644, role = CONFIG }: { readonly mode?: number; readonly role?: FileRole } = {},
): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await targetOf(file);
    const existing = await modeOf(target, file, role);
    temporary = path.join(
      path.dirname(target),
      `.${path.basename(target).slice(0, 200)}.${randomBytes(6).toString("hex")}`,
    );
    await writeNew(temporary, text, { mode, existing });
    await rename(temporary, target);
    await syncFolder(path.dirname(target));
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(file, error, role);
  }
}

/** The error for a file that can't be written. A ClusterError comes back as it is. */
function unwritable(file: string, error: unknown, role = CONFIG): ClusterError {
  if (error instanceof ClusterError) return error;
  const folder = path.dirname(file);
  if (isErrno(error, "ENOENT")) {
    return new ClusterError({
      kind: "input",
      code: `${role.code}-folder-missing`,
      message: `can't write ${file}: the folder ${folder} does not exist`,
      hint: `make it with: mkdir -p '${folder}', or choose another place with ${role.flag}`,
      cause: error,
    });
  }
  if (isErrno(error, "EISDIR")) return notAFile(file, role);
  return new ClusterError({
    kind: "conflict",
    code: `${role.code}-unwritable`,
    message: `can't write ${file}: ${messageOf(error)}`,
    hint: `choose another place with ${role.flag}, or mend that; then run the same command again`,
    cause: error,
  });
}

/**
 * Where a chain of symbolic links ends, also where nothing is there yet: renaming over a link would end it.
 * @throws the system's error where a folder on the way is missing.
 */
export async function targetOf(file: string): Promise<string> {
  let at = path.resolve(file);
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const folder = await realpath(path.dirname(at));
    at = path.join(folder, path.basename(at));
    const link = await readlink(at).catch(() => undefined);
    if (link === undefined) return at;
    at = path.resolve(folder, link);
  }
  throw new Error("too many symbolic links");
}

/** Permission bits of the existing file; undefined where there is none. */
async function modeOf(target: string, file: string, role: FileRole): Promise<number | undefined> {
  try {
    const found = await stat(target);
    if (!found.isFile()) throw notAFile(file, role);
    return found.mode & 0o777;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function writeNew(
  temporary: string,
  text: string,
  { mode, existing }: { readonly mode: number; readonly existing: number | undefined },
): Promise<void> {
  // Private until the text is in it and the mode of the file it replaces is known to fit.
  const handle = await open(temporary, "wx", existing === undefined ? mode : 0o600);
  try {
    await handle.writeFile(text);
    if (existing !== undefined) await handle.chmod(existing);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename last through a power cut, where the file system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

export function notAFile(file: string, role: FileRole): ClusterError {
  return new ClusterError({
    kind: "conflict",
    code: `${role.code}-not-a-file`,
    message: `${file} is a folder, or no regular file`,
    hint: `give the path of a file with ${role.flag}`,
  });
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
