/** The command tree, built from the list of commands. */
import { isDocument } from "../output/formats.ts";
import { Command, Help, Option } from "commander";
import type { AnyCommand } from "../commands/shared/command.ts";
import { COMMANDS } from "./commands.ts";
import { findPage, pathOf, topics } from "../lib/docs-pages.ts";
import { HELP_ALL } from "./help.ts";
import { addDefinition } from "./options.ts";

/** Options and arguments as commander parsed them, by their names. */
export type Options = Readonly<Record<string, unknown>>;

export type RunCommand = (command: AnyCommand, options: Options) => Promise<void>;

/** What a group of commands is for, where a command's name has two words. */
const GROUPS: Readonly<Record<string, readonly [text: string, page: string]>> = {
  config: ["inputs and their origin, tee-cluster.yml, orchestrator.yml", "config.md"],
  trust: ["what is trusted of hardware and platform", "attestation.md"],
};

const FIRST_STEPS = `
First, without an account:  tee-cluster init --sandbox
Each command's options:     tee-cluster COMMAND --help
Documentation:              tee-cluster help topics`;

/** What is left to declare of each command. */
const pending = new WeakMap<Command, AnyCommand>();

/** The command that a command line names with its first words. */
export function commandNamedBy(words: readonly string[]): AnyCommand | undefined {
  return COMMANDS.find(({ name }) => {
    const named = name.split(" ");
    return named.every((word, index) => words[index] === word);
  });
}

/**
 * @param argv only the commands among its words get their options, which is most of the work; absent: all of them.
 * @param commands which there are: all of them, but for a command line that is known to be about one.
 */
export function createProgram(
  version: string,
  run: RunCommand,
  argv?: readonly string[],
  commands: readonly AnyCommand[] = COMMANDS,
): Command {
  const program = new Command("tee-cluster")
    .description("Creates and maintains a cluster of confidential VMs (Intel TDX) on Phala Cloud")
    .version(version, "-V, --version")
    .configureHelp({ subcommandTerm })
    .addHelpText("after", FIRST_STEPS);
  for (const definition of commands) {
    const command = commandAt(program, definition.name);
    command.description(definition.summary);
    pending.set(command, definition);
    if (argv?.includes(command.name()) ?? true) declareOptions(command);
    command.action(() => run(definition, given(command)));
  }
  for (const command of allCommands(program)) {
    command.allowExcessArguments(false);
    if (command.commands.length === 0 || commands !== COMMANDS) continue;
    addHelpCommand(command);
    if (command.parent)
      command.addHelpText(
        "after",
        () => `\nDocumentation: ${pathOf(GROUPS[command.name()]?.[1] ?? "")}`,
      );
  }
  return program;
}

/** As commander's own; a command whose options are not declared has some all the same. */
function subcommandTerm(command: Command): string {
  const definition = pending.get(command);
  if (definition === undefined) return new Help().subcommandTerm(command);
  const { argument } = definition;
  const term = argument && (argument.optional ? `[${argument.name}]` : `<${argument.name}>`);
  return [command.name(), "[options]", ...(term ? [term] : [])].join(" ");
}

/** Declares what a command takes, unless that is done. */
function declareOptions(command: Command): void {
  const definition = pending.get(command);
  pending.delete(command);
  if (definition) addDefinition(command, definition);
}

/** For whoever looks through all options: a hint names the command that has one. */
export function declareAllOptions(program: Command): void {
  for (const command of allCommands(program)) declareOptions(command);
}

/** The program and everything below it. */
export function allCommands(program: Command): readonly Command[] {
  return [program, ...program.commands.flatMap((command) => allCommands(command))];
}

/** `config migrate`; the program's own name for the program itself. */
export function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

/** The command of a name like `config migrate`, and the groups above it; made where they are not there yet. */
function commandAt(program: Command, name: string): Command {
  return name.split(" ").reduce((parent, word) => {
    return childOf(parent, word) ?? parent.command(word).description(GROUPS[word]?.[0] ?? "");
  }, program);
}

function childOf(parent: Command, word: string): Command | undefined {
  return parent.commands.find((command) => command.name() === word);
}

/** Options by their names, and the argument. */
function given(command: Command): Options {
  const options = command.opts();
  // To everything but the reporter another format is what JSON is: one document on stdout, and nobody is asked.
  const json = options["json"] === true || isDocument(options["format"]);
  return { ...options, json, argument: command.processedArgs[0] };
}

/** In place of commander's own, which knows one word only: `help config migrate`. */
function addHelpCommand(parent: Command): void {
  parent
    .command("help [command...]")
    .description("help for a command, or a topic: help topics")
    .addOption(new Option(HELP_ALL).hideHelp())
    .action((words: readonly string[], { helpAll }: { readonly helpAll?: true }) => {
      const page = childOf(parent, words[0] ?? "") ? undefined : pageFor(words);
      if (page !== undefined) return print(parent, page);
      const found = words.reduce(
        (at, word) => childOf(at, word) ?? failUnknownWord(at, word),
        parent,
      );
      declareOptions(found);
      // Prints it and throws, but for a group, which has one help only.
      if (helpAll) found.parseOptions([HELP_ALL]);
      found.outputHelp();
    });
}

/** The list of pages, or one of them; a command's name comes first. */
function pageFor(words: readonly string[]): string | undefined {
  const [topic = "", ...more] = words;
  if (more.length > 0) return undefined;
  return topic === "topics" ? topics() : findPage(topic);
}

const print = (command: Command, text: string): void => command.configureOutput().writeOut?.(text);

/** As commander itself refuses a word that is no command. */
function failUnknownWord(parent: Command, word: string): never {
  return parent.error(`error: unknown command '${word}'`, { code: "commander.unknownCommand" });
}
