/**
 * What to do about a failure, as a value: text with commands in it. A command becomes text in one place, where it is
 * known how the program was invoked and with which flags; so what a hint says can be pasted.
 */
import { shellQuote } from "../lib/shell-quote.ts";

/** A command of this program: `{command: "rotate-hash", args: ["--keep", hash]}`. */
export type CommandHint = { readonly command: string; readonly args: readonly string[] };

/** The command that was run, with all of its arguments. */
export type SameCommand = { readonly again: true };

export type Hint = readonly (string | CommandHint | SameCommand)[];

/** How the program was started, as far as a command that is to be pasted must repeat it. */
export type Invocation = {
  /** `npx tee-cluster`, `tee-cluster`, `node bin/tee-cluster.js`; ready for a shell. */
  readonly program: string;
  /** The words behind it. */
  readonly argv: readonly string[];
  /** Flags of this run that another command needs to mean the same cluster; values are undefined for switches. */
  readonly context: readonly ContextFlag[];
  /** Whether a command has a flag (without its dashes). */
  readonly accepts: (command: string, flag: string) => boolean;
};

export type ContextFlag = { readonly flag: string; readonly value: string | undefined };

/** For `hint` templates: the command that was run. */
export const AGAIN: SameCommand = { again: true };
/** What hints say where nobody knows how the program was invoked, and what stands for the command in plain texts. */
const AGAIN_IN_WORDS = "run the same command again";

export const command = (name: string, ...args: readonly string[]): CommandHint => ({
  command: name,
  args,
});

/** ``hint`nothing was approved; if it is yours: ${command("rotate-hash", "--keep", hash)}` `` */
export function hint(
  texts: TemplateStringsArray,
  ...parts: readonly (CommandHint | SameCommand | string)[]
): Hint {
  return texts.flatMap((text, at) => {
    const part = parts[at];
    return part === undefined ? [text] : [text, part];
  });
}

/** Text for people. Without an invocation commands stand as in the docs: `tee-cluster rotate-hash`. */
export function renderHint(value: string | Hint, invocation?: Invocation): string {
  const parts = typeof value === "string" ? [value] : value;
  return parts.map((part) => renderPart(part, invocation)).join("");
}

function renderPart(part: Hint[number], invocation: Invocation | undefined): string {
  const again = invocation ? `run again: ${inShell(invocation, invocation.argv)}` : AGAIN_IN_WORDS;
  if (typeof part === "string") return part.replaceAll(AGAIN_IN_WORDS, again);
  if ("again" in part) return again;
  const words = [...part.command.split(" "), ...part.args];
  if (!invocation) return ["tee-cluster", ...words.map((word) => shellQuote(word))].join(" ");
  return inShell(invocation, [...words, ...contextFor(part, invocation)]);
}

function inShell({ program }: Invocation, words: readonly string[]): string {
  return [program, ...words.map((word) => shellQuote(word))].join(" ");
}

function contextFor(
  { command: name, args }: CommandHint,
  { context, accepts }: Invocation,
): string[] {
  return context.flatMap(({ flag, value }) => {
    if (!accepts(name, flag) || args.includes(`--${flag}`)) return [];
    return value === undefined ? [`--${flag}`] : [`--${flag}`, value];
  });
}
