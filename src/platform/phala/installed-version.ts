/** The version of an installed `phala`, from its own package.json: asking the program costs a second of CPU. */
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
 * @param program the absolute path under which it is called.
 * @returns undefined where it is anything else than the entry of that npm package: a version manager's shim, say,
 *   which may lead to any version.
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
