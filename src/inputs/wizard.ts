/** The wizard of step 2: asks for what is missing or often changed, shows what comes of it, asks once. */
import { INSTANCE_MEMORY_MB } from "../domain.ts";
import { ClusterError, Interruption } from "../errors.ts";
import type { InstanceType, PlatformNode } from "../ports.ts";
import { inputDefinition, inputsOf, type InputDefinition, type InputKey } from "./definitions.ts";
import type { Choice, Prompter } from "./prompts.ts";
import { parseInput, type Origin, type Resolution } from "./resolve.ts";
import { describeSizing } from "./sizing.ts";
import type { ClusterInputs } from "./types.ts";
import { toClusterInputs, type Values } from "./values.ts";

/** What the platform has on offer. */
export type Offers = {
  readonly nodes: readonly PlatformNode[];
  readonly instanceTypes: readonly InstanceType[];
};

export type WizardOptions = {
  readonly resolution: Resolution;
  readonly offers: Offers;
  readonly prompter: Prompter;
  /** Checks the answers against the platform and the disk; undefined: all is well. */
  readonly verify: (inputs: ClusterInputs) => Promise<string | undefined>;
};

/** Asked also where they have a default; everything else is reached through "Change an answer". */
const ALWAYS_ASKED: readonly InputKey[] = [
  "clusterName",
  "awsAccessKeyId",
  "awsSecretAccessKey",
  "awsRegion",
  "instanceType",
  "node",
  "memoryPerModel",
];

type Answers = { values: Partial<Values>; origins: Partial<Record<InputKey, Origin>> };

/** @throws Interruption when the operator cancels: nothing has been made. */
export async function runWizard(options: WizardOptions): Promise<ClusterInputs> {
  const { resolution } = options;
  let answers: Answers = { values: { ...resolution.values }, origins: { ...resolution.origins } };
  for (const key of ALWAYS_ASKED) {
    const origin = answers.origins[key];
    if (origin === undefined || origin === "default") answers = await ask(key, answers, options);
  }
  return settle(answers, options);
}

/** Summary, change, confirm. */
async function settle(start: Answers, options: WizardOptions): Promise<ClusterInputs> {
  let answers = start;
  for (;;) {
    const outcome = await review(answers, options);
    options.prompter.print(summary(answers, options.offers));
    if ("problem" in outcome) options.prompter.print(`\n${outcome.problem}\n`);
    else options.prompter.print(`\n${costs(outcome.inputs, options.offers)}\n`);
    const action = await options.prompter.choose({ message: "What now?", choices: actions(outcome) });
    if (action === "cancel") throw new Interruption("SIGINT");
    if (action === "deploy" && "inputs" in outcome) return outcome.inputs;
    const key = await options.prompter.choose({ message: "Which answer?", choices: changeable(answers) });
    answers = await ask(key, answers, options);
  }
}

type Review = { readonly inputs: ClusterInputs } | { readonly problem: string };

async function review(answers: Answers, options: WizardOptions): Promise<Review> {
  try {
    const inputs = toClusterInputs(answers.values);
    const problem = await options.verify(inputs);
    return problem === undefined ? { inputs } : { problem };
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "input") return { problem: error.message };
    throw error;
  }
}

function actions(outcome: Review): Choice<"deploy" | "change" | "cancel">[] {
  const deploy: Choice<"deploy" | "change" | "cancel">[] =
    "inputs" in outcome ? [{ name: "Deploy", value: "deploy" }] : [];
  return [
    ...deploy,
    { name: "Change an answer", value: "change" },
    { name: "Cancel: nothing has been made", value: "cancel" },
  ];
}

function changeable(answers: Answers): Choice<InputKey>[] {
  return inputsOf(["cluster", "aws"])
    .filter(
      ({ key, variables, flag }) =>
        flag !== undefined || variables.length > 0 || answers.values[key] !== undefined,
    )
    .map((definition) => ({
      name: `${label(definition)}: ${shown(definition, answers)}`,
      value: definition.key,
    }));
}

async function ask(key: InputKey, answers: Answers, options: WizardOptions): Promise<Answers> {
  const definition = inputDefinition(key);
  const raw = await askRaw(definition, answers, options);
  const { values, origins } = answers;
  if (raw === "") {
    const { [key]: _, ...rest } = values;
    return { values: rest, origins };
  }
  const parsed = parseInput(definition, definition.repeatable ? [raw] : raw, "prompt");
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return { values: { ...values, [key]: parsed.value }, origins: { ...origins, [key]: "prompt" } };
}

