/** Switches and options of commands: the handler's types are inferred from the declarations. */
import { expandHome } from "../../lib/home.ts";
import type { ValueSource } from "../../core/value-source.ts";

type FlagText = {
  /** For the help text. */
  readonly text: string;
  /** One letter: `-w`. */
  readonly short?: string;
  /** Follows the flag in the help text; absent for a switch. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  readonly repeatable?: boolean;
  /** Flags that can't be combined with this one. */
  readonly conflicts?: readonly string[];
  /** The environment variable that also sets it. */
  readonly variable?: string;
  /** Shell completion where there are no choices. */
  readonly completes?: ValueSource;
  /** Only in `--help-all`. */
  readonly rare?: boolean;
};

/** `read` converts the command line's value (undefined: not given) to the handler's. */
export type Flag<T> = FlagText & { read(given: unknown): T };

/** By name in camel case: `forceUpdate` is `--force-update`. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<F extends Flags> = { readonly [K in keyof F]: ReturnType<F[K]["read"]> };

type More = Partial<FlagText>;

/** Off unless it is given. */
export function toggle(text: string, more: More = {}): Flag<boolean> {
  return { text, ...more, read: (given) => given === true };
}

/** With a value, given once. */
export function option(
  placeholder: string,
  text: string,
  more: More = {},
): Flag<string | undefined> {
  return {
    text,
    placeholder,
    ...more,
    read: (given) => (typeof given === "string" ? pathOr(given, more) : undefined),
  };
}

const PATHS: ReadonlySet<unknown> = new Set(["files", "folders"]);

/** Expands `~/` in a path. */
export const pathOr = (text: string, { completes }: { readonly completes?: unknown }): string =>
  PATHS.has(completes) ? expandHome(text) : text;

/** With a value, given any number of times. */
export function list(placeholder: string, text: string, more: More = {}): Flag<readonly string[]> {
  return { text, placeholder, repeatable: true, ...more, read: textsIn };
}

const textsIn = (given: unknown): readonly string[] =>
  Array.isArray(given) ? given.map(String) : [];

/** One of a few words; the first one unless another is given. */
export function choice<const C extends readonly [string, ...string[]]>(
  choices: C,
  text: string,
  more: More = {},
): Flag<C[number]> {
  const [standard] = choices;
  const read = (given: unknown): C[number] => choices.find((word) => word === given) ?? standard;
  return { text, placeholder: "how", choices, default: standard, ...more, read };
}

/** The values of these flags on the command line. */
export function readFlags<F extends Flags>(
  flags: F,
  given: Readonly<Record<string, unknown>>,
): FlagValues<F> {
  const values = Object.entries(flags).map(([name, flag]) => [name, flag.read(given[name])]);
  return Object.fromEntries(values) as FlagValues<F>;
}

/** `forceUpdate` as it is typed: `force-update`. */
export const kebabCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
