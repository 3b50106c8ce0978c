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

test("what is read at all is what the library reads", () => {
  const line = fc
    .tuple(fc.constantFrom(0, 0, 0, 1, 2, 2, 4), fc.constantFrom(...LINES))
    .map(([column, text]) => `${" ".repeat(column)}${text}`);
  let readAtOnce = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.boolean(), (lines, ends) => {
      const text = `${lines.join("\n")}${ends ? "\n" : ""}`;
      const read = parsePlainYaml(text);
      if (read === undefined) return;
      readAtOnce += 1;
      const document = parseYaml(text);
      expect(document.errors, text).toEqual([]);
      expect(document.toJS(), text).toEqual(read);
    }),
    { numRuns: 30_000, seed: 7 },
  );
  expect(readAtOnce).toBeGreaterThan(300);
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
