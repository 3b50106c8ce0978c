/** A command in a message is a value, which knows its context when it is shown; as text it would lose that. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";

const SRC = path.join(import.meta.dirname, "../../src");
/** `explain` makes commands of the catalogue's; a help text has no run around it. */
const AS_IN_THE_DOCS = /^errors\/catalogue\/|\/command\.ts$|^cli\/program\.ts$/;
const WORDS = [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? ""))].join("|");
const LITERAL = new RegExp(
  `\\btee-cluster (?:${WORDS})\\b(?! sandbox)|\\brun (?:${WORDS})\\b|\\bphala (?:cvms|logs|deploy) (?:get|delete|--)`,
);

const blank = (comment: string): string => comment.replaceAll(/[^\n]/g, "");

/** Lines of code; comments may name commands. */
function codeOf(source: string): readonly string[] {
  return source
    .replaceAll(/\/\*.*?\*\//gs, blank)
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .split("\n");
}

function literalsIn(file: string): string[] {
  const lines = codeOf(readFileSync(path.join(SRC, file), "utf8"));
  return lines.flatMap((line, at) => (LITERAL.test(line) ? [`${file}:${at + 1}: ${line}`] : []));
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !AS_IN_THE_DOCS.test(file) && !file.startsWith("sandbox/"),
);

test("no source has a command of this program as text", () => {
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => literalsIn(file))).toEqual([]);
});

test.each([
  ['const hint = "see: tee-cluster status --json";', true],
  ["const hint = `make it last with tee-cluster rotate-hash`;", true],
  ["hint: `delete it: phala cvms delete ${name} --force`", true],
  ['hint: "run rotate-hash, it finds out"', true],
  ["/** `tee-cluster status` reads only. */", false],
  ['message: "neither tee-cluster nor phala reads it"', false],
])("%s", (line, expected) => {
  expect(codeOf(line).some((code) => LITERAL.test(code))).toBe(expected);
});

/** Up to a semicolon, a new line (a page of the dashboard begins with one) or the end: what stands behind a command would be pasted with it. */
const OPEN_END =
  /\$\{(?:AGAIN|againWith\([^)]*\)|(?:command|phala)\([^)]*\))\}(?!`|;|\\n| {3}#|\$\{onDashboard|$)|run the same command again(?!["`;]|,? then)/;

test("a command in a hint ends where the terminal's reader sees it end", () => {
  const open = files.flatMap((file) =>
    codeOf(readFileSync(path.join(SRC, file), "utf8")).flatMap((line, at) =>
      OPEN_END.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [],
    ),
  );
  expect(open).toEqual([]);
});
