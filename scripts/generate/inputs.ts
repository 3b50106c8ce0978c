/** The tables of docs/inputs.md, from the input table and the definitions of the commands. */
import { Command, type Option } from "commander";
import { COMMANDS } from "../../src/cli/commands.ts";
import { addDefinition } from "../../src/cli/options.ts";
import type { AnyCommand } from "../../src/commands/shared/command.ts";
import { INPUTS, type InputDefinition } from "../../src/inputs/table.ts";
import { markdownTable } from "./blocks.ts";

const DEFAULT = / \(default: (.*)\)$/;

export function inputsTable(): string {
  return markdownTable(["flag and key", "variable", "default", "", "taken by"], INPUTS.map(rowOf));
}

function rowOf(input: InputDefinition): readonly string[] {
  const { flag, placeholder, variables, description, remark, repeatable } = input;
  const key = flag === undefined ? "–" : `\`${flag}\` ${placeholder ? `\\<${placeholder}\\>` : ""}`;
  const text = description.replace(DEFAULT, "");
  return [
    key.trim(),
    variables.map((name) => `\`${name}\``).join(", else ") || "–",
    defaultOf(input),
    remark === undefined ? text : `${text}; ${remark}`,
    takenBy(({ inputs }) => inputs.includes(input.key)),
  ].map((cell) => (repeatable && cell === "" ? "none" : cell));
}

function defaultOf({ description, secret, required, requiredWith, ...input }: InputDefinition) {
  const inWords = DEFAULT.exec(description)?.[1];
  if (input.default !== undefined) return `\`${input.default}\``;
  if (inWords !== undefined) return inWords;
  if (required) return secret ? "required, secret" : "required";
  return requiredWith === undefined ? "" : `required with \`${requiredWith}\``;
}

/** Every flag that is no input, with the commands that have it. */
export function switchesTable(): string {
  const inputs = new Set(INPUTS.map(({ flag }) => `--${flag}`));
  const options = new Map<string, Option>();
  for (const definition of COMMANDS)
    for (const option of optionsOf(definition))
      if (!inputs.has(option.long ?? ""))
        options.set(`${option.flags}\n${option.description}`, option);
  const rows = [...options.entries()].map(([key, { flags, description }]) => [
    `\`${flags}\``,
    description,
    takenBy((definition) =>
      optionsOf(definition).some((one) => `${one.flags}\n${one.description}` === key),
    ),
  ]);
  return markdownTable(["flag", "", "of"], rows);
}

function optionsOf(definition: AnyCommand): readonly Option[] {
  const command = new Command(definition.name);
  addDefinition(command, definition);
  return command.options;
}

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

function takenBy(takes: (definition: AnyCommand) => boolean): string {
  const names = COMMANDS.filter((definition) => takes(definition)).map(({ name }) => name);
  if (names.length === COMMANDS.length) return "all";
  const without = COMMANDS.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  return names.length > 2 * without.length ? `all but ${list(without)}` : list(names);
}
