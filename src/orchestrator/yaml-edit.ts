/**
 * Edits of a YAML text in place: only the characters of the edited entries change. (Printing a parsed document
 * would keep comments but re-indent lists, re-fold long texts and move comments of the whole file.)
 */
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { pairOf, parseYaml, type Path } from "./document.ts";
import { contentEnd, lineEnd, lineStart, rangeOf, splice, startOf } from "./yaml-range.ts";
import {
  commentLines,
  entryLines,
  flowText,
  itemLines,
  pairLines,
  type Comments,
} from "./yaml-text.ts";

/** One parsed state of the text; each edit gives the next text, to be opened again. */
export type YamlFile = {
  readonly text: string;
  readonly document: Document;
  readonly eol: "\n" | "\r\n";
};

/** An entry as it is to be. */
export type Entry = {
  readonly path: Path;
  readonly key: string;
  readonly value: unknown;
  /** Keys that a new entry goes behind, nearest first; at the end of the mapping where none is there. */
  readonly after?: readonly string[];
};

export function openYaml(text: string): YamlFile {
  return { text, document: parseYaml(text), eol: text.includes("\r\n") ? "\r\n" : "\n" };
}

function mappingAt(document: Document, path: Path): YAMLMap | undefined {
  const node = document.getIn(path);
  return isMap(node) ? node : undefined;
}

/** An entry that is there, and its mapping. */
export function entryAt(
  document: Document,
  path: Path,
  key: string,
): { readonly map: YAMLMap; readonly pair: Pair } | undefined {
  const map = mappingAt(document, path);
  const pair = map && pairOf(map, key);
  return map && pair && { map, pair };
}

/** Changes, or adds where it is missing, one entry. */
export function setEntry(file: YamlFile, entry: Entry, comments: Comments): string | undefined {
  const map = mappingAt(file.document, entry.path);
  if (!map) return undefined;
  const pair = pairOf(map, entry.key);
  if (!pair)
    return map.flow ? insertIntoFlow(file, map, entry) : insertEntry(file, map, entry, comments);
  // A key in flow style that has no colon.
  if (pair.value === null) return undefined;
  return isEmptyNode(pair.value)
    ? fillEntry(file, { map, pair }, entry, comments)
    : replaceValue(file, pair.value, entry.value);
}

/** Takes an entry's lines away, and the comment above it where that is one of `comments` (not a person's own). */
export function removeEntry(
  file: YamlFile,
  path: Path,
  key: string,
  comments: Comments,
): string | undefined {
  const at = entryAt(file.document, path, key);
  if (!at) return file.text;
  if (at.map.flow) return removeFromFlow(file, at.map, at.pair);
  const start = commentStart(file, at.pair, comments[[...path, key].join("/")]);
  return splice(file.text, start, lineEnd(file.text, contentEnd(at.pair)), "");
}

/** Where the lines of `comment` begin above an entry; the start of the entry's own line where it has another one. */
function commentStart({ text }: YamlFile, pair: Pair, comment: string | undefined): number {
  let start = lineStart(text, startOf(pair.key));
  for (const line of commentLines(comment).toReversed()) {
    const above = lineStart(text, start - 1);
    if (text.slice(above, start).trim() !== line) break;
    start = above;
  }
  return start;
}

/**
 * Gives an entry another key; its value, its place and its comments stay. Where the comment above is the one of
 * `comments` for the old key, it becomes the one for the new key.
 */
