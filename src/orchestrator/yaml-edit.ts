/**
 * Edits of a YAML text in place: only the characters of the edited entries change. (Printing a parsed document
 * would keep comments but re-indent lists, re-fold long texts and move comments of the whole file.)
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { contentEnd, startOf, rangeOf, lineStart, lineEnd, splice } from "./yaml-range.ts";
import { parseYaml, type Path } from "./document.ts";
import {
  commentLines,
  entryLines,
  flowText,
  itemLines,
  scalarText,
  type Comments,
} from "./yaml-text.ts";

/** One parsed state of the text; each edit gives the next text, to be opened again. */
export type YamlFile = {
  readonly text: string;
  readonly document: Document;
  readonly eol: "\n" | "\r\n";
};

export function openYaml(text: string): YamlFile {
  return { text, document: parseYaml(text), eol: text.includes("\r\n") ? "\r\n" : "\n" };
}

function mappingAt(document: Document, path: Path): YAMLMap | undefined {
  const node = document.getIn(path, true);
  return isMap(node) ? node : undefined;
}

export function pairAt(document: Document, path: Path, key: string): Pair | undefined {
  const map = mappingAt(document, path);
  return map && pairOf(map, key);
}

/** Changes, or adds where it is missing, one entry; `after`: keys that a new entry goes behind, nearest first. */
export function setEntry(
  file: YamlFile,
  path: Path,
  key: string,
  value: unknown,
  place: { readonly comments: Comments; readonly after: readonly string[] },
): string | undefined {
  const map = mappingAt(file.document, path);
  const pair = map && pairOf(map, key);
  if (pair && isEmptyNode(pair.value))
    return fillEntry(file, map, pair, { path, key, value, place });
  if (pair) return replaceValue(file, pair, value);
  if (map?.flow) return insertIntoFlow(file, map, key, value, place.after);
  return map && insertEntry(file, map, path, key, value, place);
}

