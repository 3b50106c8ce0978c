/** YAML as it is written into orchestrator.yml: block style, every text in double quotes, comments above keys. */

import { isRecord } from "./document.ts";

/** `text` as a double-quoted scalar that YAML 1.1 and 1.2 read alike, and that no variable expansion changes. */
function quote(text: string): string {
  // The orchestrator runs Python's os.path.expandvars() over the whole file before it parses it; that knows no
  // escape for `$`, so the dollar itself must not be there. PyYAML refuses unprintable characters outright.
  return JSON.stringify(text)
    .replaceAll("$", String.raw`\u0024`)
    .replaceAll(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A value of any kind on one line, as JSON has it: every YAML parser reads that too. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(", ")}]`;
  if (!isRecord(value)) return typeof value === "string" ? quote(value) : JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, member]) => `${quote(key)}: ${flowText(member)}`,
  );
  return `{${entries.join(", ")}}`;
}

/** Comment lines by path, as `infrastructure/runner/max-models`; list items count as their list. */
export type Comments = Readonly<Record<string, string>>;

/** Where a key stands, and what finds the comments. */
type Where = { readonly path: string; readonly comments: Comments };

/** The lines of `key: value` and the comment above it, without line ends. `path` is where the key's mapping stands. */
export function entryLines(key: string, value: unknown, { path, comments }: Where): string[] {
  const own = path === "" ? key : `${path}/${key}`;
  return [...commentLines(comments[own]), ...pairLines(key, value, { path: own, comments })];
}

/** The same without the comment above; `path` is that of the key itself. */
export function pairLines(key: string, value: unknown, where: Where): string[] {
  const lines = Array.isArray(value)
    ? value.flatMap(itemLines)
    : Object.entries(isRecord(value) ? value : {}).flatMap(([name, member]) =>
        entryLines(name, member, where),
      );
  return lines.length === 0
    ? [`${key}: ${flowText(value)}`]
    : [`${key}:`, ...lines.map((line) => `  ${line}`)];
}

/** The lines of one list item. */
export function itemLines(item: unknown): string[] {
  const lines = Object.entries(isRecord(item) ? item : {}).flatMap(([key, value]) =>
    pairLines(key, value, NO_COMMENTS),
  );
  if (lines.length === 0) return [`- ${flowText(item)}`];
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}

const NO_COMMENTS: Where = { path: "", comments: {} };

export function commentLines(comment: string | undefined): string[] {
  return comment === undefined ? [] : comment.split("\n").map((line) => `#${line}`);
}
