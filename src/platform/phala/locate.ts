/** Where a program is: the child's working directory is another one, so nothing relative may be left to it. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";

/**
 * The absolute path of a program that is given by a path or by its name on PATH; undefined where there is none.
 * Links are not followed: the shims of version managers (volta, mise) go by the name they are called under.
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
