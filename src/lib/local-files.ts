/**
 * Reading small files of this machine: read at once, which takes a tenth of what a thread, a handle and a promise for
 * each take. Errors and their words are those of node:fs/promises. What may keep the reader waiting (a pipe, a terminal)
 * is read in the background, so that a signal is handled meanwhile.
 */
import {
  constants,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  type BigIntStats,
  type PathLike,
  type Stats,
} from "node:fs";
import { readFile as readWaiting } from "node:fs/promises";

export async function readFile(file: string): Promise<Buffer> {
  const stats = statIfAny(file);
  if (stats?.isFIFO() === true) return readPipe(file);
  return stats?.isFile() === false ? readWaiting(file) : readFileSync(file);
}

/** Undefined also for what may not be looked at: the call that opens it says why. */
function statIfAny(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** A plain open() of a pipe that nobody writes to blocks one of Node's threads, and with it the end of the process. */
async function readPipe(file: string): Promise<Buffer> {
  const [{ Socket }, { buffer }] = await Promise.all([
    import("node:net"),
    import("node:stream/consumers"),
  ]);
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return buffer(new Socket({ fd, readable: true, writable: false }));
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
