/** Writing a file of the operator's: complete or untouched, with errors that say what to do. */
import path from "node:path";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { NotAFileError, writeAtomically } from "../lib/atomic-file.ts";
import { isErrno } from "../lib/errno.ts";

/** What the file is to the operator: what error codes begin with, and the flag that names another place. */
export type FileRole = { readonly code: "config" | "hash-record"; readonly flag: string };

export const CONFIG: FileRole = { code: "config", flag: "--orchestrator-config" };

/**
 * Writes the whole text (UTF-8). A symbolic link stays one, its target is replaced; an existing file keeps its
 * mode and owner, a new one gets `mode` (default 0644, less the umask). `backup`: where the text from before is kept.
 * @throws ClusterError `config-unwritable` (conflict) where it can't be written, `config-not-a-file` (conflict)
 *   for a folder or device, `config-folder-missing` (input), or the same of another `role`; whatever was there is
 *   as it was.
 */
export async function writeFileAtomically(
  file: string,
  text: string,
  {
    role = CONFIG,
    ...options
  }: { readonly mode?: number; readonly role?: FileRole; readonly backup?: string } = {},
): Promise<void> {
  try {
    await writeAtomically(file, text, options);
  } catch (error) {
    throw unwritable(file, error, role);
  }
}

function unwritable(file: string, error: unknown, role: FileRole): ClusterError {
  if (error instanceof NotAFileError || isErrno(error, "EISDIR")) return notAFile(file, role);
  const folder = path.dirname(file);
  if (isErrno(error, "ENOENT"))
    return new ClusterError("input", `${role.code}-folder-missing`, {
      message: `can't write ${file}: the folder ${folder} does not exist`,
      hint: `make it with: mkdir -p '${folder}', or choose another place with ${role.flag}`,
      cause: error,
    });
  return new ClusterError("conflict", `${role.code}-unwritable`, {
    message: `can't write ${file}: ${messageOf(error)}`,
    hint: `fix that, or choose another place with ${role.flag}; then run the command again`,
    cause: error,
  });
}

export function notAFile(file: string, role: FileRole): ClusterError {
  return new ClusterError("conflict", `${role.code}-not-a-file`, {
    message: `${file} is a folder or not a regular file`,
    hint: `give the path of a file with ${role.flag}`,
  });
}
