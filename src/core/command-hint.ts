/**
 * What to do about a failure, as a value: text with commands in it. A command becomes text in one place, where it is
 * known how the program was invoked and with which flags; so what a hint says can be pasted.
 */
import { mapLeaves } from "../lib/map-leaves.ts";
import { shellQuote } from "../lib/shell-quote.ts";

/** A command of this program: `{command: "rotate-hash", args: ["--keep", hash]}`. */
export type CommandHint = { readonly command: string; readonly args: readonly string[] };

/** A command of the phala CLI, with what leads it to the cloud and the account of this run. */
export type PhalaHint = { readonly phala: readonly string[] };

/** The command that was run, with all of its arguments and some more. */
export type SameCommand = { readonly again: readonly string[] };

/** A page of Phala's dashboard, on a line of its own; nothing where another cloud is meant, as in the sandbox. */
export type DashboardHint = { readonly dashboard: string };

type Part = string | CommandHint | PhalaHint | SameCommand | DashboardHint;

/** Text with commands in it. A class, so that it is found in a result or an event and rendered there. */
export class Hint {
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }
}

/** What people are told: plain text, or text with commands that know their context once they are shown. */
export type Words = string | Hint;

/** How the program was started, as far as a command that is to be pasted must repeat it. */
export type Invocation = {
  /** `npx tee-cluster`, `tee-cluster`, `node bin/tee-cluster.js`; ready for a shell. */
  readonly program: string;
  /** How this shell starts phala with the key and the API of this run: `PHALA_CLOUD_API_KEY="$PHALA_API_KEY" phala`. */
  readonly phala?: () => string;
  /** The words behind it. */
  readonly argv: readonly string[];
  /** Flags of this run that another command needs to mean the same cluster; values are undefined for switches. */
  readonly context: readonly ContextFlag[];
  /** Whether the run is against the sandbox, by flag or by variable. */
  readonly sandbox?: boolean;
  /** Whether it is Phala's own cloud, which its dashboard shows; absent: yes. */
  readonly hasDashboard?: boolean;
  /** Whether a command has a flag (without its dashes). */
  readonly accepts: (command: string, flag: string) => boolean;
};

export type ContextFlag = { readonly flag: string; readonly value: string | undefined };

/** For `hint` templates: the command that was run. */
export const AGAIN: SameCommand = { again: [] };
export const againWith = (...args: readonly string[]): SameCommand => ({ again: args });
const DASHBOARD = "https://cloud.phala.com/dashboard";
/** What hints say where nobody knows how the program was invoked, and what stands for the command in plain texts. */
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

/** Text of the docs, with the commands that it has between backticks. */
export function hintFromDocs(text: string): Hint {
  const parts = text.split(/`tee-cluster ([^`]+)`/).map((part, at): Part => {
    if (at % 2 === 0) return part;
    const [name = ""] = /^[a-z-]+(?: [a-z]+(?= |$))*/.exec(part) ?? [];
    const args = part.slice(name.length).trim();
    return { command: name, args: args === "" ? [] : args.split(" ") };
  });
  return new Hint(parts);
}

/** Several, with a text between them. */
export function joinWords(all: readonly Words[], separator: string): Words {
  const [first, ...rest] = all;
  return rest.reduce<Words>((before, words) => hint`${before}${separator}${words}`, first ?? "");
}

/** Text for people. Without an invocation commands stand as in the docs: `tee-cluster rotate-hash`. */
export function renderHint(value: Words | CommandHint, invocation?: Invocation): string {
  const parts = value instanceof Hint ? value.parts : [value];
  return parts.map((part) => renderPart(part, invocation)).join("");
}

/** The same with text in the place of hints. */
export type Rendered<T> = T extends Hint
  ? string
  : T extends object
    ? { [K in keyof T]: Rendered<T[K]> }
    : T;

/** A copy of a result or an event in which every hint is text. */
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

/** What `sandbox start` prints are the variables by which phala finds it; one that runs already is kept. */
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
