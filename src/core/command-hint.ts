/**
 * Hints: text with commands as values. Commands are rendered in one place, which has the invocation and its flags, so that
 * they can be pasted.
 */
import { mapLeaves } from "../lib/map-leaves.ts";
import { shellQuote } from "../lib/shell-quote.ts";

/** A command of this program: `{command: "rotate-hash", args: ["--keep", hash]}`. */
export type CommandHint = { readonly command: string; readonly args: readonly string[] };

/** A command of the phala CLI, with what leads it to the cloud and the account of this run. */
export type PhalaHint = { readonly phala: readonly string[] };

/** The command of this run, with its arguments and additional ones. */
export type SameCommand = { readonly again: readonly string[] };

/** A page of Phala's dashboard, on a separate line; omitted for other clouds, such as the sandbox. */
export type DashboardHint = { readonly dashboard: string };

type Part = string | CommandHint | PhalaHint | SameCommand | DashboardHint;

/** Text with commands in it. A class, so that it is recognized within results and events. */
export class Hint {
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }
}

/** A message: plain text, or text with commands that are rendered when shown. */
export type Words = string | Hint;

/** How the program was started, as far as pasteable commands must repeat it. */
export type Invocation = {
  /** `npx tee-cluster`, `tee-cluster`, `node bin/tee-cluster.js`; ready for a shell. */
  readonly program: string;
  /** How this shell starts phala with the key and the API of this run: `PHALA_CLOUD_API_KEY="$PHALA_API_KEY" phala`. */
  readonly phala?: () => string;
  /** Its arguments. */
  readonly argv: readonly string[];
  /** Flags that another command needs to address the same cluster; the value of a switch is undefined. */
  readonly context: readonly ContextFlag[];
  /** Whether the run uses the sandbox, by flag or variable. */
  readonly sandbox?: boolean;
  /** Whether it is Phala's own cloud, which has the dashboard; absent: yes. */
  readonly hasDashboard?: boolean;
  /** Whether a command has a flag (without its dashes). */
  readonly accepts: (command: string, flag: string) => boolean;
};

export type ContextFlag = { readonly flag: string; readonly value: string | undefined };

/** For `hint` templates: the command that was run. */
export const AGAIN: SameCommand = { again: [] };
export const againWith = (...args: readonly string[]): SameCommand => ({ again: args });
const DASHBOARD = "https://cloud.phala.com/dashboard";
/** Stands for the command in plain texts, and in hints without an invocation. */
const AGAIN_IN_WORDS = "run the same command again";

export const command = (name: string, ...args: readonly string[]): CommandHint => ({
  command: name,
  args,
});

export const phala = (...args: readonly string[]): PhalaHint => ({ phala: args });

export const onDashboard = (page: string): DashboardHint => ({ dashboard: page });

/** ``hint`nothing was approved; if it is yours: ${command("rotate-hash", "--keep", hash)}` `` */
export function hint(
  texts: TemplateStringsArray,
  ...given: readonly (Exclude<Part, string> | Words)[]
): Hint {
  const parts = texts.flatMap((text, at) => {
    const part = given[at];
    if (part === undefined) return [text];
    return part instanceof Hint ? [text, ...part.parts] : [text, part];
  });
  return new Hint(parts);
}

/** Parses the commands between backticks in a text of the docs. */
export function hintFromDocs(text: string): Hint {
  const parts = text.split(/`tee-cluster ([^`]+)`/).map((part, at): Part => {
    if (at % 2 === 0) return part;
    const [name = ""] = /^[a-z-]+(?: [a-z]+(?= |$))*/.exec(part) ?? [];
    const args = part.slice(name.length).trim();
    return { command: name, args: args === "" ? [] : args.split(" ") };
  });
  return new Hint(parts);
}

/** Joins several messages with a separator. */
export function joinWords(all: readonly Words[], separator: string): Words {
  const [first, ...rest] = all;
  return rest.reduce<Words>((before, words) => hint`${before}${separator}${words}`, first ?? "");
}

/** Without an invocation, commands are rendered as in the docs: `tee-cluster rotate-hash`. */
export function renderHint(value: Words | CommandHint, invocation?: Invocation): string {
  const parts = value instanceof Hint ? value.parts : [value];
  return parts.map((part) => renderPart(part, invocation)).join("");
}

/** The same type with strings in place of hints. */
export type Rendered<T> = T extends Hint
  ? string
  : T extends object
    ? { [K in keyof T]: Rendered<T[K]> }
    : T;

/** A copy of a result or an event with all hints rendered. */
export function renderHints<T>(value: T, invocation: Invocation | undefined): Rendered<T> {
  const render = (leaf: unknown): unknown =>
    leaf instanceof Hint ? renderHint(leaf, invocation) : leaf;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only hints change, and into text
  return mapLeaves(value, render) as Rendered<T>;
}

function renderPart(part: Part, invocation: Invocation | undefined): string {
  if (typeof part === "string") return part.replaceAll(AGAIN_IN_WORDS, runAgain([], invocation));
  if ("again" in part) return runAgain(part.again, invocation);
  if ("dashboard" in part)
    return invocation?.hasDashboard === false ? "" : `\n${DASHBOARD}/${part.dashboard}`;
  if ("phala" in part) return phalaInShell(part, invocation);
  const words = [...part.command.split(" ").filter(Boolean), ...part.args];
  if (!invocation) return ["tee-cluster", ...words.map((word) => shellQuote(word))].join(" ");
  return inShell(invocation, [...words, ...contextFor(part, invocation)]);
}

function runAgain(more: readonly string[], invocation: Invocation | undefined): string {
  if (invocation) return `run again: ${inShell(invocation, [...invocation.argv, ...more])}`;
  return [AGAIN_IN_WORDS, ...(more.length > 0 ? ["with", ...more] : [])].join(" ");
}

/** `sandbox start` prints the variables that point phala at it, also if it is already running. */
function phalaInShell({ phala: args }: PhalaHint, invocation: Invocation | undefined): string {
  const line = [invocation?.phala?.() ?? "phala", ...args.map((word) => shellQuote(word))].join(
    " ",
  );
  if (!invocation?.sandbox) return line;
  const start = inShell(invocation, [
    "sandbox",
    "start",
    ...contextFor(command("sandbox", "start"), invocation),
  ]);
  return `eval "$(${start})" && ${line}`;
}

function inShell({ program }: Invocation, words: readonly string[]): string {
  return [program, ...words.map((word) => shellQuote(word))].join(" ");
}

function contextFor(
  { command: name, args }: CommandHint,
  { context, accepts }: Invocation,
): string[] {
  if (args.some((word) => word.startsWith("--help"))) return [];
  return context.flatMap(({ flag, value }) => {
    if (!accepts(name, flag) || args.includes(`--${flag}`)) return [];
    return value === undefined ? [`--${flag}`] : [`--${flag}`, value];
  });
}
