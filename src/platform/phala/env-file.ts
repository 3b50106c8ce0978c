/**
 * The dotenv file that carries an environment to `phala deploy -e FILE`. Pairs on the command line would be
 * readable by every user of the machine; a file with mode 0600 is not.
 *
 * How phala 1.1.18 parses a line, measured: unquoted, `#` ends a value and surrounding blanks are dropped; single quotes
 * and backticks preserve everything between them; double quotes turn `\n` and `\r` into line breaks. A quote can't be
 * escaped, and a backslash before the closing quote continues the value on the next line.
 */
import { ClusterError } from "../../errors/cluster-error.ts";
import type { EnvironmentVariable } from "../../core/ports.ts";

/**
 * The text of the file, with the names in the given order: they become `allowed_envs` in that order, and so part of the
 * compose hash. Names with an empty value are kept for the same reason.
 *
 * @throws ClusterError `value-not-representable` (input) naming the variable, never its value.
 */
export function envFileText(environment: readonly EnvironmentVariable[]): string {
  const seen = new Set<string>();
  for (const { name } of environment) {
    if (!isName(name))
      throw unusable(name, "is not a valid name for phala", "letters, digits and _ only");
    if (seen.has(name)) throw unusable(name, "is given twice", `give ${name} once`);
    seen.add(name);
  }
  return environment.map(({ name, value }) => `${name}=${written(name, value)}\n`).join("");
}

/** phala collects the variables in a plain object, in which `__proto__` is not an own key. */
function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== "__proto__";
}

function written(name: string, value: string): string {
  const form = FORMS.find((candidate) => candidate.carries(value));
  if (form && !/[\r\n\0]/.test(value)) return form.write(value);
  throw unusable(
    name,
    `has a value that phala's environment files can't carry: ${obstacle(value)}`,
    `give ${name} a value without it`,
  );
}

type Form = {
  readonly carries: (value: string) => boolean;
  readonly write: (value: string) => string;
};

const within = (quote: string): Form => ({
  carries: (value) => !value.includes(quote) && !value.endsWith("\\"),
  write: (value) => `${quote}${value}${quote}`,
});

/** In order of preference. */
const FORMS: readonly Form[] = [
  within("'"),
  within("`"),
  { ...within('"'), carries: (value) => within('"').carries(value) && !/\\[nr]/.test(value) },
  {
    carries: (value) => value !== "" && value.trim() === value && !/^['"`]|#/.test(value),
    write: (value) => value,
  },
];

function obstacle(value: string): string {
  if (/[\r\n\0]/.test(value)) return "a line break or a NUL byte";
  if (value.endsWith("\\")) return "a backslash at its end together with a #, a quote or a blank";
  return "all three kinds of quotes at once";
}

function unusable(name: string, what: string, hint: string): ClusterError {
  return new ClusterError("input", "value-not-representable", {
    message: `the environment variable ${name} ${what}`,
    hint,
  });
}
