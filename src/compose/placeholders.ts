/**
 * The variables that a compose file refers to, as docker compose interpolates them:
 * https://docs.docker.com/reference/compose-file/interpolation/
 */

export type Placeholder = {
  readonly name: string;
  /** What stands for it when the variable is not set; null where nothing does. */
  readonly fallback: string | null;
  /** Whether any use of it has a text that stands for it, even where another has none. */
  readonly hasDefault: boolean;
  /** Whether docker compose refuses to start without it: `${NAME:?told}`. */
  readonly required: boolean;
};

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

/** Every placeholder of a text in order of first appearance; `$$` is an escaped dollar. */
export function placeholdersIn(text: string): readonly Placeholder[] {
  const found = new Map<string, Placeholder>();
  collect(text, found);
  return [...found.values()];
}

/** A text as it is when no variable is set: `${PORT:-9010}:8080` is `9010:8080`. Innermost defaults first. */
export function withDefaults(text: string): string {
  const filled = text.replaceAll(/\$\{[A-Za-z_]\w*:?-([^{}$]*)\}/g, "$1");
  return filled === text ? text : withDefaults(filled);
}

function collect(text: string, found: Map<string, Placeholder>): void {
  let at = text.indexOf("$");
  while (at !== -1) {
    at = text.indexOf("$", readOne(text, at, found));
  }
}

/** Reads what stands at a dollar sign; returns where to go on. */
function readOne(text: string, at: number, found: Map<string, Placeholder>): number {
  if (text[at + 1] === "$") return at + 2;
  const braced = text[at + 1] === "{";
  NAME.lastIndex = at + (braced ? 2 : 1);
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return at + 1;
  const end = NAME.lastIndex;
  if (!braced) {
    add(found, { name, fallback: null, hasDefault: false, required: false });
    return end;
  }
  const close = closingBrace(text, end);
  const operand = text.slice(end, close);
  const operator = /^:?[-?+]/.exec(operand)?.[0] ?? "";
  const rest = operand.slice(operator.length);
  const optional = operator.endsWith("-") || operator.endsWith("+");
  const hasDefault = optional && rest !== "";
  add(found, { name, fallback: optional ? rest : null, hasDefault, required: operator.endsWith("?") });
  collect(rest, found);
  return close + 1;
}

function add(found: Map<string, Placeholder>, placeholder: Placeholder): void {
  const known = found.get(placeholder.name);
  if (known === undefined) {
    found.set(placeholder.name, placeholder);
    return;
  }
  // The most demanding use of a variable counts; setting a key anew keeps the place of the first one.
  const { name, fallback, hasDefault, required } = placeholder;
  const needed = known.fallback === null || fallback === null;
  found.set(name, {
    name,
    fallback: needed ? null : known.fallback,
    hasDefault: known.hasDefault || hasDefault,
    required: known.required || required,
  });
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "{" && text[at - 1] === "$") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}
