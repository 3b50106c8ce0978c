/** Every file that is made of the source, with what must be in it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { replaceBlock } from "./blocks.ts";
import { codesByExit, errorsPage } from "./errors.ts";
import { jsonSchema, SCHEMAS } from "./schemas.ts";

export type GeneratedFile = { readonly file: string; readonly content: string };

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { file: "docs/errors.md", content: errorsPage() },
    { file: "docs/json.md", content: replaceBlock(read("docs/json.md"), "codes", codesByExit()) },
    ...SCHEMAS.map((schema) => ({ file: `schemas/${schema.name}.json`, content: jsonSchema(schema) })),
  ];
}

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
