/** Folders, with those above them. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { isErrno } from "./errno.ts";

/**
 * Makes a folder and what is missing above it. Node's own `recursive` goes round for ever where the system says ENOENT
 * within a folder that is there: in /proc, in a mount of autofs.
 * @throws the system's error.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const above = path.dirname(folder);
    if (!isErrno(error, "ENOENT") || existsSync(above)) throw error;
    makeFolder(above, mode);
    makeFolder(folder, mode);
  }
}
