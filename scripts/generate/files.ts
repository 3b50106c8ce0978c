/** Every file that is made of the source, with what must be in it. */
import { format } from "oxfmt";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { timings } from "../../src/core/results.ts";
import { replaceBlock } from "./blocks.ts";
import { configSchema } from "./config-schema.ts";
import { checksTable } from "./checks.ts";
import { commandsPage, commandsTable } from "./commands.ts";
import { codesByExit, errorsPage, warningTable } from "./errors.ts";
import { manPage } from "./man.ts";
import { inputsTable, switchesTable } from "./inputs.ts";
import { fieldTable } from "./tables.ts";
import { jsonSchema, SCHEMAS } from "./schemas.ts";

export type GeneratedFile = { readonly file: string; readonly content: () => Promise<string> };

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { file: "schemas/config.json", content: async () => configSchema() },
    { file: "man/tee-cluster.1", content: async () => manPage() },
    page("README.md", () => replaceBlock(read("README.md"), "commands", commandsTable())),
    page("docs/commands.md", commandsPage),
    page("docs/doctor.md", () => replaceBlock(read("docs/doctor.md"), "checks", checksTable())),
    page("docs/errors.md", errorsPage),
    page("docs/inputs.md", inputsPage),
    page("docs/json.md", jsonPage),
    ...SCHEMAS.map((schema) => ({
      file: `schemas/${schema.name}.json`,
      content: async () => jsonSchema(schema),
    })),
  ];
}

/** As the formatter leaves it, with the options that `.oxfmtrc.json` has for Markdown. */
function page(file: string, text: () => string): GeneratedFile {
  const options = { printWidth: 100, proseWrap: "always" } as const;
  return { file, content: async () => (await format(file, text(), options)).code };
}

function inputsPage(): string {
  const blocks = [["inputs", inputsTable()] as const, ["switches", switchesTable()] as const];
  return withBlocks("docs/inputs.md", blocks);
}

function withBlocks(file: string, blocks: readonly (readonly [string, string])[]): string {
  return blocks.reduce((text, [name, content]) => replaceBlock(text, name, content), read(file));
}

function jsonPage(): string {
  const tables = SCHEMAS.filter(({ name }) => name !== "hash-record").map(
    ({ name, schema }) => [name, fieldTable(schema)] as const,
  );
  const blocks = [
    ...tables,
    ["timings", fieldTable(timings)] as const,
    ["codes", codesByExit()] as const,
    ["warnings", warningTable()] as const,
  ];
  return blocks.reduce(
    (text, [name, content]) => replaceBlock(withBlock(text, name), name, content),
    read("docs/json.md"),
  );
}

/** A command that is new gets a section at the end of the page. */
function withBlock(text: string, name: string): string {
  if (text.includes(`<!-- generated: ${name} -->`)) return text;
  return `${text}\n## \`${name}\`\n\n<!-- generated: ${name} -->\n<!-- end of ${name} -->\n`;
}

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
