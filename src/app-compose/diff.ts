/** Why two CVMs have different compose hashes: the fields of their app-composes that differ. Pure. */
import { canonicalJson, sha256Hex, type AppCompose } from "../core/compose-hash.ts";
import { diffLines } from "../lib/line-diff.ts";

export type AppComposeDifference = {
  /** The name of the field in the app-compose. */
  readonly field: string;
  /** A short description of the difference. */
  readonly message: string;
};

/** Further lines of a text are counted, not shown. */
const LINES_SHOWN = 6;
/** Further characters of a value are omitted. */
const CHARACTERS_SHOWN = 60;

/**
 * The fields in which `actual` differs from `expected`, environment names and compose text first. Empty if and only if
 * both have the same compose hash.
 */
export function compareAppComposes(
  actual: AppCompose,
  expected: AppCompose,
): readonly AppComposeDifference[] {
  const fields = [
    ...new Set(["allowed_envs", "docker_compose_file", ...keysOf(actual), ...keysOf(expected)]),
  ];
  return fields
    .filter((field) => !same(actual[field], expected[field]))
    .map((field) => ({ field, message: describe(field, actual[field], expected[field]) }));
}

const keysOf = (appCompose: AppCompose): string[] => Object.keys(appCompose).toSorted();

/** An absent field is not measured, a `null` is. */
function same(a: unknown, b: unknown): boolean {
  return canonicalJson([a]) === canonicalJson([b]) && (a === undefined) === (b === undefined);
}

function describe(field: string, actual: unknown, expected: unknown): string {
  if (field === "allowed_envs" && Array.isArray(actual) && Array.isArray(expected))
    return describeNames(actual as readonly string[], expected as readonly string[]);
  if (typeof actual === "string" && typeof expected === "string") {
    if (field === "docker_compose_file")
      return `the compose file differs${describeText(actual, expected)}`;
    // At least one is a script.
    if (`${actual}${expected}`.includes("\n"))
      return `${field} differs${describeText(actual, expected)}`;
  }
  return `${field} is ${shown(actual)}, expected ${shown(expected)}`;
}

/** The names are measured in order, so another order is a difference too. */
function describeNames(actual: readonly string[], expected: readonly string[]): string {
  const added = actual.filter((name) => !expected.includes(name));
  const missing = expected.filter((name) => !actual.includes(name));
  const parts = [
    ...(added.length === 0 ? [] : [`environment names too many: ${added.join(", ")}`]),
    ...(missing.length === 0 ? [] : [`environment names missing: ${missing.join(", ")}`]),
  ];
  if (parts.length > 0) return parts.join("; ");
  const what = actual.length === expected.length ? "in another order" : "given more than once";
  return `environment names ${what}: ${actual.join(", ")}, expected ${expected.join(", ")}`;
}

function describeText(actual: string, expected: string): string {
  const lines = diffLines(expected, actual);
  if (lines.length === 0) return " in its line ends";
  if (areBlanksOnly(lines)) return " in blanks only";
  // The message is a single line: without empty lines and indentation.
  const told = lines.filter((line) => line.slice(1).trim() !== "");
  const first = told.slice(0, LINES_SHOWN).map((line) => line.replace(/^([-+]) \s*/, "$1 "));
  const more = told.length - LINES_SHOWN;
  return `: ${first.join(" | ")}${more > 0 ? `, and ${more} more ${more === 1 ? "line" : "lines"}` : ""}`;
}

/** Whether removed and added lines differ in whitespace only: shown side by side, they would look the same. */
function areBlanksOnly(lines: readonly string[]): boolean {
  const of = (sign: string): string =>
    lines
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1).replaceAll(/\s/g, ""))
      .join("");
  return of("-") === of("+");
}

/** A value as JSON; a long one is truncated, with its digest, because two may begin alike. */
function shown(value: unknown): string {
  if (value === undefined) return "absent";
  const text = JSON.stringify(value);
  if (text.length <= CHARACTERS_SHOWN) return text;
  const digest = sha256Hex(typeof value === "string" ? value : canonicalJson(value));
  return `${text.slice(0, CHARACTERS_SHOWN)}... (sha256 ${digest.slice(0, 12)})`;
}
