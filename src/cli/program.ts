/** The command tree, built from the list of commands. */
import { Command } from "commander";
import type { CommandDefinition, Options } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";

export type RunCommand = (command: CommandDefinition, options: Options) => Promise<void>;

/** What a group of commands is for, where a command's name has two words. */
const GROUPS: Readonly<Record<string, string>> = {};

export function createProgram(version: string, run: RunCommand): Command {
  const program = new Command("tee-cluster")
    .description("Brings up and keeps up a cluster of confidential VMs (Intel TDX) on Phala Cloud")
    .version(version, "-V, --version")
    .helpCommand("help [command]", "help for a command");
  for (const definition of COMMANDS) {
    const command = commandAt(program, definition.name).description(definition.summary);
    definition.options(command);
    command.action((options: Options) => run(definition, options));
  }
  for (const command of allCommands(program)) command.allowExcessArguments(false);
  return program;
}

/** The program and everything below it. */
export function allCommands(program: Command): readonly Command[] {
  return [program, ...program.commands.flatMap((command) => allCommands(command))];
}

/** The command of a name like `config migrate`, and the groups above it; made where they are not there yet. */
function commandAt(program: Command, name: string): Command {
  return name.split(" ").reduce((parent, word) => {
    const known = parent.commands.find((command) => command.name() === word);
    return known ?? parent.command(word).description(GROUPS[word] ?? "");
  }, program);
}
