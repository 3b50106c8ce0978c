/** man/tee-cluster.1, from the commands' definitions. Macros of man(7) that groff, mandoc and macOS all have. */
import { Command, type Option } from "commander";
import { COMMANDS } from "../../src/cli/commands.ts";
import { addDefinition } from "../../src/cli/options.ts";
import type { AnyCommand } from "../../src/commands/shared/command.ts";
import { INPUTS, nameOfInput } from "../../src/inputs/table.ts";

const EXIT_STATUS: readonly (readonly [string, string])[] = [
  ["0", "done, or nothing to do"],
  ["1", "internal error"],
  ["2", "the inputs are wrong or missing; nothing was touched"],
  ["3", "a prerequisite fails; nothing was touched"],
  ["4", "Phala refused or failed"],
  ["5", "timed out"],
  ["6", "a conflict: it exists already, or another run is in progress"],
  ["7", "a verification failed"],
  ["130, 143", "interrupted or cancelled; terminated; after cleaning up"],
];

const FILES: readonly (readonly [string, string])[] = [
  ["tee-cluster.yml", "inputs, by the names of the flags; never a secret"],
  ["tee-cluster.trust.json", "what is trusted of hardware and platform"],
  ["orchestrator.yml", "the orchestrator's configuration, written by init"],
  [
    "$XDG_STATE_HOME/tee-cluster",
    "what was done, and by whom; ~/.local/state/tee-cluster without it",
  ],
];

export function manPage(): string {
  const shared = sharedOptions();
  const lines = [
    `.\\" Generated from the commands' definitions: npm run generate`,
    ".TH TEE-CLUSTER 1",
    ".nh",
    ".ad l",
    ".SH NAME",
    "tee\\-cluster \\- create and maintain a cluster of Intel TDX confidential VMs on Phala Cloud",
    ".SH SYNOPSIS",
    ".B tee\\-cluster",
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    "A cluster is a registry, which holds the models' keys and runs models, and runners, which get keys from it once",
    "their compose hash is approved. A newcomer begins with",
    '.BR "tee\\-cluster init \\-\\-sandbox" ,',
    "which needs no account.",
    ".SH COMMANDS",
    ...COMMANDS.flatMap((definition) => commandLines(definition, shared)),
    ".SH OPTIONS",
    "Those that several commands have;",
    ".B tee\\-cluster COMMAND \\-\\-help",
    "lists the ones of one command.",
    ...[...shared.values()].flatMap((option) => optionLines(option)),
    ".SH ENVIRONMENT",
    "Secrets are taken from the environment only.",
    ...INPUTS.filter(({ variables }) => variables.length > 0).flatMap((input) => [
      ".TP",
      `.B ${input.variables.map(text).join(", ")}`,
      text(
        input.flag === undefined
          ? input.description
          : `as ${nameOfInput({ ...input, variables: [] })}`,
      ),
    ]),
    ".SH EXIT STATUS",
    ...EXIT_STATUS.flatMap(definitionLines),
    ".SH FILES",
    ...FILES.flatMap(definitionLines),
    ".SH SEE ALSO",
    "The pages in the package's docs folder;",
    ".B tee\\-cluster explain",
    "for the code of a failure or warning;",
    ".BR phala (1).",
  ];
  return `${lines.join("\n")}\n`;
}

const definitionLines = ([term, meaning]: readonly [string, string]): string[] => [
  ".TP",
  `.B ${text(term)}`,
  text(meaning),
];

function commandLines(definition: AnyCommand, shared: ReadonlyMap<string, Option>): string[] {
  const { name, summary, argument, notes = "", details = "", examples } = definition;
  const own = optionsOf(definition).filter((option) => !shared.has(keyOf(option)));
  const word = argument === undefined ? "" : ` [${argument.name}]`;
  return [
    `.SS "${text(`tee-cluster ${name}${word}`)}"`,
    text(sentence(summary)),
    ...(argument === undefined ? [] : [`The ${argument.name}: ${text(argument.text)}.`]),
    ...own.flatMap((option) => optionLines(option)),
    ...[notes, details].filter((part) => part !== "").flatMap(paragraphs),
    ".PP",
    "Examples:",
    ".PP",
    ".nf",
    ...examples.map((example) => `    ${text(`tee-cluster ${example}`)}`),
    ".fi",
  ];
}

const paragraphs = (notes: string): string[] =>
  notes
    .trim()
    .split(/\n\n+/)
    .flatMap((paragraph) => [".PP", ...paragraph.split("\n").map((line) => text(line))]);

const optionLines = ({ flags, description }: Option): string[] => [
  ".TP",
  `.B ${text(flags)}`,
  text(description),
];

/** Of more than one command. */
function sharedOptions(): ReadonlyMap<string, Option> {
  const counted = new Map<string, { readonly option: Option; count: number }>();
  for (const option of COMMANDS.flatMap((definition) => optionsOf(definition))) {
    const entry = counted.get(keyOf(option)) ?? { option, count: 0 };
    counted.set(keyOf(option), { option: entry.option, count: entry.count + 1 });
  }
  const several = [...counted].filter(([, { count }]) => count > 1);
  return new Map(several.map(([key, { option }]) => [key, option]));
}

/** The text may differ in what is required, or in the default. */
const keyOf = ({ flags }: Option): string => flags;

function optionsOf(definition: AnyCommand): readonly Option[] {
  const command = new Command(definition.name);
  addDefinition(command, definition);
  return command.options;
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** As roff reads it: no escape, no macro, and a hyphen that can be pasted. */
const text = (words: string): string =>
  words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll('"', "\\(dq")
    .replace(/^(?=[.'])/, "\\&");
