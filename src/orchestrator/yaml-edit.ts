/**
 * Edits of a YAML text in place: only the characters of the edited entries change. (Printing a parsed document
 * would keep comments but re-indent lists, re-fold long texts and move comments of the whole file.)
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Pair,
  type YAMLMap,
} from "yaml";
import { entryLines, itemLines, scalarText, type Comments } from "./yaml-text.ts";

/** One parsed state of the text; each edit gives the next text, to be opened again. */
export type YamlFile = {
  readonly text: string;
  readonly document: Document;
  readonly eol: "\n" | "\r\n";
};

export function openYaml(text: string): YamlFile {
  return { text, document: parseDocument(text), eol: text.includes("\r\n") ? "\r\n" : "\n" };
}

function mappingAt(file: YamlFile, path: readonly string[]): YAMLMap | undefined {
  const node = path.length === 0 ? file.document.contents : file.document.getIn(path, true);
  return isMap(node) && node.range ? node : undefined;
}

/** Changes, or adds where it is missing, one entry; `after`: keys that a new entry goes behind, nearest first. */
export function setEntry(
  file: YamlFile,
  path: readonly string[],
  key: string,
  value: unknown,
  place: { readonly comments: Comments; readonly after: readonly string[] },
): string | undefined {
  const map = mappingAt(file, path);
  if (!map || map.flow) return undefined;
  const pair = pairOf(map, key);
  return pair ? replaceValue(file, pair, value) : insertEntry(file, map, path, key, value, place);
}

/** Takes an entry's lines away, and the comment above it where that is one of `comments` (not a person's own). */
export function removeEntry(
  file: YamlFile,
  path: readonly string[],
  key: string,
  comment: string | undefined,
): string | undefined {
  const map = mappingAt(file, path);
  const pair = map && pairOf(map, key);
  if (!map || map.flow || !pair || map.items.length === 1) return undefined;
  const own = comment === undefined ? [] : comment.split("\n").map((line) => `#${line}`);
  let start = lineStart(file.text, startOf(pair.key));
  for (const line of own.toReversed()) {
    const above = lineStart(file.text, start - 1);
    if (file.text.slice(above, start).trim() !== line) break;
    start = above;
  }
  return splice(file.text, start, lineEnd(file.text, contentEnd(pair)), "");
}

/** Gives an entry another key; its value, its place and its comments stay. */
export function renameEntry(
  file: YamlFile,
  path: readonly string[],
  from: string,
  to: string,
): string | undefined {
  const map = mappingAt(file, path);
  const pair = map && pairOf(map, from);
  if (!pair || !isScalar(pair.key) || !pair.key.range) return undefined;
  return splice(file.text, pair.key.range[0], pair.key.range[1], to);
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function replaceValue(file: YamlFile, pair: Pair, value: unknown): string | undefined {
  const node = pair.value;
  if (Array.isArray(value)) return replaceList(file, pair, value);
  if (value !== null && typeof value === "object") return undefined;
  if (!isScalar(node) && !isAlias(node)) return undefined;
  const [start, end] = node.range ?? [0, 0];
  const old = file.text.slice(start, end);
  if (old === "") return splice(file.text, start, end, ` ${scalarText(value)}`);
  const lineBreak = /\r?\n$/.exec(old)?.[0] ?? "";
  return splice(file.text, start, end, scalarText(value) + lineBreak);
}

/** A list in block style: its lines are written anew at the indentation that it has. */
function replaceList(file: YamlFile, pair: Pair, items: readonly unknown[]): string | undefined {
  const node = pair.value;
  if (!isSeq(node) || !node.range) return undefined;
  if (node.flow) {
    return splice(file.text, node.range[0], node.range[1], `[${items.map(scalarText).join(", ")}]`);
  }
  const start = node.range[0];
  const margin = " ".repeat(start - lineStart(file.text, start));
  const lines = items.flatMap(itemLines).map((line) => line.replace(/^ {2}/, margin));
  return splice(
    file.text,
    lineStart(file.text, start),
    lineEnd(file.text, contentEnd(pair)),
    lines.join(file.eol) + file.eol,
  );
}

function insertEntry(
  file: YamlFile,
  map: YAMLMap,
  path: readonly string[],
  key: string,
  value: unknown,
  place: { readonly comments: Comments; readonly after: readonly string[] },
): string | undefined {
  const first = map.items[0];
  if (!first) return undefined;
  const firstStart = startOf(first.key);
  const column = firstStart - lineStart(file.text, firstStart);
  const lines = entryLines(key, value, { column, path: path.join("/"), comments: place.comments });
  const before = place.after.map((name) => pairOf(map, name)).find((pair) => pair !== undefined);
  const at = lineEnd(file.text, contentEnd(before ?? map.items.at(-1) ?? first));
  const gap = at > 0 && file.text[at - 1] !== "\n" ? file.eol : "";
  return splice(file.text, at, at, gap + lines.join(file.eol) + file.eol);
}

/** Where the last character of an entry's own content stands; comments and blank lines after it are not its. */
function contentEnd(node: unknown): number {
  if (isMap(node) || isSeq(node)) {
    const last = node.items.at(-1);
    return node.flow || last === undefined ? (node.range?.[1] ?? 0) : contentEnd(last);
  }
  if (isScalar(node) || isAlias(node)) {
    const [start, end] = node.range ?? [0, 0];
    // A block scalar's range takes the line break behind it in.
    return isScalar(node) && node.type?.startsWith("BLOCK") ? Math.max(start, end - 1) : end;
  }
  if (isPair(node)) return node.value === null ? startOf(node.key) : contentEnd(node.value);
  return 0;
}

function startOf(node: unknown): number {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** The offset behind the line break that ends the line of `at`. */
function lineEnd(text: string, at: number): number {
  const lineBreak = text.indexOf("\n", at);
  return lineBreak === -1 ? text.length : lineBreak + 1;
}

const splice = (text: string, start: number, end: number, put: string): string =>
  text.slice(0, start) + put + text.slice(end);