export function renameEntry(
  file: YamlFile,
  path: Path,
  names: { readonly from: string; readonly to: string },
  comments: Comments,
): string {
  const at = entryAt(file.document, path, names.from);
  if (!at) return file.text;
  const [key, keyEnd] = rangeOf(at.pair.key);
  const quote = /^["']/.exec(file.text.slice(key))?.[0] ?? "";
  const renamed = splice(file.text, key, keyEnd, quote + names.to + quote);
  const start = commentStart(file, at.pair, comments[[...path, names.from].join("/")]);
  const line = lineStart(file.text, key);
  if (start === line) return renamed;
  const margin = file.text.slice(line, key);
  const lines = commentLines(comments[[...path, names.to].join("/")]);
  return splice(renamed, start, line, lines.map((text) => margin + text + file.eol).join(""));
}

function replaceValue(file: YamlFile, node: unknown, value: unknown): string | undefined {
  if (isCollection(node) && !node.flow)
    return isSeq(node) && Array.isArray(value) ? replaceItems(file, node, value) : undefined;
  const [start, end] = rangeOf(node);
  // A block scalar has a comment behind its `>-`, and takes the line breaks behind it in.
  const block = /^[>|]\S*((?:[ \t]+#.*)?)[^]*?((?:\r?\n)*)$/.exec(file.text.slice(start, end));
  const rest = block ? `${block[1]}${block[2]}` : "";
  return splice(file.text, start, end, flowText(value) + rest);
}

/** A list in block style: its lines are written again at the indentation that it has. */
function replaceItems(file: YamlFile, list: YAMLSeq, items: readonly unknown[]): string {
  const start = lineStart(file.text, startOf(list));
  const end = lineEnd(file.text, contentEnd(list));
  const lines = items.flatMap(itemLines).map((line) => marginOf(file, list) + line);
  const last = file.text.slice(start, end).endsWith("\n") ? file.eol : "";
  return splice(file.text, start, end, lines.join(file.eol) + last);
}

/** The blanks before a node that begins its line. */
const marginOf = ({ text }: YamlFile, node: unknown): string =>
  " ".repeat(startOf(node) - lineStart(text, startOf(node)));

/** `{a: 1, b: 2}`: from where the entry begins to where the next one does, or from the end of the one before. */
function removeFromFlow(file: YamlFile, map: YAMLMap, pair: Pair): string | undefined {
  const at = map.items.indexOf(pair);
  const [before, next] = [map.items[at - 1], map.items[at + 1]];
  if (next) return splice(file.text, startOf(pair.key), startOf(next.key), "");
  return before && splice(file.text, contentEnd(before), contentEnd(pair), "");
}

/** Written as its neighbour is: a file that is JSON stays JSON, and keeps one entry a line where it has that. */
function insertIntoFlow(file: YamlFile, map: YAMLMap, { key, value, after }: Entry): string {
  const text = `${isJson(file) ? JSON.stringify(key) : key}: ${flowText(value)}`;
  const before = neighbour(map, after);
  return insertBehind(file, map, before, before?.key, text);
}

/** Into a collection in flow style, behind a member whose first character is where `start` is; else as the only one. */
function insertBehind(
  file: YamlFile,
  collection: unknown,
  member: unknown,
  start: unknown,
  text: string,
): string {
  const at = member === undefined ? startOf(collection) + 1 : contentEnd(member);
  return splice(file.text, at, at, member === undefined ? text : `,${flowGap(file, start)}${text}`);
}

/** Between two members in flow style: a line break where the one before begins its line. */
function flowGap(file: YamlFile, before: unknown): string {
  const line = lineStart(file.text, startOf(before));
  const margin = file.text.slice(line, startOf(before));
  return isJson(file) && margin.trim() === "" ? file.eol + margin : " ";
}

const isJson = ({ text }: YamlFile): boolean => /^\s*\{\s*["}]/.test(text);

/** One more item at the end of a list, in block or flow style. */
export function appendItem(file: YamlFile, { path, key, value }: Entry): string | undefined {
  const list: unknown = file.document.getIn([...path, key]);
  if (!isSeq(list)) return undefined;
  const last: unknown = list.items.at(-1);
  if (list.flow) return insertBehind(file, list, last, last, flowText(value));
  const lines = itemLines(value).map((line) => marginOf(file, list) + line);
  return insertLines(file, contentEnd(list), lines);
}

/** Nothing, `~`, `null`, `{}` or `[]`. */
const isEmptyNode = (node: unknown): boolean =>
  isCollection(node) ? node.items.length === 0 : isScalar(node) && node.value === null;

/** Gives a key that stands there without a value one; a comment behind it stays. */
function fillEntry(
  file: YamlFile,
  { map, pair }: { readonly map: YAMLMap; readonly pair: Pair },
  { path, key, value }: Entry,
  comments: Comments,
): string {
  const [start, end] = rangeOf(pair.value);
  const colon = file.text.indexOf(":", rangeOf(pair.key)[1]) + 1;
  const text = start === end ? file.text : splice(file.text, colon, end, "");
  const lines = pairLines(key, value, { path: [...path, key].join("/"), comments }).slice(1);
  if (map.flow || lines.length === 0) return splice(text, colon, colon, ` ${flowText(value)}`);
  const margin = marginOf(file, pair.key);
  return insertLines(
    { ...file, text },
    colon,
    lines.map((line) => margin + line),
  );
}

/** The entry that a new one goes behind: the first of these keys that is there, else the last entry. */
function neighbour(map: YAMLMap, after: readonly string[] = []): Pair | undefined {
  const found = after.map((name) => pairOf(map, name)).find((pair) => pair !== undefined);
  return found ?? map.items.at(-1);
}

function insertEntry(
  file: YamlFile,
  map: YAMLMap,
  { path, key, value, after }: Entry,
  comments: Comments,
): string {
  const margin = marginOf(file, map.items[0]?.key);
  const lines = entryLines(key, value, { path: path.join("/"), comments });
  return insertLines(
    file,
    contentEnd(neighbour(map, after)),
    lines.map((line) => margin + line),
  );
}

/** Puts whole lines behind the line of `offset`; a text without a line break at its end stays without one. */
function insertLines(file: YamlFile, offset: number, lines: readonly string[]): string {
  const at = lineEnd(file.text, offset);
  const put = lines.join(file.eol);
  const isLast = !file.text.slice(0, at).endsWith("\n");
  return splice(file.text, at, at, isLast ? file.eol + put : put + file.eol);
}