/** Takes an entry's lines away, and the comment above it where that is one of `comments` (not a person's own). */
export function removeEntry(
  file: YamlFile,
  path: Path,
  key: string,
  comment: string | undefined,
): string | undefined {
  const map = mappingAt(file.document, path);
  const pair = map && pairOf(map, key);
  if (!map || !pair || map.items.length === 1) return undefined;
  if (map.flow) return removeFromFlow(file, map, pair);
  const start = commentStart(file, pair, comment);
  return splice(file.text, start, lineEnd(file.text, contentEnd(pair)), "");
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
): string | undefined {
  const map = mappingAt(file.document, path);
  const pair = map && pairOf(map, names.from);
  if (!pair || !isScalar(pair.key) || !pair.key.range) return undefined;
  const [key, keyEnd] = pair.key.range;
  const renamed = splice(
    file.text,
    key,
    keyEnd,
    file.text.slice(key, keyEnd).replace(names.from, names.to),
  );
  const start = commentStart(file, pair, comments[[...path, names.from].join("/")]);
  const line = lineStart(file.text, key);
  if (map.flow || start === line) return renamed;
  const margin = file.text.slice(line, key);
  const lines = commentLines(comments[[...path, names.to].join("/")]);
  return splice(renamed, start, line, lines.map((text) => margin + text + file.eol).join(""));
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
  // A block scalar has a comment behind its `>-`, and takes the line breaks behind it in.
  const rest = /^[>|]\S*((?:[ \t]+#.*)?)[^]*?((?:\r?\n)*)$/.exec(old);
  return splice(file.text, start, end, scalarText(value) + (rest ? `${rest[1]}${rest[2]}` : ""));
}

/** A list in block style: its lines are written again at the indentation that it has. */
function replaceList(file: YamlFile, pair: Pair, items: readonly unknown[]): string | undefined {
  const node = pair.value;
  if (!isSeq(node) || !node.range) return undefined;
  if (node.flow)
    return splice(file.text, node.range[0], node.range[1], `[${items.map(scalarText).join(", ")}]`);
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

/** `{a: 1, b: 2}`: from where the entry begins to where the next one does, or from the end of the one before. */
function removeFromFlow(file: YamlFile, map: YAMLMap, pair: Pair): string {
  const at = map.items.indexOf(pair);
  const [before, next] = [map.items[at - 1], map.items[at + 1]];
  return next
    ? splice(file.text, startOf(pair.key), startOf(next.key), "")
    : splice(file.text, contentEnd(before), contentEnd(pair), "");
}

/** Written as its neighbour is: a file that is JSON stays JSON, and keeps one entry a line where it has that. */
function insertIntoFlow(
  file: YamlFile,
  map: YAMLMap,
  key: string,
  value: unknown,
  after: readonly string[],
): string | undefined {
  const name = isJson(file) ? JSON.stringify(key) : key;
  const before = neighbour(map, after);
  if (!before) {
    const start = (map.range?.[0] ?? 0) + 1;
    return splice(file.text, start, start, `${name}: ${flowText(value)}`);
  }
  const end = contentEnd(before);
  return splice(
    file.text,
    end,
    end,
    `,${flowGap(file, startOf(before.key))}${name}: ${flowText(value)}`,
  );
}

/** Between two entries in flow style: a line break where the one at `start` begins its line. */
function flowGap(file: YamlFile, start: number): string {
  const line = lineStart(file.text, start);
  const margin = file.text.slice(line, start);
  return isJson(file) && line > 0 && margin.trim() === "" ? file.eol + margin : " ";
}

const isJson = ({ text }: YamlFile): boolean => /^\s*\{\s*["}]/.test(text);

/** One more item at the end of a list that has some, in block or flow style. */
export function appendItem(
  file: YamlFile,
  path: Path,
  key: string,
  item: unknown,
): string | undefined {
  const list: unknown = file.document.getIn([...path, key], true);
  if (!isSeq(list) || !list.range) return undefined;
  const last: unknown = list.items.at(-1);
  if (!list.flow) return last === undefined ? undefined : appendToBlock(file, list, last, item);
  const text = flowText(item);
  if (last === undefined) return splice(file.text, list.range[0] + 1, list.range[0] + 1, text);
  const end = contentEnd(last);
  return splice(file.text, end, end, `,${flowGap(file, startOf(last))}${text}`);
}

function appendToBlock(file: YamlFile, list: YAMLSeq, last: unknown, item: unknown): string {
  const dash = list.range?.[0] ?? 0;
  const margin = " ".repeat(dash - lineStart(file.text, dash));
  const lines = itemLines(item).map((line) => line.replace(/^ {2}/, margin));
  return insertLines(file, contentEnd(last), lines);
}

/** Nothing, `~`, `null`, `{}` or `[]`. */
function isEmptyNode(node: unknown): boolean {
  if (isMap(node) || isSeq(node)) return node.flow === true && node.items.length === 0;
  return node === null || (isScalar(node) && node.value === null && node.tag === undefined);
}

/** Gives a key that stands there without a value one; a comment behind it stays. */
function fillEntry(
  file: YamlFile,
  map: YAMLMap,
  pair: Pair,
  entry: {
    readonly path: Path;
    readonly key: string;
    readonly value: unknown;
    readonly place: { readonly comments: Comments };
  },
): string | undefined {
  const { path, key, value, place } = entry;
  const [start, end] = rangeOf(pair.value) ?? [0, 0];
  const colon = file.text.indexOf(":", rangeOf(pair.key)?.[1]) + 1;
  const text = start === end ? file.text : splice(file.text, colon, end, "");
  const isBlock = value !== null && typeof value === "object" && Object.keys(value).length > 0;
  if (map.flow || !isBlock) return splice(text, colon, colon, ` ${flowText(value)}`);
  const keyStart = startOf(pair.key);
  const column = keyStart - lineStart(file.text, keyStart);
  const lines = entryLines(key, value, { column, path: path.join("/"), comments: place.comments });
  const own = lines.findIndex((line) => line.trimStart().startsWith(`${key}:`));
  return insertLines({ ...file, text }, colon, lines.slice(own + 1));
}

/** The entry that a new one goes behind: the first of these keys that is there, else the last entry. */
function neighbour(map: YAMLMap, after: readonly string[]): Pair | undefined {
  return (
    after.map((name) => pairOf(map, name)).find((pair) => pair !== undefined) ?? map.items.at(-1)
  );
}

function insertEntry(
  file: YamlFile,
  map: YAMLMap,
  path: Path,
  key: string,
  value: unknown,
  place: { readonly comments: Comments; readonly after: readonly string[] },
): string | undefined {
  const first = map.items[0];
  if (!first) return undefined;
  const firstStart = startOf(first.key);
  const column = firstStart - lineStart(file.text, firstStart);
  const lines = entryLines(key, value, { column, path: path.join("/"), comments: place.comments });
  return insertLines(file, contentEnd(neighbour(map, place.after)), lines);
}

/** Puts whole lines behind the line of `offset`; a text without a line break at its end stays without one. */
function insertLines(file: YamlFile, offset: number, lines: readonly string[]): string {
  const at = lineEnd(file.text, offset);
  const isLast = at === file.text.length && !file.text.endsWith("\n");
  const put = lines.join(file.eol);
  return splice(file.text, at, at, isLast ? file.eol + put : put + file.eol);
}
