/**
 * Reads small local files synchronously, in a tenth of the time that Node's thread pool takes. The interface and the
 * errors are those of node:fs/promises. Pipes and terminals may block, so they are read asynchronously: signals are
 * handled meanwhile.
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
import { readFile as readAsync } from "node:fs/promises";

/** @param signal ends the wait for the writer of a pipe. */
export async function readFile(file: string, signal?: AbortSignal): Promise<Buffer> {
  const stats = statIfAny(file);
  if (stats?.isFIFO() === true) return readPipe(file, signal);
  return stats?.isFile() === false ? readAsync(file) : readFileSync(file);
}

/** Undefined also after an error, which is left to the call that opens the file. */
function statIfAny(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** A plain open() of a pipe without a writer blocks one of Node's threads, and with it the exit of the process. */
async function readPipe(file: string, signal?: AbortSignal): Promise<Buffer> {
  const [{ Socket }, { buffer }] = await Promise.all([
    import("node:net"),
    import("node:stream/consumers"),
  ]);
  signal?.throwIfAborted();
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  signal?.addEventListener("abort", () => pipe.destroy(signal.reason as Error), { once: true });
  return buffer(pipe);
}

/** In UTF-8. */
export const readText = async (file: string): Promise<string> => (await readFile(file)).toString();

export const readFolder = async (folder: PathLike): Promise<readonly string[]> =>
  readdirSync(folder);

/** Undefined if the file does not exist or can't be read. */
export async function readTextIfAny(file: string): Promise<string | undefined> {
  try {
    const exists = statSync(file, { throwIfNoEntry: false }) !== undefined;
    return exists ? await readText(file) : undefined;
  } catch {
    return undefined;
  }
}

/** False also if it can't be found out. */
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
