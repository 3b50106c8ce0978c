/** Small JSON files that nothing depends on: what can't be read is empty, what can't be written is not kept. */
import { readFile } from "node:fs/promises";
import type * as z from "zod";
import { writeAtomically } from "../lib/atomic-file.ts";
import { parseJson } from "../lib/json.ts";

export async function readHints<S extends z.ZodType<object>>(
  file: string,
  schema: S,
): Promise<z.infer<S> | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  return schema.safeParse(parseJson(text)).data;
}

/** @returns whether they were kept, which needs the file's folder. */
export function keepHints(file: string, hints: object): Promise<boolean> {
  return writeAtomically(file, `${JSON.stringify(hints)}\n`, { mode: 0o600 }).then(
    () => true,
    () => false,
  );
}
