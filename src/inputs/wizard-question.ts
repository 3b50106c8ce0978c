/** One question of the wizard: what it offers, what it accepts, and what becomes of the answer. */
import { isFile } from "./compose-candidates.ts";
import { inputDefinition, nameOfInput, type InputDefinition, type InputKey } from "./table.ts";
import type { Choice, Prompter, Validate } from "./prompts.ts";
import { parseInput, type Answers } from "./resolve.ts";
import { isRequired } from "./required.ts";
import type { RegistryVariable } from "../core/settings.ts";
import { describeSizing } from "./sizing.ts";
import { AS_RECORDED, AUTO_NODE, label, memoryOf, typed, type Offers } from "./wizard-answers.ts";

export type Asking = {
  readonly prompter: Prompter;
  readonly offers: Offers;
  /** Absent: there are none. */
  readonly writeTemplate?: (key: ComposeKey) => Promise<string>;
  /** What the platform has against a name for the cluster; undefined: nothing. Absent: it is not asked. */
  readonly nameProblem?: (name: string) => Promise<string | undefined>;
  /** An answer must be given, whatever the other answers say. */
  readonly required?: boolean;
};

/** Takes an optional answer back: an empty line keeps it, as everywhere. */
const NONE = "-";
/** No path is empty: the choice that leads to typing one. */
const ANOTHER = "";
/** Nor this one. */
const TEMPLATE = "\n";

export type ComposeKey = "registryCompose" | "runnerCompose";

/**
 * Asks until the answer is right. What is taken as it stands stays from where it is, and is not the operator's word.
 * @returns the answers with the new one.
 */
export async function ask(key: InputKey, answers: Answers, asking: Asking): Promise<Answers> {
  const definition = inputDefinition(key);
  const raw = await askRaw(definition, answers, asking);
  if (isKeptSecret(raw, definition, answers)) return answers;
  const isDefault = isComposeKey(key) && answers.origins[key] === "default";
  if (!definition.secret && raw === typed(key, answers) && !isDefault) return answers;
  const { [key]: _, ...rest } = answers.values;
  const origins = { ...answers.origins, [key]: "prompt" } as const;
  if (raw === "" || isTakenBack(raw, definition, answers))
    return { ...answers, values: rest, origins };
  const parsed = parse(definition, raw);
  if ("problem" in parsed) throw new Error(parsed.problem);
  const value = withKnownValues(key, parsed.value, answers);
  return { ...answers, values: { ...answers.values, [key]: value }, origins };
}

/** The same for one of what is missing, which may be the value of a further variable of the registry. */
export async function askFor(
  definition: InputDefinition,
  answers: Answers,
  asking: Asking,
): Promise<Answers> {
  if (definition.key !== "registryEnv") return ask(definition.key, answers, asking);
  const [name = ""] = definition.variables;
  const message = `${name} (for the registry; not shown)`;
  const value = await asking.prompter.secret({
    message,
    validate: (text) => text !== "" || "is required",
  });
  const variables = (answers.values.registryEnv ?? []).map((one) =>
    one.name === name ? { name, value } : one,
  );
  return { ...answers, values: { ...answers.values, registryEnv: variables } };
}

/** The values of further variables stay with their names. */
function withKnownValues(key: InputKey, value: unknown, { values }: Answers): unknown {
  if (key !== "registryEnv") return value;
  return (value as readonly RegistryVariable[]).map(
    (one) => values.registryEnv?.find(({ name }) => name === one.name) ?? one,
  );
}

/** Only a secret is asked for without showing the present answer, so only there is "nothing" one. */
const isKeptSecret = (
  raw: string,
  { key, secret }: InputDefinition,
  { values }: Answers,
): boolean => raw === "" && secret === true && values[key] !== undefined;

const isTakenBack = (raw: string, definition: InputDefinition, answers: Answers): boolean =>
  raw === NONE && isOptional(definition, answers);

const isOptional = (definition: InputDefinition, { values }: Answers): boolean =>
  !isRequired(definition, values) && definition.default === undefined;

function parse(definition: InputDefinition, raw: string): { value: unknown } | { problem: string } {
  const parsed = parseInput(definition, definition.repeatable ? partsOf(raw) : raw, "prompt");
  if (!("problem" in parsed)) return parsed;
  // Below the question nobody needs to be told which flag it is.
  return { problem: parsed.problem.message.replace(`${nameOfInput(definition)}: `, "") };
}

/**
 * Several crunches in one line, as they are shown: `a=first, b=second`. A name may have a comma in it, so that
 * only one with an `id=` behind it begins the next crunch; ids alone are told apart by any comma.
 */
