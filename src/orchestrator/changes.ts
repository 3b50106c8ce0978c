/** Changes to an orchestrator.yml, carried out in its text: nothing but the changed entries differs afterwards. */
import { isDeepStrictEqual } from "node:util";
import { isNode, type Document } from "yaml";
import { lineAt, syntaxProblem, unreadable, valueAt, type Path, type Source } from "./document.ts";
import {
  appendItem,
  entryAt,
  openYaml,
  removeEntry,
  renameEntry,
  setEntry,
  type Entry,
  type YamlFile,
} from "./yaml-edit.ts";
import { command, renderHint } from "../core/command-hint.ts";
import { rangeOf } from "./yaml-range.ts";
import type { Comments } from "./yaml-text.ts";

export type Change =
  | ({ readonly kind: "set" } & Entry)
  | { readonly kind: "remove"; readonly path: Path; readonly key: string }
  | { readonly kind: "rename"; readonly path: Path; readonly key: string; readonly to: string }
  /** One more item at the end of the list under `key`. */
  | ({ readonly kind: "append" } & Entry);

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
  return changes.reduce(apply, openYaml(text)).text;
}

/**
 * Carries an edit of `original` out. @throws ClusterError `config-unreadable` (conflict) in the place of `NotEditable`,
 * with the line that it is about.
 */
export function orRefuse(
  edit: () => string,
  original: { readonly text: string; readonly document: Document },
  source: Source,
): string {
  try {
    return edit();
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error;
    const { path, key } = error.change;
    const line = lineAt(original.text, original.document, [...path, key]);
    throw unreadable(source, error.message, line);
  }
}

function apply(file: YamlFile, change: Change): YamlFile {
  const text = editText(file, change);
  if (text === file.text) return file;
  const edited = text === undefined ? undefined : openYaml(text);
  if (edited === undefined || !hasTaken(file, edited, change)) throw new NotEditable(change);
  return edited;
}

/** A `$` in the text of a value of ours would be expanded by the orchestrator. */
function hasBareDollar({ document, text }: YamlFile, where: Path): boolean {
  const node = document.getIn(where, true);
  return isNode(node) && text.slice(...rangeOf(node).slice(0, 2)).includes("$");
}

function editText(file: YamlFile, change: Change): string | undefined {
  const { path, key } = change;
  if (change.kind === "rename")
    return renameEntry(file, path, { from: key, to: change.to }, COMMENTS);
  if (change.kind === "remove") return removeEntry(file, path, key, COMMENTS);
  if (change.kind === "append") return appendItem(file, change);
  const where = [...path, key];
  const isSet = isDeepStrictEqual(valueAt(file.document, where), change.value);
  return isSet && !hasBareDollar(file, where) ? file.text : setEntry(file, change, COMMENTS);
}

/**
 * Whether an edited text parses, holds the change, and says the same as before in every other place; but for aliases
 * (*name) of what was changed, which follow it, as their author meant them to.
 */
function hasTaken(before: YamlFile, after: YamlFile, change: Change): boolean {
  if (syntaxProblem(after.text)) return false;
  const expected = before.document.clone();
  makeChange(expected, change);
  return isDeepStrictEqual(after.document.toJS(), expected.toJS());
}

function makeChange(document: Document, change: Change): void {
  const where = [...change.path, change.key];
  if (change.kind === "append") return document.addIn(where, document.createNode(change.value));
  if (change.kind === "remove") return void document.deleteIn(where);
  if (change.kind === "rename") {
    const key = entryAt(document, change.path, change.key)?.pair.key as { value: string };
    key.value = change.to;
    return;
  }
  const node = document.getIn(where, true) as { readonly anchor?: string } | undefined;
  const value = document.createNode(change.value);
  if (node?.anchor !== undefined) value.anchor = node.anchor;
  document.setIn(where, value);
}

export const HEADER = ` Written by tee-cluster. Its next run changes what it is given then and shows that; everything else in this
 file, comments included, is yours.
 The orchestrator expands environment variables everywhere in this file before it reads it; a dollar sign
 that is meant as one is therefore written \\u0024, in double quotes.`;

export const COMMENTS: Comments = {
  "infrastructure/database": " Which models run, kept over a restart of the orchestrator.",
  "infrastructure/publishers":
    " Model states for subscribers. Without authentication, so only this machine can connect;\n address 0.0.0.0 lets everybody who reaches this machine do so.",
  "infrastructure/runner/cluster-name":
    " The orchestrator adopts every running CVM whose name begins with this, once, at its start.",
  "infrastructure/runner/cluster-urls":
    " Where the registry's models are reached; the orchestrator fills <model-port> in.",
  "infrastructure/runner/registry-compose-path": " Relative to where the orchestrator runs.",
  "infrastructure/runner/runner-compose-path": ` Its compose hash is approved on the registry. After any change to that file: ${renderHint(command("rotate-hash"))}`,
  "infrastructure/runner/gateway-key-path":
    " The coordinator's RSA private key (PEM): requests to the CVMs are signed with it.",
  "infrastructure/runner/instance-type": " Size of the runners that the orchestrator adds.",
  "infrastructure/runner/memory-per-model-mb":
    " Estimated memory of one model container: how many fit on a CVM.",
  "infrastructure/runner/provision-factor":
    " A new runner is added when this share of the models that fit on a CVM is running: 0.8 of 4 is 3.",
  "infrastructure/runner/capacity-threshold":
    " A runner says that it is full at this share of its capacity; the orchestrator then adds another.",
  "infrastructure/runner/max-models":
    " In the whole cluster; 0: unlimited, runners are added as needed.",
  "infrastructure/runner/request-timeout": " Seconds.",
  "watcher/interval": " Seconds between two looks for models.",
};
