/** Files with keys that a sandbox makes at its first use. */
import { isErrno } from "../lib/errno.ts";
import { randomBytes } from "node:crypto";
import { link, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../lib/make-folder.ts";

/**
 * Makes the file unless it is there. Private (0600) from its first byte, and complete or absent: of several processes
 * that make it at the same time the first one's stays.
 */
export async function makeOnce(file: string, make: () => string | Promise<string>): Promise<void> {
  if (await isThere(file)) return;
  makeFolder(path.dirname(file), 0o700);
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(aside, await make(), { flag: "wx", mode: 0o600, flush: true });
    await link(aside, file);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    // A file where a folder should be shows when one is made.
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
