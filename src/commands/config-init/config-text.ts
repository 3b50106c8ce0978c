/** The text of a commented tee-cluster.yml. Pure. */
import { command, renderHint } from "../../core/command-hint.ts";
import { stringify } from "yaml";
import { ONLY_IN_NAMED_FILES } from "../../inputs/config-file.ts";
import type { Raw } from "../../inputs/resolve.ts";
import { INPUTS, type InputDefinition, type InputGroup } from "../../inputs/table.ts";
import { wrap } from "../../lib/text.ts";

const TITLES: Readonly<Record<InputGroup, string>> = {
  cluster: "The cluster",
  aws: "AWS, for the registry's access to the encrypted models",
  attestation: "Attestation",
  connection: "Phala and the run",
  procedure: "How a run goes about it",
};

const GROUPS: readonly InputGroup[] = ["cluster", "aws", "attestation", "procedure", "connection"];
const COLUMNS = 98;

/**
 * @param given values from the command line: filled in, everything else is a comment.
 * @param isNamed whether the file will be named with `--config`: only then may it say where secrets go.
 */
export function renderConfigFile(given: Raw, isNamed: boolean): string {
  const secrets = INPUTS.filter(({ secret }) => secret).map(({ variables }) => variables[0]);
  const head = [
    "# Inputs of tee-cluster. A flag or variable goes before a line of this file.",
    `# Secrets are not read from here: put them into the environment (${secrets.join(", ")}).`,
    `# The effective values and their origin: ${renderHint(command("config show"))}`,
  ];
  const groups = GROUPS.map((group) => groupText(group, given, isNamed));
  return [...head, ...groups].join("\n").concat("\n");
}

function groupText(group: InputGroup, given: Raw, isNamed: boolean): string {
  const inputs = INPUTS.filter(
    ({ group: own, flag = "" }) =>
      own === group && flag !== "" && (isNamed || !ONLY_IN_NAMED_FILES.has(flag)),
  );
  return [
    "",
    `# --- ${TITLES[group]} ---`,
    ...inputs.map((input) => inputLines(input, given)),
  ].join("\n");
}

function inputLines(input: InputDefinition, given: Raw): string {
  const { key, flag = "", description, required, variables } = input;
  const notes = [
    required ? "required" : undefined,
    variables[0] === undefined ? undefined : `also ${variables[0]}`,
  ];
  const [variable, ...more] = notes.filter((note) => note !== undefined);
  const about =
    variable === undefined ? description : `${description} (${[variable, ...more].join("; ")})`;
  const comment = wrap(about, COLUMNS - 2).map((line) => `# ${line}`);
  const value = given[key];
  const entry =
    value === undefined
      ? exampleOf(input)
      : stringify({ [flag]: value }, { lineWidth: 0 }).trimEnd();
  return ["", ...comment, entry].join("\n");
}

function exampleOf({ flag, default: standard, placeholder, repeatable }: InputDefinition): string {
  const value = standard ?? `<${placeholder}>`;
  return repeatable ? `#${flag}:\n#  - ${value}` : `#${flag}: ${value}`;
}
