/** What the orchestrator would refuse in an orchestrator.yml, with the line. Pure. */
import type { z } from "zod";
import type { OrchestratorSchema } from "../core/domain.ts";
import {
  lineAt,
  member,
  parseYaml,
  splitBom,
  syntaxProblem,
  type Path,
  lineOf,
} from "./document.ts";
import { orchestratorSchemas } from "./schemas.ts";
import { isScalar, visit } from "yaml";
import { rangeOf, type Range } from "./yaml-range.ts";

export type ConfigFinding = {
  /** An unknown key is a warning: an orchestrator that is newer than this tool may know it. */
  readonly severity: "error" | "warning";
  readonly line: number | undefined;
  readonly message: string;
};

/** All findings in the order of the file; empty: the orchestrator of that schema reads it. */
export function configFindings(text: string, schema: OrchestratorSchema): readonly ConfigFinding[] {
  const [, plain] = splitBom(text);
  const problem = syntaxProblem(plain);
  if (problem)
    return [
      { severity: "error", line: problem.line, message: `is not valid YAML: ${problem.message}` },
    ];
  const document = parseYaml(plain);
  const config: unknown = document.toJS();
  const parsed = orchestratorSchemas[schema].safeParse(config);
  const issues = (parsed.error?.issues ?? []).flatMap((issue) => findingsOf(issue, config));
  const located = issues.map(({ path, ...finding }) => ({
    ...finding,
    line: lineAt(plain, document, path),
  }));
  return [
    ...pyYamlProblems(plain).map((found) => ({ severity: "error" as const, ...found })),
    ...located,
  ].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

type Located = Pick<ConfigFinding, "severity" | "message"> & { readonly path: Path };

function findingsOf(issue: z.core.$ZodIssue, config: unknown): readonly Located[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ ...unknownKey([...path, key]), path: [...path, key] }));
  const value = path.reduce<unknown>(member, config);
  // The orchestrator fills variables in before it reads the file: what they will be can't be judged here.
  if (typeof value === "string" && /\$(?:\w|\{)/.test(value)) return [];
  // Its models take a number in quotes for one.
  const isNumber = issue.code === "invalid_type" && issue.expected === "number";
  if (isNumber && typeof value === "string" && NUMBER_TEXT.test(value)) return [];
  const name = path.join(".");
  return [{ severity: "error", path, message: `${name} ${wanted(issue, value)}` }];
}

function unknownKey(path: Path): Pick<Located, "severity" | "message"> {
  const name = path.join(".");
  if (String(path.at(-1)).startsWith("vpc-"))
    return { severity: "error", message: `${name}: a VPC cluster is not supported by tee-cluster` };
  return {
    severity: "warning",
    message: `${name} is not a key that the orchestrator knows; it refuses such a file`,
  };
}

function wanted(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return "is required and missing";
  const is = `is ${JSON.stringify(value)}`;
  if (value === null) return "has no value";
  if (issue.code === "invalid_type")
    return `${is} and must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value")
    return `${is} and must be ${issue.values.map(String).join(", ")}`;
  if (issue.code === "too_small")
    return `${is} and must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
  if (issue.code === "too_big") return `${is} and must be at most ${issue.maximum}`;
  return `${is}: ${issue.message}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text; put it in quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys with values",
};

const NUMBER_TEXT = /^\d+(?:\.\d+)?$/;

/** yaml/reader.py, `NON_PRINTABLE`. */
const UNPRINTABLE = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function pyYamlProblems(
  text: string,
): readonly { readonly line: number; readonly message: string }[] {
  const character = UNPRINTABLE.exec(text);
  const tab = tabOutsideOfText(text);
  return [
    ...(character
      ? [{ line: lineOf(text, character.index), message: unprintable(character[0]) }]
      : []),
    ...(tab === undefined
      ? []
      : [{ line: lineOf(text, tab), message: "has a tab where PyYAML allows blanks only" }]),
  ];
}

const unprintable = (character: string): string =>
  `has the character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}, which PyYAML refuses`;

/** Tabs are fine in comments, in quotes and in block scalars; its scanner takes them for the start of a token elsewhere. */
function tabOutsideOfText(text: string): number | undefined {
  const masked = [...maskedRanges(text)].reduce(
    (rest, [start, end]) =>
      rest.slice(0, start) + rest.slice(start, end).replaceAll(/[^\n]/g, "x") + rest.slice(end),
    text,
  );
  const lines = masked.split("\n");
  let offset = 0;
  for (const line of lines) {
    // A comment begins the line or follows a blank.
    const comment = /(?:^|[ \t])#/.exec(line);
    const at = line
      .slice(0, comment ? comment.index + comment[0].length - 1 : line.length)
      .indexOf("\t");
    if (at !== -1) return offset + at;
    offset += line.length + 1;
  }
  return undefined;
}

function maskedRanges(text: string): readonly Range[] {
  const ranges: Range[] = [];
  visit(parseYaml(text), (_, node) => {
    if (isScalar(node) && node.type !== "PLAIN") ranges.push(rangeOf(node));
  });
  return ranges;
}
