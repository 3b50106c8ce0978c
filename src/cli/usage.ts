/** Usage errors in our own words: which word is wrong, and which was probably meant. */
import type { Code } from "../errors/catalogue.ts";
import type { Command, CommanderError } from "commander";
import {
  command as commandHint,
  hint,
  type CommandHint,
  type Hint,
  type Words,
} from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { INPUTS } from "../inputs/table.ts";
import { closest } from "../lib/closest.ts";
import { allCommands, declareAllOptions, nameOf } from "./program.ts";

/** An error of commander as a failure with a hint. */
export function usageError(error: CommanderError, command: Command): ClusterError {
  declareAllOptions(rootOf(command));
  switch (error.code) {
    case "commander.unknownOption":
      return unknownOption(quotedIn(error.message), command);
    case "commander.unknownCommand":
      return unknownCommand(quotedIn(error.message), command);
    case "commander.excessArguments":
      return excessArgument(command);
    case "commander.optionMissingArgument":
      return missingValue(quotedIn(error.message));
    default:
      return usage("usage", error.message.replace(/^error: /, ""), seeHelp(command));
  }
}

/** The value after `=` is left out: it may be a secret. */
function unknownOption(word: string, command: Command): ClusterError {
  const flag = word.split("=")[0] ?? "";
  if (optionsOf(command).includes(flag))
    return usage("option-with-value", `${flag} takes no value`, `write ${flag} alone`);
  const where = command.parent ? `${nameOf(command)} has` : "there is";
  return usage(
    "unknown-option",
    `${where} no option ${JSON.stringify(flag)}`,
    hintFor(flag, command),
  );
}

function hintFor(flag: string, command: Command): Words {
  const asVariable = flag.replace(/^-+/, "").replaceAll("-", "_").toUpperCase();
  const secret = INPUTS.find((input) => input.secret && input.variables.includes(asVariable));
  if (secret)
    return `a secret never goes on a command line: put it into the environment as ${secret.variables[0]}`;
  const isGroup = command.commands.length > 0;
  const others = allCommands(isGroup ? command : rootOf(command));
  const owner = others.find((other) => other !== command && optionsOf(other).includes(flag));
  if (owner && isGroup) return hint`options come after the command: ${typed(owner, flag)}`;
  if (owner) return hint`it is an option of: ${typed(owner)}`;
  const meant = closest(flag, optionsOf(command));
  return meant === undefined ? seeHelp(command) : `did you mean ${meant}?`;
}

/** Commands of other tools. */
const ALIASES: Readonly<Record<string, string>> = {
  rotate: "rotate-hash",
  approve: "rotate-hash",
  update: "rotate-hash",
  rollback: "rotate-hash",
  create: "init",
  setup: "init",
  up: "init",
  deploy: "init",
  check: "doctor",
  ls: "list",
  ps: "list",
  clusters: "list",
  log: "logs",
  delete: "destroy",
  remove: "destroy",
  rm: "destroy",
  down: "destroy",
  attest: "verify",
  audit: "history",
};

function unknownCommand(word: string, parent: Command): ClusterError {
  const { commands } = parent;
  const names = commands.map((command) => command.name());
  const alias = ALIASES[word.toLowerCase()];
  const meant = alias !== undefined && names.includes(alias) ? alias : closest(word, names);
  const found =
    commands.find((command) => command.name() === meant) ??
    allCommands(parent).find((command) => command.name() === word);
  const choice = commands.map((command) => command.name()).join(", ");
  const advice = found ? hint`did you mean: ${typed(found)}` : `use one of ${choice}`;
  const where = parent.parent ? `${nameOf(parent)} has` : "there is";
  return usage("unknown-command", `${where} no command ${shown(word)}`, advice);
}

function excessArgument(command: Command): ClusterError {
  const taken = command.registeredArguments.length;
  const extra = shown(command.args[taken] ?? "");
  const name = nameOf(command);
  if (taken === 0) {
    const message = `${name} takes no argument, but was given ${extra}`;
    return usage(
      "excess-argument",
      message,
      hint`give every input as an option; ${seeHelp(command)}`,
    );
  }
  const most = taken === 1 ? "one argument" : `${taken} arguments`;
  return usage(
    "excess-argument",
    `${name} takes ${most}, but was also given ${extra}`,
    seeHelp(command),
  );
}

function missingValue(flags: string): ClusterError {
  return usage(
    "option-without-value",
    `${flags.split(" ")[0]} needs a value`,
    `write it as ${flags}`,
  );
}

/** An unexpected word may be a key: only harmless ones are repeated. */
function shown(word: string): string {
  return /^(?!phak_)[\w.-]{1,39}$/.test(word)
    ? JSON.stringify(word)
    : `one of ${word.length} characters`;
}

function optionsOf(command: Command): string[] {
  return command.options.flatMap((option) => option.long ?? []).concat("--help");
}

/** The program itself is a command without a name. */
function typed(command: Command, ...args: readonly string[]): CommandHint {
  return commandHint(command.parent ? nameOf(command) : "", ...args);
}

function seeHelp(command: Command): Hint {
  return hint`see: ${typed(command, "--help")}`;
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

function quotedIn(message: string): string {
  return /'(.*)'/s.exec(message)?.[1] ?? "";
}

type UsageCode = Extract<
  Code,
  `unknown-${string}` | `option-${string}` | "excess-argument" | "usage"
>;

function usage(code: UsageCode, message: string, advice: Words): ClusterError {
  return new ClusterError("input", code, { message, hint: advice });
}
