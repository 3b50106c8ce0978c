/** The `phala` program: where it is, how to start it, and its version. */
import { constants } from "node:fs";
import { access, open, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";

/**
 * The absolute path of a program given by a path or by its name on PATH; undefined if there is none. Absolute, because
 * the child has another working directory. Links are not followed: the shims of version managers (volta, mise) depend on
 * the name by which they are called.
 */
export async function locateProgram(
  bin: string,
  searchPath: string | undefined,
): Promise<string | undefined> {
  if (bin === "") return undefined;
  const folders = /[/\\]/.test(bin)
    ? [""]
    : (searchPath ?? "").split(path.delimiter).filter(Boolean);
  for (const folder of folders) {
    const candidate = path.resolve(folder, bin);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

export type Launch = { readonly file: string; readonly args: readonly string[] };

/**
 * A script for Node is started with our own Node, since `node` may not be on PATH (cron, systemd); anything else (such as
 * a version manager's shim) directly.
 */
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

/** package.json, as in phala 1.1.18: `"bin": {"phala": "./dist/index.js"}`. */
const manifest = z.object({
  name: z.literal("phala"),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  bin: z.record(z.string(), z.string()),
});

/**
 * The version in its package.json: running the program costs a second of CPU.
 * @param program the absolute path by which it is called.
 * @returns undefined if it is not the entry of that npm package: for example a version manager's shim, which may start
 *   any version.
 */
export async function installedVersion(program: string): Promise<string | undefined> {
  try {
    const entry = await realpath(program);
    const root = path.dirname(path.dirname(entry));
    const { version, bin } = manifest.parse(
      JSON.parse(await readFile(path.join(root, "package.json"), "utf8")),
    );
    return path.resolve(root, bin["phala"] ?? "") === entry ? version : undefined;
  } catch {
    return undefined;
  }
}
