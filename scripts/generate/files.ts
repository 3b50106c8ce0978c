/** Every file that is made of the source, with what must be in it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { replaceBlock } from "./blocks.ts";
import { configSchema } from "./config-schema.ts";
import { codesByExit, errorsPage, warningTable } from "./errors.ts";
import { fieldTable } from "./tables.ts";
import { jsonSchema, SCHEMAS } from "./schemas.ts";

export type GeneratedFile = { readonly file: string; readonly content: string };

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { file: "schemas/config.json", content: configSchema() },
    { file: "docs/errors.md", content: errorsPage() },
    { file: "docs/json.md", content: jsonPage() },
    ...SCHEMAS.map((schema) => ({
      file: `schemas/${schema.name}.json`,
      content: jsonSchema(schema),
    })),
  ];
}

function jsonPage(): string {
  const tables = SCHEMAS.filter(({ name }) => name !== "hash-record").map(
    ({ name, schema }) => [name, fieldTable(schema)] as const,
  );
  const blocks = [
    ...tables,
    ["codes", codesByExit()] as const,
    ["warnings", warningTable()] as const,
  ];
  return blocks.reduce(
    (page, [name, content]) => replaceBlock(page, name, content),
    read("docs/json.md"),
  );
}

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