function partsOf(text: string): string[] {
  const parts = text.split(text.includes("=") ? /,\s*(?=[\w-]+\s*=)/ : ",");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

async function askRaw(
  definition: InputDefinition,
  answers: Answers,
  asking: Asking,
): Promise<string> {
  const { prompter, offers } = asking;
  const validate = validator(definition, answers, asking);
  const message = messageOf(definition, answers);
  if (definition.secret) return prompter.secret({ message, validate });
  const choices = choicesFor(definition.key, answers, asking);
  const initial = initialOf(definition.key, answers, offers);
  if (choices.length > 0) {
    const chosen = await prompter.choose({ message: label(definition), choices, initial });
    if (chosen === TEMPLATE && asking.writeTemplate && isComposeKey(definition.key))
      return templateFor(definition.key, asking.writeTemplate, prompter);
    if (chosen !== ANOTHER || !isComposeKey(definition.key)) return chosen;
  }
  return (
    await prompter.text({ message, initial: initial === "" ? undefined : initial, validate })
  ).trim();
}

function messageOf(definition: InputDefinition, answers: Answers): string {
  const { key, secret, repeatable, description } = definition;
  const set = answers.values[key] !== undefined;
  const keep = answers.origins[key] === "default" ? "Enter for the example" : "Enter to keep it";
  const notes = [
    description,
    ...(secret ? ["not shown"] : []),
    ...(secret && set ? [keep] : []),
    ...(repeatable
      ? [key === "crunches" ? "several: id=name, id=name" : "several: NAME, NAME"]
      : []),
    ...(!secret && set && isOptional(definition, answers) ? [`${NONE} for none`] : []),
    ...(answers.origins[key] === "record" ? [AS_RECORDED] : []),
  ];
  return `${label(definition)} (${notes.join("; ")})`;
}

function validator(
  definition: InputDefinition,
  answers: Answers,
  { offers, nameProblem, required = isRequired(definition, answers.values) }: Asking,
): Validate {
  return async (text) => {
    const raw = text.trim();
    if (isKeptSecret(raw, definition, answers) || isTakenBack(raw, definition, answers))
      return true;
    if (raw === "") return required ? "is required" : true;
    const parsed = parse(definition, raw);
    if ("problem" in parsed) return parsed.problem;
    if (isFileToRead(definition.key) && !(await isFile(raw))) return `there is no file ${raw}`;
    if (definition.key === "clusterName") return (await nameProblem?.(raw)) ?? true;
    return definition.key === "memoryPerModelMb"
      ? fits(Number(parsed.value), answers, offers)
      : true;
  };
}

function fits(memoryPerModelMb: number, answers: Answers, offers: Offers): true | string {
  const memory = memoryOf(answers, offers);
  if (memory === undefined || memoryPerModelMb <= memory) return true;
  return `${memoryPerModelMb} MB is more than a ${answers.values.instanceType ?? "CVM"} has (${memory} MB)`;
}

export const isComposeKey = (key: InputKey): key is ComposeKey =>
  key === "registryCompose" || key === "runnerCompose";

const isFileToRead = (key: InputKey): boolean => isComposeKey(key) || key === "gatewayKeyPath";

/** The present answer, as its choice is called: a node may have been given by its id. */
function initialOf(key: InputKey, answers: Answers, { nodes }: Offers): string {
  const current = typed(key, answers);
  // Offered first where nothing says that it is another one.
  if (key === "orchestratorSchema" && answers.origins[key] === "default") return "v2";
  if (key !== "node") return current;
  return nodes.find(({ id }) => String(id) === current)?.name ?? current;
}

function choicesFor(
  key: InputKey,
  answers: Answers,
  { offers, writeTemplate }: Asking,
): Choice<string>[] {
  if (isComposeKey(key)) {
    const found = composeChoices(key, answers, offers);
    return writeTemplate ? withTemplate(key, answers, found) : found;
  }
  if (key === "node") return nodeChoices(offers);
  if (key === "orchestratorSchema") return ORCHESTRATORS;
  if (key !== "instanceType") return [];
  return offers.instanceTypes
    .filter((type) => !type.requiresGpu)
    .map((type) => ({
      name: `${type.id.padEnd(12)} ${type.vcpu} vCPU, ${type.memoryMb} MB, $${type.hourlyRate}/h`,
      value: type.id,
      description: describeSizing(
        type.memoryMb,
        answers.values.memoryPerModelMb ?? 1024,
        answers.values.provisionFactor ?? 0.8,
      ),
    }));
}

/** Which one is run is what people know; the schema follows from it. */
const ORCHESTRATORS: Choice<string>[] = [
  { name: "the released one (2026-02-23 or later): schema v2", short: "v2", value: "v2" },
  { name: "the development version of 2026-02-16: schema v1", short: "v1", value: "v1" },
];

function nodeChoices({ nodes }: Offers): Choice<string>[] {
  if (nodes.length === 0) return [];
  return [
    { name: AUTO_NODE, value: "" },
    ...nodes
      .filter((node) => node.listed)
      .map(({ name, region }) => ({
        name: region === null ? name : `${name} (${region})`,
        value: name,
      })),
  ];
}

/** Only where the default file is not there: nothing is overwritten. */
function withTemplate(
  key: ComposeKey,
  { values }: Answers,
  found: Choice<string>[],
): Choice<string>[] {
  const target = inputDefinition(key).default ?? "";
  if (found.some(({ value }) => value === target) || values[key] !== target) return found;
  const another = found.length === 0 ? [{ name: "another file", value: ANOTHER }] : [];
  return [
    ...found.filter(({ value }) => value !== ANOTHER),
    { name: "none yet: write a commented template", description: target, value: TEMPLATE },
    ...found.filter(({ value }) => value === ANOTHER),
    ...another,
  ];
}

async function templateFor(
  key: ComposeKey,
  write: (key: ComposeKey) => Promise<string>,
  prompter: Prompter,
): Promise<string> {
  const file = await write(key);
  prompter.print(
    `Written: ${file}. Its image is an example: put your own there, by digest, before you deploy.`,
  );
  return file;
}

/** The files that are there, those named after the role first, never those named after the other one. */
function composeChoices(
  key: ComposeKey,
  answers: Answers,
  { composeFiles }: Offers,
): Choice<string>[] {
  const [own, other] = key === "registryCompose" ? ["registry", "runner"] : ["runner", "registry"];
  const current = answers.origins[key] === "default" ? [] : [answers.values[key] ?? ""];
  const files = composeFiles.filter((file) => file.includes(own) || !file.includes(other));
  if (files.length === 0) return [];
  const first = files.filter((file) => file.includes(own));
  const all = new Set([...current, ...first, ...files].filter((file) => file !== ""));
  return [
    ...[...all].map((file) => ({ name: file, value: file })),
    { name: "another file", value: ANOTHER },
  ];
}
