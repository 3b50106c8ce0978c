/**
 * The dotenv file that carries an environment to `phala deploy -e FILE`. Pairs on the command line would be
 * readable by every user of the machine; a file with mode 0600 is not.
 */
import { ClusterError } from "../errors.ts";
import type { EnvironmentVariable } from "../ports.ts";

/** The text of the file, names in the given order; the real parser reads back exactly the values. */
export function envFileText(environment: readonly EnvironmentVariable[]): string {
  return environment.map(({ name, value }) => `${name}=${quoted(name, value)}\n`).join("");
}

/**
 * Measured with phala 1.1.18: unquoted, `#` ends a value; single quotes and backticks keep everything; double
 * quotes expand `\n`. The quote itself can't be escaped in any of them.
 */
function quoted(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw unrepresentable(name, "a line break or NUL byte");
  // A backslash before the closing quote would escape it, and swallow the next variable.
  if (value.endsWith("\\")) throw unrepresentable(name, "a backslash at its end");
  const quote = ["'", "`"].find((candidate) => !value.includes(candidate));
  if (quote !== undefined) return `${quote}${value}${quote}`;
  throw unrepresentable(name, "a single quote and a backtick");
}

function unrepresentable(name: string, what: string): ClusterError {
  return new ClusterError({
    kind: "input",
    code: "value-not-representable",
    message: `the value of ${name} has ${what}, which phala's environment files can't carry`,
    hint: `give ${name} a value without it`,
  });
}
