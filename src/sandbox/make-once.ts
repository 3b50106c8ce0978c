/** Files with keys, generated when a sandbox first needs them. */
import { isErrno } from "../lib/errno.ts";
import { randomBytes } from "node:crypto";
import { link, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../lib/make-folder.ts";

/**
 * Creates the file unless it exists. Private (0600) from its first byte, and complete or absent: if several processes
 * create it at the same time, the first one wins.
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
    // ENOTDIR: creating the folder will report it.
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
