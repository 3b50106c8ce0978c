/** The wizard's answers: how they are shown, summed up and priced. */
import { INSTANCE_MEMORY_MB } from "../core/domain.ts";
import type { InstanceType, PlatformNode } from "../core/ports.ts";
import {
  definitionsOf,
  inputDefinition,
  inputsIn,
  type InputDefinition,
  type InputKey,
} from "./table.ts";
import { inputText } from "./as-text.ts";
import type { Choice } from "./prompts.ts";
import type { Answers, Origin } from "./resolve.ts";
import { describeSizing } from "./sizing.ts";

/** What there is on the platform and on the disk. */
export type Offers = {
  readonly nodes: readonly PlatformNode[];
  readonly instanceTypes: readonly InstanceType[];
  /** Paths of compose files, relative to the working directory. */
  readonly composeFiles: readonly string[];
};

/** Shown behind the number, so that nobody has to guess what it counts. */
const UNITS: Partial<Record<InputKey, string>> = {
  memoryPerModelMb: " MB",
  watcherIntervalSeconds: " s",
};

/** What no node means. */
export const AUTO_NODE = "auto (chosen by Phala)";

/** Said of a value that the cluster was given before. */
export const AS_RECORDED = "as recorded";

/** `AWS access key ID`, from the flag or, for a secret, from the variable. */
export function label({ flag, variables }: InputDefinition): string {
  const words = (flag ?? variables[0] ?? "").toLowerCase().split(/[-_]/);
  const text = words
    .map((word) => (["aws", "id", "cvm", "api"].includes(word) ? word.toUpperCase() : word))
    .join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A value as it could be typed; "" where there is none. */
export function typed(key: InputKey, { values }: Answers): string {
  return [inputText(values[key]) ?? ""].flat().join(", ");
}

/** As a person may see it: a secret only by where it is from, a key id by its ends. */
export function shown(definition: InputDefinition, answers: Answers): string {
  const { key } = definition;
  if (answers.values[key] === undefined) return key === "node" ? AUTO_NODE : "(not set)";
  const origin = answers.origins[key];
  const from = origin === "environment" ? (answers.variables[key] ?? origin) : origin;
  if (definition.secret) return secretShown(origin, from);
  const text = `${hidden(key, typed(key, answers))}${UNITS[key] ?? ""}`;
  if (origin === "record") return `${text}  (${AS_RECORDED})`;
  return origin !== undefined && !["prompt", "default"].includes(origin)
    ? `${text}  (${from})`
    : text;
}

function secretShown(origin: Origin | undefined, from: string | undefined): string {
  if (origin === "prompt" || from === undefined) return "typed in";
  return origin === "default" ? "the example" : `set from ${from}`;
}

function hidden(key: InputKey, value: string): string {
  if (key === "maxModels" && value === "0") return "unlimited";
  return key === "awsAccessKeyId" ? `${value.slice(0, 4)}…${value.slice(-4)}` : value;
}

/** What "Which answer?" offers; undefined: none after all. */
export function changeable(answers: Answers): Choice<InputKey | undefined>[] {
  const inputs = definitionsOf(inputsIn("cluster", "aws")).map((definition) => ({
    name: `${label(definition)}: ${shown(definition, answers)}`,
    value: definition.key,
  }));
  return [{ name: "(none: back to the summary)", value: undefined }, ...inputs];
}

/** The ones that are shown where there is room for little, also where nobody gave them. */
const ALWAYS_SHOWN: ReadonlySet<InputKey> = new Set(["clusterName", "instanceType", "node"]);

/** `brief`: what is as by default in one line. */
export function summary(answers: Answers, offers: Offers, brief = false): string {
  const all = [
    ...definitionsOf(inputsIn("cluster", "aws")),
    inputDefinition("attest"),
    inputDefinition("phalaApiKey"),
  ].filter(({ key }) => answers.values[key] !== undefined);
  const isBrief = ({ key }: InputDefinition): boolean =>
    brief && answers.origins[key] === "default" && !ALWAYS_SHOWN.has(key);
  const defaults = all.filter((definition) => isBrief(definition)).length;
  const rows = all
    .filter((definition) => !isBrief(definition))
    .map((definition): [string, string] => [label(definition), shown(definition, answers)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const others =
    defaults === 0 ? [] : [`  ${defaults} others as by default: "Change an answer" lists them`];
  const [, ...sizing] = sizingLine(answers, offers);
  return [
    "",
    "Summary",
    ...lines,
    ...others,
    ...(brief || sizing.length === 0 ? [] : [""]),
    ...sizing,
  ].join("\n");
}

function sizingLine(answers: Answers, offers: Offers): string[] {
  const memory = memoryOf(answers, offers);
  const { memoryPerModelMb, provisionFactor } = answers.values;
  if (memory === undefined || memoryPerModelMb === undefined) return [];
  return ["", `  ${describeSizing(memory, memoryPerModelMb, provisionFactor ?? 0.8)}`];
}

/** MB of the chosen instance type; undefined for one that nobody knows. */
export function memoryOf({ values }: Answers, offers: Offers): number | undefined {
  const type = offers.instanceTypes.find(({ id }) => id === values.instanceType);
  return type?.memoryMb ?? INSTANCE_MEMORY_MB[values.instanceType ?? ""];
}
