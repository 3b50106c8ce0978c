/** The version of an installed `phala`, from its package.json: running the program costs a second of CPU. */
import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";

/** As in phala 1.1.18: `"bin": {"phala": "./dist/index.js"}`. */
const manifest = z.object({
  name: z.literal("phala"),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  bin: z.record(z.string(), z.string()),
});

/**
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
