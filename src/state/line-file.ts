/** Files that only grow, line by line; each line is on disk (fsync) before anybody goes on. */
import { open, readFile } from "node:fs/promises";
import { unreadable, unwritable } from "./state-directory.ts";

export type Lines = {
  /** Each line's exact bytes, without its newline. */
  readonly lines: readonly Buffer[];
  /** What stands behind the last newline: a line that a power cut tore. Undefined where there is nothing. */
  readonly torn: Buffer | undefined;
};

const NEWLINE = 0x0a;

/**
 * Appends a line; the file is made private (0600). Ends a torn line first, so that the new one stands by itself.
 * @throws ClusterError `state-unwritable` (prerequisite).
 */
export async function appendLine(file: string, line: string): Promise<void> {
  try {
    const handle = await open(file, "a+", 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const separator = size > 0 && last[0] !== NEWLINE ? "\n" : "";
      await handle.writeFile(`${separator}${line}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Reads all lines; a missing file has none. @throws ClusterError `state-unreadable` (prerequisite). */
export async function readLines(file: string): Promise<Lines> {
  return splitLines(await readIfThere(file));
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

/** Undefined for what is no JSON. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw unreadable(file, error);
  }
}
