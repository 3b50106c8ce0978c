/** How to start `phala` if `node` may not be on PATH, as with cron and systemd. */
import { open } from "node:fs/promises";
import path from "node:path";
import { locateProgram } from "./locate.ts";

export type Launch = { readonly file: string; readonly args: readonly string[] };

/** A script for Node is started with our own Node; anything else (such as a version manager's shim) directly. */
export async function launchOf(program: string): Promise<Launch> {
  const isScript = /^#!\s*\S*\/(?:env\s+(?:-S\s+)?)?node(?:js)?\s*$/m.test(
    await firstLine(program),
  );
  return isScript ? { file: process.execPath, args: [program] } : { file: program, args: [] };
}

/** PATH, with our own Node at its end if it has none, for shell scripts that start Node. */
export async function pathWithNode(searchPath: string | undefined): Promise<string> {
  const given = searchPath ?? "";
  if ((await locateProgram("node", given)) !== undefined) return given;
  return [given, path.dirname(process.execPath)].filter(Boolean).join(path.delimiter);
}

async function firstLine(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(128), 0, 128, 0);
      return buffer.toString("latin1", 0, bytesRead).split("\n", 1)[0] ?? "";
    } finally {
      await handle.close();
    }
  } catch {
    return "";
  }
}
