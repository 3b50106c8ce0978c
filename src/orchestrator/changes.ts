/** Changes to an orchestrator.yml: carried out in its text where that is safe, else through the parsed document. */
import { isDeepStrictEqual } from "node:util";
import { isAlias, isNode, Scalar, visit, type Document } from "yaml";
import { COMMENTS } from "./comments.ts";
import { openYaml, removeEntry, renameEntry, setEntry, type YamlFile } from "./yaml-edit.ts";

export type Change =
  | {
      readonly kind: "set";
      readonly path: readonly string[];
      readonly key: string;
      readonly value: unknown;
      /** Keys that a new entry goes behind, nearest first; at the end of the mapping where none is there. */
      readonly after: readonly string[];
    }
  | { readonly kind: "remove"; readonly path: readonly string[]; readonly key: string }
  | { readonly kind: "rename"; readonly path: readonly string[]; readonly key: string; readonly to: string };

/** The text with the changes made. @throws Error where the document can't take one (an alias that would dangle). */
export function applyChanges(text: string, changes: readonly Change[]): string {
  let file = openYaml(text);
  for (const change of changes) if (!isDone(file, change)) file = apply(file, change);
  return file.text;
}

function apply(file: YamlFile, change: Change): YamlFile {
  const text = editText(file, change);
  const edited = text === undefined ? undefined : openYaml(text);
  return edited && tookIt(file, edited, change) ? edited : openYaml(editDocument(file, change));
}

function isDone(file: YamlFile, change: Change): boolean {
  const where = [...change.path, change.key];
  if (change.kind !== "set") return !file.document.hasIn(where);
  return (
    file.document.hasIn(where) &&
    isDeepStrictEqual(valueAt(file.document, where), change.value) &&
    !hasBareDollar(file, where)
  );
}

/** A `$` in the text of a value of ours would be expanded by the orchestrator. */
function hasBareDollar(file: YamlFile, where: readonly string[]): boolean {
  const node = file.document.getIn(where, true);
  const [start, end] = isNode(node) ? (node.range ?? [0, 0]) : [0, 0];
  return file.text.slice(start, end).includes("$");
}

function editText(file: YamlFile, change: Change): string | undefined {
  const { path, key } = change;
  if (change.kind === "rename") {
    return renameEntry(file, path, { from: key, to: change.to }, COMMENTS);
  }
  if (change.kind === "remove") return removeEntry(file, path, key, COMMENTS[[...path, key].join("/")]);
  return setEntry(file, path, key, change.value, { comments: COMMENTS, after: change.after });
}

/** Whether an edited text parses, holds the change, and says the same as before in every other place. */
function tookIt(before: YamlFile, after: YamlFile, change: Change): boolean {
  if (after.document.errors.length > 0) return false;
  const expected = plain(before.document);
  makeChange(expected, change);
  if (isDeepStrictEqual(plain(after.document), expected)) return true;
  // Where aliases refer to the changed value they follow it, as their author meant them to.
  const where = [...change.path, change.key];
  return (
    change.kind === "set" &&
    hasAliases(before.document) &&
    isDeepStrictEqual(valueAt(after.document, where), change.value)
  );
}

function makeChange(root: unknown, change: Change): void {
  let at: unknown = root;
  for (const key of change.path) at = isRecord(at) ? at[key] : undefined;
  if (!isRecord(at)) return;
  if (change.kind === "set") at[change.key] = change.value;
  if (change.kind === "rename") at[change.to] = at[change.key];
  if (change.kind !== "set") delete at[change.key];
}

/** The way round for flow style and other forms: everything stays but the layout. */
function editDocument({ document, eol }: YamlFile, change: Change): string {
  const where = [...change.path, change.key];
  if (change.kind === "set") document.setIn(where, document.createNode(quoted(change.value)));
  if (change.kind === "rename") {
    document.setIn([...change.path, change.to], document.getIn(where, true));
  }
  if (change.kind !== "set") document.deleteIn(where);
  const text = document.toString({ lineWidth: 0 }).replaceAll(DOLLAR, String.raw`\x24`);
  return eol === "\n" ? text : text.replaceAll(/\r?\n/g, eol);
}

/** Stands for a dollar until the document is printed; a noncharacter, so no real text has it. */
const DOLLAR = "\u{fdd0}";

function quoted(value: unknown): unknown {
  if (typeof value === "string") {
    const scalar = new Scalar(value.replaceAll("$", DOLLAR));
    scalar.type = Scalar.QUOTE_DOUBLE;
    return scalar;
  }
  if (Array.isArray(value)) return value.map(quoted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, quoted(member)]));
}

function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, (_, node) => {
    found ||= isAlias(node);
  });
  return found;
}

const plain = (document: Document): unknown => document.toJS();

function valueAt(document: Document, where: readonly string[]): unknown {
  let at: unknown = plain(document);
  for (const key of where) at = isRecord(at) ? at[key] : undefined;
  return at;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
