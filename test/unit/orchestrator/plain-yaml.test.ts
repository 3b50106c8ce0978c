/** The short way through an orchestrator.yml may give no other answer than the YAML library. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { renderConfig } from "../../../src/orchestrator/config.ts";
import { parseYaml } from "../../../src/orchestrator/document.ts";
import { parsePlainYaml } from "../../../src/orchestrator/plain-yaml.ts";
import { readSettings, readValues } from "../../../src/orchestrator/read-settings.ts";
import { V2, values } from "./settings.ts";

test.each([
  ["v1", values()],
  ["v2", values(V2)],
])("a file as this program writes it (%s) is read without the library", (_, given) => {
  const text = renderConfig(given);
  const read = parsePlainYaml(text);
  expect(read).toMatchObject({ infrastructure: { runner: { "cluster-name": "bird-tracker" } } });
  expect(read).toEqual(parseYaml(text).toJS());
  const { values: all, identity } = readSettings(text, {});
  expect(readValues(text, {})).toMatchObject({ values: all, identity });
});

/** Lines of which each may stand in such a file, or nearly. */
const LINES = [
  "a:",
  'a: "x"',
  "b: 1",
  "b:",
  "c: true",
  'yes: "x"',
  "null:",
  "- 1",
  "- a: 1",
  '- "x"',
  "-",
  '"x"',
  "# c",
  "#c",
  "",
  "d: 0.80",
  "d: 010",
  "d: 1.",
  "d: 1e3",
  'e: "x" # c',
  'e:  "x"',
  'e: "x" ',
  'e:"x"',
  "e: # c",
  "f: plain",
  "f: {}",
  "f: []",
  "f: ~",
  "f: &x",
  "f: |",
  String.raw`g: "\u0024"`,
  'g: "$X"',
  'g: "it\'s: - #"',
  "---",
  "...",
  "? a",
  "\ta: 1",
  "a: 1\r",
];

type Node = string | readonly Node[] | { readonly [key: string]: Node };

const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('"x"', "1", "0.80", "true", '"it\'s: - #"', '""'),
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "max-models"), tie("tree"), { minKeys: 1 }),
  ),
}));

/** Its lines, as this program lays them out. */
function linesOf(node: Node): readonly string[] {
  if (typeof node === "string") return [node];
  if (isList(node))
    return node.flatMap((item) =>
      linesOf(item).map((line, index) => `${index === 0 ? "- " : "  "}${line}`),
    );
  return Object.entries(node).flatMap(([key, value]) =>
    typeof value === "string"
      ? [`${key}: ${value}`]
      : [`${key}:`, ...linesOf(value).map((line) => `  ${line}`)],
  );
}

const isList = (node: Node): node is readonly Node[] => Array.isArray(node);

test("what is read at all is what the library reads", () => {
  const line = fc
    .tuple(fc.constantFrom(0, 0, 0, 1, 2, 2, 4), fc.constantFrom(...LINES))
    .map(([column, text]) => `${" ".repeat(column)}${text}`);
  const odd = fc.array(line, { maxLength: 6 });
  const written = tree.map(linesOf);
  // As it is written, with a line of something else in it, and nothing but such lines.
  const changed = fc
    .tuple(written, fc.nat(8), line)
    .map(([lines, at, added]) => lines.toSpliced(at % (lines.length + 1), 0, added));
  const documents = fc.oneof(written, changed, odd);
  let readAtOnce = 0;
  fc.assert(
    fc.property(documents, fc.boolean(), (lines, ends) => {
      const text = `${lines.join("\n")}${ends ? "\n" : ""}`;
      const read = parsePlainYaml(text);
      if (read === undefined) return;
      readAtOnce += 1;
      const document = parseYaml(text);
      expect(document.errors, text).toEqual([]);
      expect(document.toJS(), text).toEqual(read);
    }),
    { numRuns: 3000 },
  );
  expect(readAtOnce).toBeGreaterThan(0);
});

test.each([
  ['a: "$X"', "a variable"],
  [String.raw`a: "\u0024"`, "an escape"],
  ["a: x", "a text without quotes"],
  ["a: {b: 1}", "brackets"],
  ["a: 1\na: 2", "a key twice"],
  ["a:\n- 1", "a list at the column of its key"],
  ["a: 1 # why", "a comment behind a value"],
  ["yes: 1", "a key that is no text"],
  ["a: 010", "an octal number"],
  ["\ufeffa: 1", "a byte order mark"],
  ["a: 1\r\n", "the line ends of Windows"],
  ["# only a comment", "nothing"],
])("%j is left to the library: %s", (text) => {
  expect(parsePlainYaml(text)).toBeUndefined();
});
