/** Reading and checking an existing orchestrator.yml before it is changed. Pure. */
import type { Words } from "../core/command-hint.ts";
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Pair,
  type YAMLMap,
} from "yaml";
import { yamlErrorInWords } from "../lib/yaml-error.ts";
import { startOf } from "./yaml-range.ts";
import { ClusterError } from "../errors/cluster-error.ts";

/** Where a text is from, and what to do where it can't be worked with: the commands have different flags for that. */
export type Source = {
  readonly path: string;
  readonly advice: { readonly unreadable: Words; readonly otherRunner: Words };
};

/** Keys, and numbers of list items, from the root on. */
export type Path = readonly (string | number)[];

export const RUNNER = ["infrastructure", "runner"] as const;

/** As PyYAML reads it, which is YAML 1.1: `<<` merges, `yes` is true. */
export function parseYaml(text: string): Document {
  return parseDocument(text, { version: "1.1", prettyErrors: false });
}

/** The byte order mark of a text, or nothing, and the rest. */
export function splitBom(text: string): readonly [bom: string, rest: string] {
  return text.startsWith("\ufeff") ? ["\ufeff", text.slice(1)] : ["", text];
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The line of the entry at `path`, or of the nearest one above it that is there; undefined for an empty file. */
export function lineAt(text: string, document: Document, path: Path): number | undefined {
  let found: unknown;
  let node: unknown = document.contents;
  for (const key of path) {
    const pair = isMap(node) ? pairOf(node, key) : undefined;
    const entry: unknown = pair?.key ?? (isSeq(node) ? node.items[Number(key)] : undefined);
    if (entry === undefined) break;
    found = entry;
    node = pair?.value ?? entry;
  }
  return found === undefined ? undefined : lineOf(text, startOf(found));
}

export function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** What stands at `path`, aliases and merged keys followed. */
export const valueAt = (document: Document, path: Path): unknown =>
  path.reduce(member, document.toJS());

export const NO_MAPPING = "is not a mapping (keys with values)";

/** @throws ClusterError `config-unreadable` (conflict). */
export function readable(text: string, source: Source): Document {
  const document = parseYaml(text);
  const problem = syntaxProblem(text, document);
  if (problem) {
    const where = problem.line === undefined ? "it" : `line ${problem.line}`;
    throw unreadable(source, `is not valid YAML: ${where} ${problem.message}`);
  }
  if (!isEmpty(document) && !isMap(document.contents)) throw unreadable(source, NO_MAPPING);
  for (const where of [["infrastructure"], RUNNER]) {
    const node = document.getIn(where);
    if (!isMap(node) && !isEmptyValue(node))
      throw unreadable(
        source,
        `has an ${where.join(".")} that is not a mapping (keys with values), line ${lineAt(text, document, where) ?? 1}`,
      );
  }
  return document;
}

/** What makes the text no YAML, in words; undefined where nothing does. `document`: the text, where it is parsed already. */
export function syntaxProblem(
  text: string,
  document: Document = parseYaml(text),
): { readonly message: string; readonly line?: number } | undefined {
  // What a bracket or quote that is not closed leads to further on says less than that.
  const error = document.errors.find(({ code }) => code === "MISSING_CHAR") ?? document.errors[0];
  if (error) return { message: yamlErrorInWords(error), line: lineOf(text, error.pos[0]) };
  try {
    document.toJS();
    return undefined;
  } catch {
    return { message: "has aliases (*name) that lead nowhere, or unfold without end" };
  }
}

export const isEmpty = (document: Document): boolean => document.toJS() === null;

/** Whether what `getIn` finds says nothing: absent, null, `{}`; what a template has for the operator to fill in. */
export const isEmptyValue = (found: unknown): boolean =>
  found === undefined || found === null || (isMap(found) && found.items.length === 0);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of a mapping or list; undefined where there is none. */
export function member(at: unknown, key: string | number): unknown {
  return typeof at === "object" && at !== null && Object.hasOwn(at, key)
    ? (at as Plain)[key]
    : undefined;
}

type Plain = Readonly<Record<string | number, unknown>>;

/**
 * A file for local or AWS runners has keys that the orchestrator refuses beside `type: phala`.
 * @throws ClusterError `config-other-runner` (conflict).
 */
export function assertPhalaRunner(document: Document, { path, advice }: Source): void {
  const type: unknown = document.getIn([...RUNNER, "type"]);
  if (type === undefined || type === null || type === "phala") return;
  throw new ClusterError("conflict", "config-other-runner", {
    message: `${path} configures runners of type ${JSON.stringify(type)}, not phala; it was not changed`,
    hint: advice.otherRunner,
  });
}

export function unreadable({ path, advice }: Source, what: string, line?: number): ClusterError {
  return new ClusterError("conflict", "config-unreadable", {
    message: `${path}${line === undefined ? "" : `, line ${line},`} ${what}; it was not changed`,
    hint: advice.unreadable,
  });
}
