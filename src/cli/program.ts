/** Builds the command tree. */
import { isDocument } from "../output/formats.ts";
import { Command, Help, Option } from "commander";
import type { AnyCommand } from "../commands/shared/command.ts";
import { COMMANDS } from "./commands.ts";
import { findPage, pathOf, topics } from "./docs-pages.ts";
import { HELP_ALL } from "./help.ts";
import { addDefinition } from "./options.ts";

/** Options and arguments as commander parsed them, by their names. */
export type Options = Readonly<Record<string, unknown>>;

export type RunCommand = (command: AnyCommand, options: Options) => Promise<void>;

/** Descriptions of command groups, the first words of names such as `config show`. */
const GROUPS: Readonly<Record<string, readonly [text: string, page: string]>> = {
  config: ["inputs and their origin, tee-cluster.yml, orchestrator.yml", "config.md"],
  trust: ["what is trusted of hardware and platform", "attestation.md"],
};

const FIRST_STEPS = `
First, without an account:  tee-cluster init --sandbox
Each command's options:     tee-cluster COMMAND --help
Documentation:              tee-cluster help topics`;

/** Commands whose options are not declared yet. */
const pending = new WeakMap<Command, AnyCommand>();

/** The command that the first words of a command line name. */
export function commandNamedBy(words: readonly string[]): AnyCommand | undefined {
  return COMMANDS.find(({ name }) => {
    const named = name.split(" ");
    return named.every((word, index) => words[index] === word);
  });
}

/**
 * @param argv only commands that it names get their options, which is most of the work; absent: all do
 * @param commands all of them, or the one that the command line names
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
    command.action(() => run(definition, parsedOptions(command)));
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

/** Like commander's, also for commands whose options are not declared yet. */
function subcommandTerm(command: Command): string {
  const definition = pending.get(command);
  if (definition === undefined) return new Help().subcommandTerm(command);
  const { argument } = definition;
  const term = argument && (argument.optional ? `[${argument.name}]` : `<${argument.name}>`);
  return [command.name(), "[options]", ...(term ? [term] : [])].join(" ");
}

/** Declares the options of a command once. */
function declareOptions(command: Command): void {
  const definition = pending.get(command);
  pending.delete(command);
  if (definition) addDefinition(command, definition);
}

/** For hints that name the command of an option. */
export function declareAllOptions(program: Command): void {
  for (const command of allCommands(program)) declareOptions(command);
}

/** The program and all of its commands. */
export function allCommands(program: Command): readonly Command[] {
  return [program, ...program.commands.flatMap((command) => allCommands(command))];
}

/** `config migrate`; `tee-cluster` for the program itself. */
export function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

/** Finds or creates the command of a name like `config migrate`, with its group. */
function commandAt(program: Command, name: string): Command {
  return name.split(" ").reduce((parent, word) => {
    return childOf(parent, word) ?? parent.command(word).description(GROUPS[word]?.[0] ?? "");
  }, program);
}

function childOf(parent: Command, word: string): Command | undefined {
  return parent.commands.find((command) => command.name() === word);
}

/** Parsed options by name, and the argument. */
function parsedOptions(command: Command): Options {
  const options = command.opts();
  // Other document formats behave like JSON: one document on stdout, and no prompts.
  const json = options["json"] === true || isDocument(options["format"]);
  return { ...options, json, argument: command.processedArgs[0] };
}

/** Replaces commander's, which takes one word only: `help config migrate`. */
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
      // Prints and throws, except for a group, which has no `--help-all`.
      if (helpAll) found.parseOptions([HELP_ALL]);
      found.outputHelp();
    });
}

/** The list of topics, or a page. */
function pageFor(words: readonly string[]): string | undefined {
  const [topic = "", ...more] = words;
  if (more.length > 0) return undefined;
  return topic === "topics" ? topics() : findPage(topic);
}

const print = (command: Command, text: string): void => command.configureOutput().writeOut?.(text);

/** Fails like commander's own check of commands. */
function failUnknownWord(parent: Command, word: string): never {
  return parent.error(`error: unknown command '${word}'`, { code: "commander.unknownCommand" });
}
