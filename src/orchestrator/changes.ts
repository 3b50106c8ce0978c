/** Changes to an orchestrator.yml, carried out in its text: nothing but the changed entries differs afterwards. */
import { isDeepStrictEqual } from "node:util";
import { isNode, type Document } from "yaml";
import { member, syntaxProblem, type Path } from "./document.ts";
import {
  appendItem,
  openYaml,
  pairAt,
  removeEntry,
  renameEntry,
  setEntry,
  type YamlFile,
} from "./yaml-edit.ts";
import { command, renderHint } from "../core/command-hint.ts";
import type { Comments } from "./yaml-text.ts";

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
    isDeepStrictEqual(valueAt(file.document, where), change.value) && !hasBareDollar(file, where)
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
  if (change.kind === "rename")
    return renameEntry(file, path, { from: key, to: change.to }, COMMENTS);
  if (change.kind === "remove")
    return removeEntry(file, path, key, COMMENTS[[...path, key].join("/")]);
  if (change.kind === "append") return appendItem(file, path, key, change.value);
  return setEntry(file, path, key, change.value, { comments: COMMENTS, after: change.after });
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
    const key = pairAt(document, change.path, change.key)?.key as { value: string };
    key.value = change.to;
    return;
  }
  const node = document.getIn(where, true) as { readonly anchor?: string } | undefined;
  const value = document.createNode(change.value);
  if (node?.anchor !== undefined) value.anchor = node.anchor;
  document.setIn(where, value);
}

const valueAt = (document: Document, where: Path): unknown => where.reduce(member, document.toJS());

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
