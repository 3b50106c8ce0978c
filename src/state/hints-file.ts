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

export async function keepHints(file: string, hints: object): Promise<void> {
  const text = `${JSON.stringify(hints)}\n`;
  await writeAtomically(file, text, { mode: 0o600 }).catch(() => undefined);
}
