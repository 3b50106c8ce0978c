/** Declares a command's options for commander. Loaded for `--help`, so it imports nothing heavy. */
import { FORMATS } from "../output/formats.ts";
import { Option, type Command } from "commander";
import type { AnyCommand, CommonSwitch } from "../commands/shared/command.ts";
import { kebabCase, type Flag } from "../commands/shared/flags.ts";
import { ListedOption, OUTPUT_TITLE, OWN_TITLE, REQUIRED_TITLE, setUpHelp } from "./help.ts";
import { definitionsOf, type InputDefinition, type InputGroup } from "../inputs/table.ts";

const GROUP_TITLES: Readonly<Record<InputGroup, string>> = {
  cluster: "Cluster:",
  aws: "AWS, for the registry's access to the encrypted models:",
  connection: "Phala and this run:",
  attestation: "Attestation:",
  procedure: "How the compose hash is read:",
};

type SwitchText = readonly [flags: string, text: string];

const SWITCHES: Readonly<Record<CommonSwitch, SwitchText>> = {
  config: ["--config <file>", "file of inputs [env TEE_CLUSTER_CONFIG, default tee-cluster.yml]"],
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

/** Declares the argument, options and help of a command. */
export function addDefinition(command: Command, definition: AnyCommand): void {
  const { argument } = definition;
  if (argument)
    command.argument(
      argument.optional ? `[${argument.name}]` : `<${argument.name}>`,
      argument.text,
    );
  for (const option of optionsOf(definition)) command.addOption(option);
  setUpHelp(command, definition);
}

const isRequired = ({ helpGroupHeading }: Option): boolean => helpGroupHeading === REQUIRED_TITLE;

/** Required options come first. */
function optionsOf(definition: AnyCommand): readonly Option[] {
  const { flags, inputs, common, switches, required = [], defaults = {} } = definition;
  const given = definitionsOf(inputs).flatMap((input) => {
    const shown = { ...input, default: defaults[input.key] ?? input.default };
    const isRareInput = common ? !common.includes(input.key) : input.rare === true;
    return inputOption(shown, required.includes(input.key), isRareInput) ?? [];
  });
  return [
    ...given.filter(isRequired),
    ...Object.entries(flags).map(([name, flag]) => flagOption(name, flag)),
    ...switches.map((name) => switchOption(name)),
    ...given.filter((option) => !isRequired(option)),
    formatOption("output" in flags),
    ...OUTPUT.map((text) => new Option(...text).helpGroup(OUTPUT_TITLE)),
  ];
}

function switchOption(name: CommonSwitch): Option {
  const option = new ListedOption(...SWITCHES[name]);
  option.helpGroup(OWN_TITLE);
  option.rare = name === "timings";
  return option;
}

/** @param ownOutput the command has its own `--output`, for a file */
function formatOption(ownOutput: boolean): Option {
  const long = ownOutput ? "--output-format" : "--output";
  const option = new Option(`-o, ${long} <format>`, "format of the result");
  option.attributeName = () => "format";
  return option
    .choices([...FORMATS])
    .conflicts("json")
    .helpGroup(OUTPUT_TITLE);
}

function inputOption(
  input: Described,
  required: boolean,
  isRareInput: boolean,
): Option | undefined {
  if (input.flag === undefined) return undefined;
  const option = new ListedOption(`--${input.flag} <${input.placeholder}>`, describe(input));
  option.helpGroup(required ? REQUIRED_TITLE : GROUP_TITLES[input.group]);
  option.rare = isRareInput && !required;
  if (input.repeatable) option.argParser(collect);
  // The attribute is the input's key, so that values are found without another table.
  option.attributeName = () => input.key;
  return option;
}

function flagOption(name: string, flag: Flag<unknown>): Option {
  const { short, placeholder, choices, repeatable, conflicts, variable } = flag;
  const long = `--${kebabCase(name)}${placeholder === undefined ? "" : ` <${placeholder}>`}`;
  const option = new ListedOption(
    short === undefined ? long : `-${short}, ${long}`,
    variable === undefined ? flag.text : `${flag.text} [env ${variable}]`,
  );
  option.helpGroup(OWN_TITLE);
  option.rare = flag.rare === true;
  if (choices) option.choices([...choices]);
  if (flag.default !== undefined) option.default(flag.default);
  if (repeatable) option.argParser(collect);
  if (conflicts) option.conflicts([...conflicts]);
  return option;
}

const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

type Described = Omit<InputDefinition, "default"> & { readonly default?: string | undefined };

/** Defaults are shown, not set: commander would treat them like given flags. */
function describe(input: Described): string {
  const notes = [
    ...(input.variables[0] === undefined ? [] : [`env ${input.variables[0]}`]),
    ...(input.default === undefined ? [] : [`default ${input.default}`]),
  ];
  return notes.length === 0 ? input.description : `${input.description} [${notes.join(", ")}]`;
}
