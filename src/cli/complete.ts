/**
 * `tee-cluster complete -- WORDS` prints candidates for the last word: `value<TAB>description` per line, then `:files`,
 * `:folders` or `:none`. It runs on TAB, so it needs no key, does not block and reports no errors.
 */
import type { Command, Option } from "commander";
import type { AnyCommand } from "../commands/shared/command.ts";
import type { ValueSource } from "../core/value-source.ts";
import { INPUTS } from "../inputs/table.ts";
import { COMMANDS } from "./commands.ts";
import { candidatesFor, type Candidate, type Context } from "./complete-values.ts";
import { createProgram, nameOf } from "./program.ts";

type Offer = readonly string[] | ValueSource | undefined;

export async function complete(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const line = parseLine(words.map(unquote));
  const offer = await offerFor(line, env).catch(() => NOTHING);
  const lines = offer.candidates
    .filter(({ value }) => value.startsWith(offer.prefix))
    .map(({ value, description }) => `${value}\t${description}`);
  return [...lines, `:${offer.rest}`, ""].join("\n");
}

type Offered = {
  readonly candidates: readonly Candidate[];
  /** The part that is typed already. */
  readonly prefix: string;
  readonly rest: "files" | "folders" | "none";
};

const NOTHING: Offered = { candidates: [], prefix: "", rest: "none" };

/** bash passes words with their quotes; PowerShell passes an empty word as quotes. */
function unquote(word: string): string {
  const [quote = ""] = word;
  if (quote !== '"' && quote !== "'") return word;
  return word.length > 1 && word.endsWith(quote) ? word.slice(1, -1) : word.slice(1);
}

type Line = {
  readonly command: Command;
  /** The option whose value the last word is. */
  readonly option: Option | undefined;
  /** The last word, or the part after `--flag=`. */
  readonly current: string;
  /** Number of arguments before it. */
  readonly arguments: number;
  /** Values of the options before it, by attribute names. */
  readonly given: ReadonlyMap<string, string>;
};

/** Pure. */
function parseLine(words: readonly string[]): Line {
  const line = withJoinedFlags(words);
  const state = {
    command: createProgram("", async () => undefined),
    option: undefined as Option | undefined,
    arguments: 0,
    given: new Map<string, string>(),
  };
  for (const word of line.slice(0, -1)) {
    const { command, option, given } = state;
    state.option = undefined;
    if (option) given.set(option.attributeName(), word);
    else if (word.startsWith("-")) state.option = readOption(command, word, given);
    else {
      const child = state.arguments === 0 ? childOf(command, word) : undefined;
      state.command = child ?? command;
      if (!child) state.arguments += 1;
    }
  }
  const last = line.at(-1) ?? "";
  const [flag = "", value] = splitFlag(last);
  const own = value === undefined ? undefined : findOption(state.command, flag);
  return { ...state, option: state.option ?? own, current: own ? (value ?? "") : last };
}

/** bash splits `--flag=value` at the `=`. */
function withJoinedFlags(words: readonly string[]): readonly string[] {
  return words.reduce<readonly string[]>((line, word, at) => {
    const isPart = at > 0 && (word === "=" || words[at - 1] === "=");
    return isPart ? [...line.slice(0, -1), `${line.at(-1)}${word}`] : [...line, word];
  }, []);
}

/** @returns the option whose value the next word is. */
function readOption(
  command: Command,
  word: string,
  given: Map<string, string>,
): Option | undefined {
  const [flag = "", value] = splitFlag(word);
  const option = findOption(command, flag);
  if (option) given.set(option.attributeName(), value ?? "");
  return option?.required && value === undefined ? option : undefined;
}

const splitFlag = (word: string): readonly string[] => {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
};

const childOf = (command: Command, word: string): Command | undefined =>
  command.commands.find((child) => child.name() === word);

const findOption = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => flag === long || flag === short);

async function offerFor(line: Line, env: NodeJS.ProcessEnv): Promise<Offered> {
  const { command, option, current } = line;
  const context: Context = { env, given: line.given };
  if (option) return offerOf(option.argChoices ?? completesOf(option, command), current, context);
  if (current.startsWith("-")) return { ...NOTHING, candidates: optionsOf(line), prefix: current };
  if (command.commands.length > 0)
    return { ...NOTHING, candidates: commandsOf(command), prefix: current };
  return line.arguments === 0
    ? offerOf(definitionOf(command)?.argument?.completes, current, context)
    : NOTHING;
}

async function offerOf(offer: Offer, prefix: string, context: Context): Promise<Offered> {
  if (offer === "files" || offer === "folders") return { ...NOTHING, prefix, rest: offer };
  if (offer === undefined) return { ...NOTHING, prefix };
  const candidates =
    typeof offer === "string"
      ? await candidatesFor(offer, context)
      : offer.map((value) => ({ value, description: "" }));
  return { candidates, prefix, rest: "none" };
}

const definitionOf = (command: Command): AnyCommand | undefined =>
  COMMANDS.find(({ name }) => name === nameOf(command));

function completesOf(option: Option, command: Command): Offer {
  const name = option.attributeName();
  if (name === "config") return "files";
  const flag = definitionOf(command)?.flags[name];
  return flag ? flag.completes : INPUTS.find(({ key }) => key === name)?.completes;
}

/** Options that can still be given. */
function optionsOf({ command, given }: Line): readonly Candidate[] {
  const options = command.options.filter(
    (option) => option.parseArg !== undefined || !given.has(option.attributeName()),
  );
  return [
    ...options.map(({ long, short, description }) => ({
      value: long ?? short ?? "",
      description: description.replaceAll("\n", " "),
    })),
    { value: "--help", description: "help for this command" },
  ];
}

const commandsOf = (command: Command): readonly Candidate[] =>
  command.commands.map((child) => ({ value: child.name(), description: child.description() }));
