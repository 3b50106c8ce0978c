import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { isErrno } from "./errno.ts";

/**
 * Creates a folder and its missing parents. Node's `recursive` loops forever if the system reports ENOENT in an existing
 * folder, as in /proc and in autofs mounts.
 * @throws the system's error.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = path.dirname(folder);
    if (!isErrno(error, "ENOENT") || existsSync(parent)) throw error;
    makeFolder(parent, mode);
    makeFolder(folder, mode);
  }
}
