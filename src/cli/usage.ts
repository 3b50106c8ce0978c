/** A command line that makes no sense, in our own words: which word is wrong, and which was probably meant. */
import type { Command, CommanderError } from "commander";
import { ClusterError } from "../errors.ts";
import { INPUTS } from "../inputs/definitions.ts";
import { closest } from "../inputs/suggest.ts";

/** What commander found in the arguments of `command`, as a failure with a hint. */
export function usageError(error: CommanderError, command: Command): ClusterError {
  switch (error.code) {
    case "commander.unknownOption":
      return unknownOption(quotedIn(error.message), command);
    case "commander.unknownCommand":
      return unknownCommand(command.args[0] ?? "", command);
    case "commander.help":
      // Only `help WORD` with a word that is no command gets here.
      return unknownCommand(command.args[1] ?? "", command);
    case "commander.excessArguments":
      return excessArgument(command);
    case "commander.optionMissingArgument":
      return missingValue(quotedIn(error.message));
    default:
      return usage("usage", error.message.replace(/^error: /, ""), seeHelp(command));
  }
}

/** What stands behind a `=` is left out: a flag that does not exist may have been given a secret. */
function unknownOption(word: string, command: Command): ClusterError {
  const flag = word.split("=")[0] ?? "";
  if (optionsOf(command).includes(flag))
    return usage("option-with-value", `${flag} takes no value`, `write ${flag} alone`);
  const where = command.parent ? `${command.name()} has` : "there is";
  return usage("unknown-option", `${where} no option ${JSON.stringify(flag)}`, hintFor(flag, command));
}

function hintFor(flag: string, command: Command): string {
  const asVariable = flag.replace(/^-+/, "").replaceAll("-", "_").toUpperCase();
  const secret = INPUTS.find((input) => input.secret && input.variables.includes(asVariable));
  if (secret)
    return `a secret never goes on a command line: put it into the environment as ${secret.variables[0]}`;
  const others = (command.parent ?? command).commands;
  const owner = others.find((other) => optionsOf(other).includes(flag));
  if (owner && !command.parent)
    return `options stand behind the command: tee-cluster ${owner.name()} ${flag}`;
  if (owner) return `it is an option of: tee-cluster ${owner.name()}`;
  const meant = closest(flag, optionsOf(command));
  return meant === undefined ? seeHelp(command) : `did you mean ${meant}?`;
}

function unknownCommand(word: string, program: Command): ClusterError {
  const names = program.commands.map((command) => command.name());
  const meant = closest(word, names);
  const hint = meant === undefined ? `use one of ${names.join(", ")}` : `did you mean tee-cluster ${meant}?`;
  return usage("unknown-command", `there is no command ${shown(word)}`, hint);
}

function excessArgument(command: Command): ClusterError {
  const message = `${command.name()} takes no argument, but was given ${shown(command.args[0] ?? "")}`;
  return usage("excess-argument", message, `give every input as an option; ${seeHelp(command)}`);
}

function missingValue(flags: string): ClusterError {
  return usage("option-without-value", `${flags.split(" ")[0]} needs a value`, `write it as ${flags}`);
}

/** A word that nobody expected could be anything, a key too: only what looks harmless is repeated. */
function shown(word: string): string {
  return /^(?!phak_)[\w.-]{1,39}$/.test(word) ? JSON.stringify(word) : `one of ${word.length} characters`;
}

function optionsOf(command: Command): string[] {
  return command.options.flatMap((option) => option.long ?? []).concat("--help");
}

function seeHelp(command: Command): string {
  const path = command.parent ? `tee-cluster ${command.name()}` : "tee-cluster";
  return `see \`${path} --help\``;
}

function quotedIn(message: string): string {
  return /'(.*)'/s.exec(message)?.[1] ?? "";
}

function usage(code: string, message: string, hint: string): ClusterError {
  return new ClusterError({ kind: "input", code, message, hint });
}
