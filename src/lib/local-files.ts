/**
 * Reading small files of this machine: read at once, which takes a tenth of what a thread, a handle and a promise for
 * each take. Errors and their words are those of node:fs/promises. What may keep the reader waiting (a pipe, a terminal)
 * is left to Node's threads: a signal is seen meanwhile.
 */
import {
  readdirSync,
  readFileSync,
  statSync,
  type BigIntStats,
  type PathLike,
  type Stats,
} from "node:fs";
import { readFile as readWaiting } from "node:fs/promises";

export async function readFile(file: string): Promise<Buffer> {
  return mayWait(file) ? readWaiting(file) : readFileSync(file);
}

/** What can't be looked at is refused by the call that opens it. */
function mayWait(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === false;
  } catch {
    return false;
  }
}

/** In UTF-8. */
export const readText = async (file: string): Promise<string> => (await readFile(file)).toString();

export const readFolder = async (folder: PathLike): Promise<readonly string[]> =>
  readdirSync(folder);

/** Undefined for what is not there, or can't be read. */
export async function readTextIfAny(file: string): Promise<string | undefined> {
  try {
    const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
    return isThere ? await readText(file) : undefined;
  } catch {
    return undefined;
  }
}

/** False for what can't be looked at, too. */
export async function isFolder(place: string): Promise<boolean> {
  try {
    return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

export const stat = async (file: PathLike): Promise<Stats> => statSync(file);

/** With times to the nanosecond. */
export const statExactly = async (file: PathLike): Promise<BigIntStats> =>
  statSync(file, { bigint: true });
