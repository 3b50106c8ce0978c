/** Commander options from the one list of inputs. Loaded for `--help` too, so it imports nothing heavy. */
import { Option, type Command } from "commander";
import {
  inputDefinition,
  inputsOf,
  type InputDefinition,
  type InputGroup,
  type InputKey,
} from "../../inputs/definitions.ts";

/** `defaults`: what this command says of a default in place of the list's. */
export function addInputOptions(
  command: Command,
  groups: readonly InputGroup[],
  defaults: Partial<Record<InputKey, string>> = {},
): Command {
  for (const input of inputsOf(groups)) {
    const option = optionOf({ ...input, default: defaults[input.key] ?? input.default });
    if (option) command.addOption(option);
  }
  return command;
}

function optionOf(input: Described): Option | undefined {
  if (input.flag === undefined) return undefined;
  const option = new Option(`--${input.flag} <${input.placeholder}>`, describe(input));
  if (input.repeatable)
    option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  // The attribute is the input's key, so that the values can be picked without another table.
  option.attributeName = () => input.key;
  return option;
}

/** An input that stands alone, in the place of its flag. */
export function addInputArgument(
  command: Command,
  key: InputKey,
  name: string,
  description: string,
): Command {
  return command.argument(name, describe({ ...inputDefinition(key), description }));
}

type Described = Omit<InputDefinition, "default"> & { readonly default?: string | undefined };

/** Defaults and variables are told, not set: a default given to commander would look like a flag. */
function describe(input: Described): string {
  const notes = [
    ...(input.variables[0] === undefined ? [] : [`env ${input.variables[0]}`]),
    ...(input.default === undefined ? [] : [`default ${input.default}`]),
  ];
  return notes.length === 0 ? input.description : `${input.description} [${notes.join(", ")}]`;
}

/** Where inputs and record come from. */
export function addSourceOptions(command: Command): Command {
  return addConfigOption(command).option(
    "--sandbox",
    "use the local stand-in for Phala Cloud [env TEE_CLUSTER_SANDBOX]",
  );
}

export function addConfigOption(command: Command): Command {
  return command.option(
    "--config <file>",
    "read inputs from this file [env TEE_CLUSTER_CONFIG, default tee-cluster.yml if there]",
  );
}

export function addCommonOptions(command: Command): Command {
  return addYesOption(addDryRunOption(addSourceOptions(command)));
}

/** For the commands that check something. */
export function addStrictOption(command: Command): Command {
  return command.option("--strict", "take warnings for errors");
}

/** Also where nothing is ever asked: a script says it to every command. */
export function addYesOption(command: Command): Command {
  return command.option("--yes", "ask nothing");
}

export function addDryRunOption(command: Command): Command {
  return command.option("--dry-run", "say what would be done, and change nothing");
}

export function addOutputOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON document on stdout")
    .option("--quiet", "print the answer only")
    .option("--verbose", "print requests and child processes too")
    .option("--no-color", "no colours [env NO_COLOR]");
}

/** Below the help of the commands that work on a cluster. */
export const CLUSTER_NOTE = `
Secrets never go on a command line: put them into the environment as
AWS_SECRET_ACCESS_KEY and PHALA_API_KEY, or let the wizard ask for them. To hide the values of
further variables: TEE_CLUSTER_SECRETS=NAME,NAME2.

Exit codes: 0 done, 1 a fault of ours, 2 wrong or missing inputs, 3 a prerequisite fails,
4 Phala refused or failed, 5 a wait ran out, 6 conflict, 7 a verification failed,
130 interrupted, 143 terminated.`;
