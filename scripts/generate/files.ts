/** Every file that is made of the source, with what must be in it. */
import { errorsPage } from "./errors.ts";
import { jsonSchema, SCHEMAS } from "./schemas.ts";

export type GeneratedFile = { readonly file: string; readonly content: string };

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { file: "docs/errors.md", content: errorsPage() },
    ...SCHEMAS.map((schema) => ({ file: `schemas/${schema.name}.json`, content: jsonSchema(schema) })),
  ];
}