async function askRaw(
  definition: InputDefinition,
  answers: Answers,
  { prompter, offers }: WizardOptions,
): Promise<string> {
  const message = `${label(definition)} (${definition.description})`;
  const validate = (text: string): true | string => {
    if (text === "") return definition.required ? "is required" : true;
    const parsed = parseInput(definition, definition.repeatable ? [text] : text, "prompt");
    return "problem" in parsed ? parsed.problem.message : true;
  };
  if (definition.secret) return prompter.secret({ message: `${message}, not shown`, validate });
  const choices = choicesFor(definition.key, answers, offers);
  const current = shownValue(definition.key, answers);
  if (choices.length > 0) return prompter.choose({ message: label(definition), choices, initial: current });
  return prompter.text({ message, initial: current === "" ? undefined : current, validate });
}

function choicesFor(key: InputKey, answers: Answers, offers: Offers): Choice<string>[] {
  if (key === "instanceType")
    return offers.instanceTypes
      .filter((type) => !type.requiresGpu)
      .map((type) => instanceChoice(type, answers));
  if (key !== "node" || offers.nodes.length === 0) return [];
  const nodes = offers.nodes.filter((node) => node.listed);
  return [
    { name: "the platform chooses", value: "" },
    ...nodes.map((node) => ({
      name: node.region === null ? node.name : `${node.name} (${node.region})`,
      value: node.name,
    })),
  ];
}

function instanceChoice(type: InstanceType, { values }: Answers): Choice<string> {
  const name = `${type.id.padEnd(12)} ${type.vcpu} vCPU, ${type.memoryMb} MB, $${type.hourlyRate}/h`;
  const description = describeSizing(
    type.memoryMb,
    values.memoryPerModel ?? 1024,
    values.provisionFactor ?? 0.8,
  );
  return { name, value: type.id, description };
}

function summary(answers: Answers, offers: Offers): string {
  const rows = inputsOf(["cluster", "aws"])
    .filter(({ key }) => answers.values[key] !== undefined)
    .map((definition): [string, string] => [label(definition), shown(definition, answers)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return ["", "Summary", ...lines, ...sizingLine(answers, offers)].join("\n");
}

function sizingLine({ values }: Answers, offers: Offers): string[] {
  const type = offers.instanceTypes.find(({ id }) => id === values.instanceType);
  const memory = type?.memoryMb ?? INSTANCE_MEMORY_MB[values.instanceType ?? ""];
  if (memory === undefined || values.memoryPerModel === undefined) return [];
  return ["", `  ${describeSizing(memory, values.memoryPerModel, values.provisionFactor ?? 0.8)}`];
}

function costs(inputs: ClusterInputs, offers: Offers): string {
  const { clusterName, instanceType } = inputs.cluster;
  const rate = offers.instanceTypes.find(({ id }) => id === instanceType)?.hourlyRate;
  const price = rate === undefined ? "" : ` at $${rate} an hour`;
  return [
    "This creates, and you pay for:",
    `  ${clusterName}-registry     ${instanceType}${price}, for as long as it runs`,
    `  ${clusterName}-runner-temp  ${instanceType}${price}, for some seconds: it is deleted by this run`,
  ].join("\n");
}

function label({ flag, variables }: InputDefinition): string {
  return flag === undefined
    ? (variables[0] ?? "").toLowerCase().replaceAll("_", " ")
    : flag.replaceAll("-", " ");
}

/** As a person may see it: a secret only by where it is from, a key id by its ends. */
function shown(definition: InputDefinition, answers: Answers): string {
  const origin = answers.origins[definition.key];
  if (answers.values[definition.key] === undefined) return "(not set)";
  if (definition.secret) return origin === "environment" ? `set from ${definition.variables[0]}` : "set";
  const value = shownValue(definition.key, answers);
  if (definition.key === "awsAccessKeyId") return `${value.slice(0, 4)}…${value.slice(-4)}`;
  return origin === "default" || origin === "prompt" || origin === undefined
    ? value
    : `${value}  (${origin})`;
}

function shownValue(key: InputKey, { values }: Answers): string {
  const value = values[key];
  if (value === undefined) return "";
  if (key === "crunch") return (values.crunch ?? []).map(({ id, name }) => `${id}=${name}`).join(", ");
  if (key === "watcher")
    return values.watcher?.type === "onchain"
      ? `onchain:${values.watcher.url}`
      : `yaml:${values.watcher?.path ?? ""}`;
  return typeof value === "object" ? "" : String(value);
}
