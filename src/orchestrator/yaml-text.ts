/** YAML as it is written into orchestrator.yml: block style, every text in double quotes, comments above keys. */

/** `text` as a double-quoted scalar that YAML 1.1 and 1.2 read alike, and that no variable expansion changes. */
function quote(text: string): string {
  // The orchestrator runs Python's os.path.expandvars() over the whole file before it parses it; that knows no
  // escape for `$`, so the dollar itself must not be there. PyYAML refuses unprintable characters outright.
  return JSON.stringify(text)
    .replaceAll("$", String.raw`\u0024`)
    .replaceAll(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A text, number or boolean as it stands behind its key. */
export function scalarText(value: unknown): string {
  return typeof value === "string" ? quote(value) : JSON.stringify(value);
}

/** A value of any kind on one line, as JSON has it: every YAML parser reads that too. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(", ")}]`;
  if (value === null || typeof value !== "object") return scalarText(value);
  const entries = Object.entries(value).map(
    ([key, member]) => `${quote(key)}: ${flowText(member)}`,
  );
  return `{${entries.join(", ")}}`;
}

/** Comment lines by path, as `infrastructure/runner/max-models`; list items count as their list. */
export type Comments = Readonly<Record<string, string>>;

/**
 * The lines of `key: value` at an indentation of `column` spaces, without line ends. `path` is where the key's
 * mapping stands; it finds the comments.
 */
export function entryLines(
  key: string,
  value: unknown,
  where: { readonly column: number; readonly path: string; readonly comments: Comments },
): string[] {
  const path = where.path === "" ? key : `${where.path}/${key}`;
  const lines = [
    ...commentLines(where.comments[path]),
    ...pairLines(key, value, { ...where, path }),
  ];
  return lines.map((line) => " ".repeat(where.column) + line);
}

function pairLines(
  key: string,
  value: unknown,
  where: { readonly path: string; readonly comments: Comments },
): string[] {
  const inner = { ...where, column: 2 };
  if (Array.isArray(value)) {
    return value.length === 0
      ? [`${key}: []`]
      : [`${key}:`, ...value.flatMap((item) => itemLines(item))];
  }
  if (value === null || typeof value !== "object") return [`${key}: ${scalarText(value)}`];
  return [
    `${key}:`,
    ...Object.entries(value).flatMap(([name, member]) => entryLines(name, member, inner)),
  ];
}

/** The lines of one list item, indented by two below the list's key. */
export function itemLines(item: unknown): string[] {
  if (item === null || typeof item !== "object") return [`  - ${scalarText(item)}`];
  const lines = Object.entries(item).flatMap(([key, value]) =>
    entryLines(key, value, { column: 0, path: "", comments: {} }),
  );
  return lines.map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`));
}

export function commentLines(comment: string | undefined): string[] {
  return comment === undefined ? [] : comment.split("\n").map((line) => `#${line}`);
}
