/** Changes to an orchestrator.yml, carried out in its text: nothing but the changed entries differs afterwards. */
import { isDeepStrictEqual } from "node:util";
import { isAlias, isNode, visit, type Document } from "yaml";
import { COMMENTS } from "./comments.ts";
import { isRecord, syntaxProblem, type Path } from "./document.ts";
import {
  appendItem,
  openYaml,
  removeEntry,
  renameEntry,
  setEntry,
  type YamlFile,
} from "./yaml-edit.ts";

export type Change =
  | {
      readonly kind: "set";
      readonly path: Path;
      readonly key: string;
      readonly value: unknown;
      /** Keys that a new entry goes behind, nearest first; at the end of the mapping where none is there. */
      readonly after: readonly string[];
    }
  | { readonly kind: "remove"; readonly path: Path; readonly key: string }
  | { readonly kind: "rename"; readonly path: Path; readonly key: string; readonly to: string }
  /** One more item at the end of the list under `key`. */
  | { readonly kind: "append"; readonly path: Path; readonly key: string; readonly value: unknown };

/** A change that the layout of the file does not allow without touching something else. */
export class NotEditable extends Error {
  readonly change: Change;

  constructor(change: Change) {
    super(
      `can't be changed safely: an edit of ${[...change.path, change.key].join(".")} would reach further`,
    );
    this.change = change;
  }
}

/** The text with the changes made. @throws NotEditable */
export function applyChanges(text: string, changes: readonly Change[]): string {
  let file = openYaml(text);
  for (const change of changes) if (!isDone(file, change)) file = apply(file, change);
  return file.text;
}

function apply(file: YamlFile, change: Change): YamlFile {
  const text = editText(file, change);
  const edited = text === undefined ? undefined : openYaml(text);
  if (edited === undefined || !hasTaken(file, edited, change)) throw new NotEditable(change);
  return edited;
}

function isDone(file: YamlFile, change: Change): boolean {
  const where = [...change.path, change.key];
  if (change.kind === "append") return false;
  if (change.kind !== "set") return !file.document.hasIn(where);
  return (
    file.document.hasIn(where) &&
    isDeepStrictEqual(valueAt(file.document, where), change.value) &&
    !hasBareDollar(file, where)
  );
}

/** A `$` in the text of a value of ours would be expanded by the orchestrator. */
function hasBareDollar(file: YamlFile, where: Path): boolean {
  const node = file.document.getIn(where, true);
  const [start, end] = isNode(node) ? (node.range ?? [0, 0]) : [0, 0];
  return file.text.slice(start, end).includes("$");
}

function editText(file: YamlFile, change: Change): string | undefined {
  const { path, key } = change;
  if (change.kind === "rename") {
    return renameEntry(file, path, { from: key, to: change.to }, COMMENTS);
  }
  if (change.kind === "remove")
    return removeEntry(file, path, key, COMMENTS[[...path, key].join("/")]);
  if (change.kind === "append") return appendItem(file, path, key, change.value);
  return setEntry(file, path, key, change.value, { comments: COMMENTS, after: change.after });
}

/** Whether an edited text parses, holds the change, and says the same as before in every other place. */
function hasTaken(before: YamlFile, after: YamlFile, change: Change): boolean {
  if (syntaxProblem(after.text)) return false;
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
  const at = change.path.reduce(member, root);
  if (!isRecord(at)) return;
  const list = at[change.key];
  if (change.kind === "append" && Array.isArray(list)) list.push(change.value);
  if (change.kind === "set") at[change.key] = change.value;
  if (change.kind === "rename") at[change.to] = at[change.key];
  if (change.kind === "rename" || change.kind === "remove") delete at[change.key];
}

function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, (_, node) => {
    found ||= isAlias(node);
  });
  return found;
}

const plain = (document: Document): unknown => document.toJS();

const valueAt = (document: Document, where: Path): unknown => where.reduce(member, plain(document));

function member(at: unknown, key: string | number): unknown {
  if (Array.isArray(at)) return typeof key === "number" ? (at as unknown[])[key] : undefined;
  return isRecord(at) ? at[key] : undefined;
}
