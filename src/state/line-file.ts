/** Append-only files of lines; each line is on disk (fsync) before the caller continues. */
import { open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { syncFolder } from "../lib/atomic-file.ts";
import { readFile } from "../lib/local-files.ts";
import { unreadable, unwritable } from "./state-directory.ts";

export type Lines = {
  /** Each line's exact bytes, without its newline. */
  readonly lines: readonly Buffer[];
  /** What stands behind the last newline: a line that a power cut tore. Undefined where there is nothing. */
  readonly torn: Buffer | undefined;
};

export const NEWLINE = 0x0a;

/** How much of a file's end is read before an append; more only where the last seal lies before it. */
const END_LENGTH = 1 << 16;

/**
 * Appends a line; the file is made private (0600). Ends a torn line first, so that the new one stands by itself.
 * @param line the line, without its newline, given the bytes that its seal covers.
 * @param coveredFrom where these begin in the end of the file; undefined: not in this part of it.
 * @throws ClusterError `state-unwritable` (prerequisite).
 */
export async function appendLine(
  file: string,
  line: string | ((covered: Buffer) => string),
  coveredFrom: (end: Buffer) => number | undefined = (end) => end.length,
): Promise<void> {
  try {
    const handle = await open(file, "a+", 0o600);
    try {
      const { size } = await handle.stat();
      const end = await endOf(handle, size, coveredFrom);
      const separator = end.length > 0 && end.at(-1) !== NEWLINE ? "\n" : "";
      const covered = Buffer.concat([end.subarray(coveredFrom(end) ?? 0), Buffer.from(separator)]);
      await handle.writeFile(`${separator}${typeof line === "string" ? line : line(covered)}\n`);
      await handle.sync();
      if (size === 0) await syncFolder(path.dirname(file));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unwritable(file, error);
  }
}

async function endOf(
  handle: FileHandle,
  size: number,
  coveredFrom: (end: Buffer) => number | undefined,
): Promise<Buffer> {
  for (let length = Math.min(size, END_LENGTH); ; length = size) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const end = buffer.subarray(0, bytesRead);
    if (length === size || coveredFrom(end) !== undefined) return end;
  }
}

/** A new file's name is on disk only with its folder. Some file systems sync no folders. */
/** Reads all lines; a missing file has none. @throws ClusterError `state-unreadable` (prerequisite). */
export async function readLines(file: string): Promise<Lines> {
  return splitLines(await readBytes(file));
}

export function splitLines(bytes: Buffer): Lines {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, torn: start < bytes.length ? bytes.subarray(start) : undefined };
}

/** A missing file is an empty one. @throws ClusterError `state-unreadable` (prerequisite). */
export async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw unreadable(file, error);
  }
}
