/** Reading a file that is written back: nothing of it may be lost on the way. */
import { isUtf8 } from "node:buffer";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { isErrno } from "../lib/errno.ts";
import { readFile, stat } from "../lib/local-files.ts";
import { CONFIG, notAFile, type FileRole } from "./write-file.ts";

/**
 * The whole text; undefined where there is no file.
 * @throws ClusterError `config-not-a-file`, `config-unreadable` (conflict), or the same of another `role`.
 */
export async function readWholeText(
  file: string,
  role: FileRole = CONFIG,
): Promise<string | undefined> {
  try {
    // A named pipe would block, a device never end.
    if (!(await stat(file)).isFile()) throw notAFile(file, role);
    const bytes = await readFile(file);
    // Other bytes than UTF-8 would be written back as replacement characters.
    if (!isUtf8(bytes)) throw new Error("it is not text in UTF-8");
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    if (isErrno(error, "ENOENT")) return undefined;
    throw new ClusterError("conflict", `${role.code}-unreadable`, {
      message: `can't read ${file}: ${messageOf(error)}; it was left as it is`,
      hint: `fix that, or give another file with ${role.flag}; then run the command again`,
      cause: error,
    });
  }
}
