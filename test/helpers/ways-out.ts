/** Every place in the sources from which something may reach the cloud, found in their text. */

/** Path below src -> text. */
export type Sources = ReadonlyMap<string, string>;

/** None of these sends a request or starts a program. What is not among them may. */
const HARMLESS = new Set([
  "@inquirer/prompts",
  "chalk",
  "commander",
  "diff",
  "fast-string-truncated-width",
  "fast-wrap-ansi",
  "node:buffer",
  "node:crypto",
  "node:events",
  "node:fs",
  "node:fs/promises",
  "node:os",
  "node:path",
  "node:stream",
  "node:stream/consumers",
  "node:timers/promises",
  "node:url",
  "node:util",
  "node:zlib",
  "p-map",
  "yaml",
  "zod",
]);

const IMPORT =
  /(?:(?:import|export) (?!type\b)[^;"']*from |import |(?:const \{[^}]*\} = await )?import\()["']([^"']+)["']/g;

/** Beside imports: names that reach out, or that make what does. */
const REACHING: readonly RegExp[] = [
  // Imports that can't be read off the text; what a reader of the API requires is an answer.
  /\bimport\((?!["'])|(?<!\breader\.)\b(?:createR|r)equire\(|\beval\(|\bnew Function\(|\bprocess\.(?:binding|getBuiltinModule)/g,
  // What Node has without an import.
  /\b(?:fetch|WebSocket|EventSource)\b/g,
  // A request, by its method, or by the client's only function in whatever way it is got hold of.
  /["'`](?:POST|PUT|PATCH|DELETE)["'`]/g,
  /\.send\b|\[["'`]send["'`]\]|\{[^{}]*\bsend\b[^{}]*\} = /g,
  /(?<!function )\b(?:request|execa)\(/g,
  // The adapters.
  /\bnew PhalaProcess\(|(?<!function )\bcreate(?:PhalaCli|Spawntee|CloudApi|HttpClient)\(/g,
  // Something else under the name by which `Mutations` goes.
  /\bmutations = .*|\bmutations\??: (?!Mutations\b).*/g,
];

/** `file: text` for each of them. `mutations` are the ports' methods that change the cloud. */
export function waysOut(sources: Sources, mutations: readonly string[]): string[] {
  return [...sources].flatMap(([file, text]) => {
    const code = withoutComments(text);
    return [
      ...reachingImports(code),
      ...REACHING.flatMap((pattern) => matches(code, pattern)),
      // The words that phala is given; behind a name or a bracket it is a property.
      ...(file.startsWith("platform/phala/")
        ? matches(code, /(?<![\w\]).])\[\s*"-{0,2}[a-z][^\]]*/g)
        : []),
      ...pastMutations(code, mutations),
    ].map((place) => `${file}: ${place.replaceAll(/\s+/g, " ").trim()}`);
  });
}

function reachingImports(code: string): string[] {
  return [...code.matchAll(IMPORT)].flatMap(([statement, name = ""]) =>
    name.startsWith(".") || HARMLESS.has(name) ? [] : [statement],
  );
}

/** Every mention of a mutating method, but for a call of it on `mutations`. */
function pastMutations(code: string, names: readonly string[]): string[] {
  const mention = new RegExp(
    `[\\w.#?]*(?<!\\bmutations\\.)\\b(?:${names.join("|")})\\b|\\bmutations\\.(?:${names.join("|")})\\b(?!\\()`,
    "g",
  );
  return matches(code, mention);
}

const matches = (code: string, pattern: RegExp): string[] =>
  [...code.matchAll(pattern)].map(([match]) => match);

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/(?<=^|\s)\/\/.*$/gm, "");
}
