/**
 * Parses JSON strictly: text that Python and JavaScript would read or serialize differently, and so hash differently, is
 * rejected, never normalized.
 */

const MAX_LENGTH = 2 * 1024 * 1024;
const MAX_DEPTH = 64;

export type StrictJson = { readonly value: unknown } | { readonly problem: string };

/** The tokens of valid JSON that matter here: not whitespace, commas and literals. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/g;

/**
 * @param text a string, or bytes that must be valid UTF-8.
 * @returns the value, or a description of the problem that quotes no values.
 */
export function parseStrictJson(text: string | Uint8Array): StrictJson {
  if (text.length > MAX_LENGTH) return { problem: `it is larger than ${MAX_LENGTH} bytes` };
  let source: string;
  let value: unknown;
  try {
    source =
      typeof text === "string"
        ? text
        : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    return { problem: "it is not valid UTF-8" };
  }
  try {
    value = JSON.parse(source);
  } catch {
    return { problem: "it is not valid JSON" };
  }
  const problem = findProblem(source);
  return problem === undefined ? { value } : { problem };
}

/** @param source valid JSON */
function findProblem(source: string): string | undefined {
  /** The keys so far of each open object; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let text: string | undefined;
  for (const [token] of source.matchAll(TOKEN)) {
    let problem: string | undefined;
    if (token.startsWith('"')) {
      text = JSON.parse(token) as string;
      if (/\p{Surrogate}/u.test(text)) problem = "a text in it has half of a surrogate pair";
    } else if (token === ":") {
      problem = keyProblem(text ?? "", open.at(-1));
    } else if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      if (open.length > MAX_DEPTH) problem = `it is nested more than ${MAX_DEPTH} levels deep`;
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (!isSameEverywhere(token)) {
      problem = `the number ${token.slice(0, 40)} is written differently by other implementations`;
    }
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keyProblem(key: string, known: Set<string> | undefined): string | undefined {
  const shown = JSON.stringify(key.slice(0, 60));
  if (known?.has(key)) return `the key ${shown} occurs twice`;
  known?.add(key);
  if (key === "__proto__") return `the key ${shown} is dropped by JavaScript`;
  // JavaScript moves these before all others, whatever the sorting says.
  if (/^\d+$/.test(key)) return `the key ${shown} is a number: JavaScript sorts it differently`;
  // UTF-16 and code points have two orders.
  return /[\uD800-\uDFFF]/.test(key)
    ? `the key ${shown} is sorted differently in JavaScript`
    : undefined;
}

/** Integers that fit into a double, and fractions that both languages print with the same digits and no exponent. */
function isSameEverywhere(token: string): boolean {
  const number = Number(token);
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(number) && String(number) === token;
  const size = Math.abs(number);
  return /^-?\d+\.\d+$/.test(token) && String(number) === token && size >= 1e-4 && size < 1e16;
}
