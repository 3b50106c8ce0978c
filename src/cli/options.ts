/** A command's definition as commander options. Loaded for `--help` too, so it imports nothing heavy. */
import { FORMATS } from "../output/formats.ts";
import { Option, type Command } from "commander";
import type { AnyCommand, CommonSwitch } from "../commands/shared/command.ts";
import { wrap } from "../output/text.ts";
import { kebabCase, type Flag } from "../commands/shared/flags.ts";
import { definitionsOf, type InputDefinition, type InputGroup } from "../inputs/table.ts";

/** Help is as wide as the terminal, within what can be read; of the usual width where there is none. */
const [HELP_COLUMNS, MAX_HELP_COLUMNS] = [80, 110] as const;
/** commander wraps nothing where less than this is left beside the flags. */
const MIN_TEXT = 24;

const GROUP_TITLES: Readonly<Record<InputGroup, string>> = {
  cluster: "Cluster:",
  aws: "AWS, for the registry's access to the encrypted models:",
  connection: "Phala and this run:",
  attestation: "Attestation:",
  procedure: "How the compose hash is read:",
};

const OWN_TITLE = "Options:";
const OUTPUT_TITLE = "Output:";

type SwitchText = readonly [flags: string, text: string];

const SWITCHES: Readonly<Record<CommonSwitch, SwitchText>> = {
  config: [
    "--config <file>",
    "read inputs from this file [env TEE_CLUSTER_CONFIG, default tee-cluster.yml if there]",
  ],
  sandbox: ["--sandbox", "use the local stand-in for Phala Cloud [env TEE_CLUSTER_SANDBOX]"],
  yes: ["-y, --yes", "ask nothing"],
  dryRun: ["--dry-run", "show what would be done, and change nothing"],
  strict: ["--strict", "treat warnings as errors"],
  adopt: ["--adopt", "take over a registry that exists and was not created by a recorded run"],
  timings: ["--timings", "show where the time went: the cloud, its API, phala, tee-cluster"],
};

const OUTPUT: readonly SwitchText[] = [
  ["--json", "the same as --output json"],
  ["-q, --quiet", "print the result only"],
  ["-v, --verbose", "print requests and child processes too"],
  ["--no-color", "no colours [env NO_COLOR]"],
];

/** Gives a commander command everything that its definition declares. */
export function addDefinition(command: Command, definition: AnyCommand): void {
  const {
    flags,
    inputs,
    switches,
    argument,
    required = [],
    defaults = {},
    examples,
    notes,
  } = definition;
  command.description(definition.summary).configureHelp({
    helpWidth: Math.min(process.stdout.columns || HELP_COLUMNS, MAX_HELP_COLUMNS),
    minWidthToWrap: MIN_TEXT,
  });
  if (argument)
    command.argument(
      argument.optional ? `[${argument.name}]` : `<${argument.name}>`,
      argument.text,
    );
  for (const [name, flag] of Object.entries(flags)) command.addOption(flagOption(name, flag));
  for (const name of switches)
    command.addOption(new Option(...SWITCHES[name]).helpGroup(OWN_TITLE));
  for (const input of definitionsOf(inputs)) {
    const shown = { ...input, default: defaults[input.key] ?? input.default };
    const option = inputOption(shown, required.includes(input.key));
    if (option) command.addOption(option);
  }
  command.addOption(formatOption("output" in flags));
  for (const text of OUTPUT) command.addOption(new Option(...text).helpGroup(OUTPUT_TITLE));
  command.helpOption("-h, --help", "this text");
  const lines = examples.map((example) => `  tee-cluster ${example}`);
  if (lines.length > 0) command.addHelpText("before", ["Examples:", ...lines, ""].join("\n"));
  if (notes) command.addHelpText("after", inWidth(notes, process.stdout.columns));
}

/** A paragraph whose lines stay as they are. */
const LIST = /^ {2}/m;

/** Notes are written in lines of 80 cells; a terminal that is narrower would break them within words. */
export function inWidth(notes: string, columns: number = HELP_COLUMNS): string {
  if (columns >= HELP_COLUMNS) return notes;
  const fit = (paragraph: string): string =>
    LIST.test(paragraph) ? paragraph : wrap(paragraph.replaceAll("\n", " "), columns).join("\n");
  const [, lead = "", text = ""] = /^(\n*)([^]*)$/.exec(notes) ?? [];
  return `${lead}${text.split("\n\n").map(fit).join("\n\n")}`;
}

/** `ownOutput`: the command has an `--output` of its own, for a file. */
function formatOption(ownOutput: boolean): Option {
  const long = ownOutput ? "--output-format" : "--output";
  const option = new Option(`-o, ${long} <format>`, "how the result is printed on stdout");
  option.attributeName = () => "format";
  return option
    .choices([...FORMATS])
    .conflicts("json")
    .helpGroup(OUTPUT_TITLE);
}

function inputOption(input: Described, required: boolean): Option | undefined {
  if (input.flag === undefined) return undefined;
  const text = `${required ? "(required) " : ""}${describe(input)}`;
  const option = new Option(`--${input.flag} <${input.placeholder}>`, text).helpGroup(
    GROUP_TITLES[input.group],
  );
  if (input.repeatable) option.argParser(collect);
  // The attribute is the input's key, so that the values can be picked without another table.
  option.attributeName = () => input.key;
  return option;
}

function flagOption(name: string, flag: Flag<unknown>): Option {
  const { short, placeholder, choices, repeatable, conflicts, variable } = flag;
  const long = `--${kebabCase(name)}${placeholder === undefined ? "" : ` <${placeholder}>`}`;
  const option = new Option(
    short === undefined ? long : `-${short}, ${long}`,
    variable === undefined ? flag.text : `${flag.text} [env ${variable}]`,
  ).helpGroup(OWN_TITLE);
  if (choices) option.choices([...choices]);
  if (flag.default !== undefined) option.default(flag.default);
  if (repeatable) option.argParser(collect);
  if (conflicts) option.conflicts([...conflicts]);
  return option;
}

const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

type Described = Omit<InputDefinition, "default"> & { readonly default?: string | undefined };

/** Defaults and variables are shown, not set: a default given to commander would look like a flag. */
function describe(input: Described): string {
  const notes = [
    ...(input.variables[0] === undefined ? [] : [`env ${input.variables[0]}`]),
    ...(input.default === undefined ? [] : [`default ${input.default}`]),
  ];
  return notes.length === 0 ? input.description : `${input.description} [${notes.join(", ")}]`;
}
