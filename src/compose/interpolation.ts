/**
 * The variables that a compose file refers to, and its texts with values in their place, as docker compose does it:
 * https://docs.docker.com/reference/compose-file/interpolation/. Pure.
 */

export type Placeholder = {
  readonly name: string;
  /** What stands for it when the variable is not set; null where nothing does. */
  readonly fallback: string | null;
  /** Whether any use of it has a text that stands for it, even where another has none. */
  readonly hasDefault: boolean;
  /** Whether docker compose refuses to start without it: `${NAME:?message}`. */
  readonly required: boolean;
};

type Operator = "" | ":-" | "-" | ":?" | "?" | ":+" | "+";
type Variable = {
  readonly name: string;
  readonly operator: Operator;
  /** A default, a replacement or a message; may refer to variables itself. */
  readonly operand: string;
};
type Template = {
  readonly parts: readonly (string | Variable)[];
  /** What docker compose refuses: the text from the dollar sign on; undefined where all is well. */
  readonly invalid: string | undefined;
};

/** Value of a variable; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Every placeholder of a text in order of first appearance; `$$` is an escaped dollar. */
export function placeholdersIn(text: string): readonly Placeholder[] {
  const found = new Map<string, Placeholder>();
  collect(text, found);
  return [...found.values()];
}

/** What docker compose does not accept in a text, from the dollar sign on; undefined where it accepts it. */
export function invalidInterpolation(text: string): string | undefined {
  const { parts, invalid } = parseTemplate(text);
  if (invalid !== undefined) return invalid;
  return parts
    .flatMap((part) => (typeof part === "string" ? [] : [invalidInterpolation(part.operand)]))
    .find((it) => it !== undefined);
}

/**
 * A text with every variable replaced by its value; what is invalid stays as it is.
 * @param missing is called for a variable that `:?` or `?` requires and that has no (or an empty) value.
 */
export function interpolate(
  text: string,
  lookup: Lookup,
  missing?: (name: string) => void,
): string {
  if (!text.includes("$")) return text;
  return parseTemplate(text)
    .parts.map((part) => (typeof part === "string" ? part : valueOf(part, lookup, missing)))
    .join("");
}

function valueOf(
  { name, operator, operand }: Variable,
  lookup: Lookup,
  missing?: (name: string) => void,
): string {
  const value = lookup(name);
  // With a colon an empty value counts as none.
  const isThere = value !== undefined && !(operator.startsWith(":") && value === "");
  if (operator.endsWith("+")) return isThere ? interpolate(operand, lookup, missing) : "";
  if (isThere) return value;
  if (operator.endsWith("?")) missing?.(name);
  return operator.endsWith("-") ? interpolate(operand, lookup, missing) : "";
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

/** What is invalid is kept as text, so that the variables after it are known all the same. */
function parseTemplate(text: string): Template {
  const parts: (string | Variable)[] = [];
  let invalid: string | undefined;
  let done = 0;
  for (let dollar = text.indexOf("$"); dollar !== -1; dollar = text.indexOf("$", done)) {
    const [part, end] = readAt(text, dollar);
    parts.push(text.slice(done, dollar), part ?? "$");
    if (part === undefined) invalid ??= text.slice(dollar);
    done = end;
  }
  return { parts: [...parts, text.slice(done)], invalid };
}

/** Reads what stands at a dollar sign: `[part, where it ends]`; undefined where it is not valid. */
function readAt(text: string, dollar: number): readonly [string | Variable | undefined, number] {
  if (text[dollar + 1] === "$") return ["$", dollar + 2];
  const braced = text[dollar + 1] === "{";
  NAME.lastIndex = dollar + (braced ? 2 : 1);
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return [undefined, dollar + 1];
  const end = NAME.lastIndex;
  if (!braced) return [{ name, operator: "", operand: "" }, end];
  const close = closingBrace(text, end);
  if (close === undefined) return [undefined, dollar + 1];
  const rest = text.slice(end, close);
  const operator = /^:?[-?+]/.exec(rest)?.[0] ?? "";
  if (operator === "" && rest !== "") return [undefined, dollar + 1];
  return [
    { name, operator: operator as Operator, operand: rest.slice(operator.length) },
    close + 1,
  ];
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

function collect(text: string, found: Map<string, Placeholder>): void {
  for (const part of parseTemplate(text).parts) {
    if (typeof part === "string") continue;
    const { name, operator, operand } = part;
    const optional = operator.endsWith("-") || operator.endsWith("+");
    add(found, {
      name,
      fallback: optional ? operand : null,
      hasDefault: optional && operand !== "",
      required: operator.endsWith("?"),
    });
    collect(operand, found);
  }
}

function add(found: Map<string, Placeholder>, placeholder: Placeholder): void {
  const known = found.get(placeholder.name);
  if (known === undefined) {
    found.set(placeholder.name, placeholder);
    return;
  }
  // The most demanding use of a variable counts; setting a key again keeps the place of the first one.
  const { name, fallback, hasDefault, required } = placeholder;
  const needed = known.fallback === null || fallback === null;
  found.set(name, {
    name,
    fallback: needed ? null : known.fallback,
    hasDefault: known.hasDefault || hasDefault,
    required: known.required || required,
  });
}
