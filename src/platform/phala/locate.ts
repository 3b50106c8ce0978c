/** Locates a program: the child has another working directory, so the path must be absolute. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";

/**
 * The absolute path of a program given by a path or by its name on PATH; undefined if there is none. Links are not
 * followed: the shims of version managers (volta, mise) depend on the name by which they are called.
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
