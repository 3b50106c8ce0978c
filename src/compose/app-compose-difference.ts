/** Why two CVMs have different compose hashes: the fields of their app-composes that differ. Pure. */
import { canonicalJson, type AppCompose } from "../app-compose.ts";
import { diffLines } from "../line-diff.ts";

export type AppComposeDifference = {
  /** The app-compose's own name for it: `allowed_envs`, `docker_compose_file`, `public_logs`. */
  readonly field: string;
  /** What is different, in a few words, for people. */
  readonly message: string;
};

/** More lines of a compose file than these are counted, not shown. */
const LINES_SHOWN = 6;

/**
 * Every field in which `actual` departs from `expected`, environment names and compose text first.
 * Empty exactly where both have the same compose hash.
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
    .map((field) => ({ field, message: describe(field, actual, expected) }));
}

const keysOf = (appCompose: AppCompose): string[] => Object.keys(appCompose).toSorted();

/** A field that is absent is not measured, one that is `null` is. */
function same(a: unknown, b: unknown): boolean {
  return canonicalJson([a]) === canonicalJson([b]) && (a === undefined) === (b === undefined);
}

function describe(field: string, actual: AppCompose, expected: AppCompose): string {
  if (field === "allowed_envs") return describeNames(actual.allowed_envs ?? [], expected.allowed_envs ?? []);
  if (field === "docker_compose_file") {
    return describeText(actual.docker_compose_file ?? "", expected.docker_compose_file ?? "");
  }
  return `${field} is ${shown(actual[field])}, expected ${shown(expected[field])}`;
}

/** The names are measured in their order, so the same names in another order are a difference too. */
function describeNames(actual: readonly string[], expected: readonly string[]): string {
  const added = actual.filter((name) => !expected.includes(name));
  const missing = expected.filter((name) => !actual.includes(name));
  const parts = [
    ...(added.length === 0 ? [] : [`environment names too many: ${added.join(", ")}`]),
    ...(missing.length === 0 ? [] : [`environment names missing: ${missing.join(", ")}`]),
  ];
  if (parts.length > 0) return parts.join("; ");
  return `environment names in another order: ${actual.join(", ")}, expected ${expected.join(", ")}`;
}

function describeText(actual: string, expected: string): string {
  const lines = diffLines(expected, actual);
  if (lines.length === 0) return "the compose file differs in its line ends";
  const first = lines.slice(0, LINES_SHOWN).map((line) => line.replace(/^([-+]) \s*/, "$1 "));
  const more = lines.length > LINES_SHOWN ? `, and ${lines.length - LINES_SHOWN} more lines` : "";
  return `the compose file differs: ${first.join(" | ")}${more}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "absent";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
