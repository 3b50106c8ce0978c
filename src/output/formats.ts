/** The formats of `--output`; options, completion and serializer derive from this table. Loaded for `--help`. */
import type { Serialize } from "./output.ts";

/** Serializers; undefined: JSON, which needs no loading. */
const DOCUMENTS: Readonly<Record<string, (() => Promise<Serialize>) | undefined>> = {
  json: undefined,
  yaml: async () => (await import("./yaml.ts")).toYaml,
};

export const FORMATS: readonly string[] = ["text", ...Object.keys(DOCUMENTS)];

/** Whether stdout gets one document and there are no prompts, as with `--json`. */
export const isDocument = (format: unknown): boolean =>
  typeof format === "string" && Object.hasOwn(DOCUMENTS, format);

export async function serializerFor(format: unknown): Promise<Serialize | undefined> {
  return typeof format === "string" && Object.hasOwn(DOCUMENTS, format)
    ? DOCUMENTS[format]?.()
    : undefined;
}

const FORMAT = /(?:^|\0)(?:-o=?\0?|--output(?:-format)?[\0=])([a-z]+)(?=\0|$)/;

/** The format in a command line that could not be parsed. */
export const formatIn = (argv: readonly string[]): string | undefined =>
  FORMAT.exec(argv.join("\0"))?.[1];
