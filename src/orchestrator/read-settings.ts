/** Inputs from an existing orchestrator.yml: they take precedence over defaults. Pure. */
import { isScalar, type Document } from "yaml";
import type { OrchestratorSchema } from "../core/domain.ts";
import type { InputKey } from "../core/settings.ts";
import {
  isRecord,
  lineAt,
  member,
  parseYaml,
  RUNNER,
  splitBom,
  syntaxProblem,
} from "./document.ts";
import { parsePlainYaml } from "./plain-yaml.ts";

/** Inputs that the file has a place for. */
type FileInput =
  | RunnerInput
  | Extract<InputKey, "orchestratorSchema" | "crunches" | "watcher" | "watcherIntervalSeconds">;

export type FileSettings = {
  /** As they could be given with a flag. */
  readonly values: Readonly<Partial<Record<FileInput, string | readonly string[]>>>;
  /** Lines in the file, from 1. */
  readonly lines: Readonly<Partial<Record<FileInput, number>>>;
  /** Whose file it is. */
  readonly identity: FileIdentity;
};

export type FileIdentity = {
  readonly clusterName: string | undefined;
  /** As written. */
  readonly phalaApiUrl: string | undefined;
  readonly clusterUrls: readonly string[];
};

const NOTHING: FileSettings = {
  values: {},
  lines: {},
  identity: { clusterName: undefined, phalaApiUrl: undefined, clusterUrls: [] },
};

type Expand = (value: unknown, path: readonly string[]) => string | undefined;

/**
 * @param env fills in variables, as the orchestrator does; a value with one that is not set is left out.
 * @returns nothing for a text that can't be read, or that configures other runners: a check reports that.
 */
export function readSettings(text: string, env: NodeJS.ProcessEnv): FileSettings {
  const [, plain] = splitBom(text);
  const document = parseYaml(plain);
  if (syntaxProblem(plain, document)) return NOTHING;
  return settingsOf(
    document.toJS(),
    (value, path) => textOf(value, sourceOf(plain, document, path), env),
    (path) => lineAt(plain, document, path),
  );
}

/** The same without the lines: at once for a file as this program writes it. */
export function readValues(
  text: string,
  env: NodeJS.ProcessEnv,
): Pick<FileSettings, "values" | "identity"> {
  const config = parsePlainYaml(text);
  if (config === undefined) return readSettings(text, env);
  return settingsOf(
    config,
    (value) => textOf(value, undefined, env),
    () => undefined,
  );
}

function settingsOf(
  config: unknown,
  expand: Expand,
  lineOf: (path: readonly string[]) => number | undefined,
): FileSettings {
  const runner = member(member(config, "infrastructure"), "runner");
  if (!isRecord(config) || (member(runner, "type") ?? "phala") !== "phala") return NOTHING;
  const values: Partial<Record<FileInput, string | readonly string[]>> = {};
  const lines: Partial<Record<FileInput, number>> = {};
  const put = (
    input: FileInput,
    value: string | readonly string[] | undefined,
    path: readonly string[],
  ): void => {
    if (value === undefined || value.length === 0) return;
    values[input] = value;
    const line = lineOf(path);
    if (line !== undefined) lines[input] = line;
  };
  for (const [input, key] of Object.entries(RUNNER_KEY_OF_INPUT) as [RunnerInput, string][])
    put(input, expand(member(runner, key), [...RUNNER, key]), [...RUNNER, key]);
  const schema = schemaOf(runner);
  if (schema) put("orchestratorSchema", schema, [...RUNNER, SCHEMA_KEY[schema]]);
  const watcher = member(config, "watcher");
  put("watcherIntervalSeconds", expand(member(watcher, "interval"), ["watcher", "interval"]), [
    "watcher",
    "interval",
  ]);
  const poller = ["watcher", "poller"];
  put(
    "watcher",
    watcherText(member(watcher, "poller"), (value, key) => expand(value, [...poller, key])),
    poller,
  );
  const crunches = crunchTexts(member(config, "crunches"));
  put("crunches", crunches, ["crunches"]);
  return { values, lines, identity: identityOf(runner, values.clusterName, expand) };
}

const SCHEMA_KEY = { v1: "cluster-urls", v2: "gateway-key-path" } as const;

/** By the keys that only one of the two knows; undefined where the file has none of them. */
function schemaOf(runner: unknown): OrchestratorSchema | undefined {
  if (!isRecord(runner)) return undefined;
  if (["gateway-key-path", "capacity-threshold"].some((key) => key in runner)) return "v2";
  return ["cluster-urls", "registry-compose-path"].some((key) => key in runner) ? "v1" : undefined;
}

function identityOf(
  runner: unknown,
  clusterName: string | readonly string[] | undefined,
  expand: Expand,
): FileIdentity {
  const urls = member(runner, "cluster-urls");
  return {
    clusterName: typeof clusterName === "string" ? clusterName : undefined,
    phalaApiUrl: expand(member(runner, "phala-api-url"), [...RUNNER, "phala-api-url"]),
    clusterUrls: Array.isArray(urls) ? urls.filter((url) => typeof url === "string") : [],
  };
}

/** The text of a scalar as it was written where YAML would change it (`0.80`), with its variables filled in. */
function textOf(
  value: unknown,
  source: string | undefined,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  // Escaped dollars are none to the orchestrator, which fills variables in before it parses.
  if (!(source ?? value).includes("$")) return value;
  const filled = value.replaceAll(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain?: string, braced?: string) => env[plain ?? braced ?? ""] ?? whole,
  );
  return filled.includes("$") ? undefined : filled;
}

/** The characters of a value in the file; undefined for one that stands elsewhere (merged in, or an alias). */
function sourceOf(text: string, document: Document, path: readonly string[]): string | undefined {
  const node: unknown = document.getIn(path, true);
  return isScalar(node) && node.range ? text.slice(node.range[0], node.range[1]) : undefined;
}

function watcherText(
  poller: unknown,
  expand: (value: unknown, key: string) => string | undefined,
): string | undefined {
  const type = member(poller, "type");
  const key = type === "onchain" ? "url" : "path";
  const where = expand(member(poller, key), key);
  return where !== undefined && (type === "yaml" || type === "onchain")
    ? `${type}:${where}`
    : undefined;
}

/** Undefined where one of them can't be said with a flag: then the list is only the file's. */
function crunchTexts(crunches: unknown): readonly string[] | undefined {
  if (!Array.isArray(crunches)) return undefined;
  const texts = crunches.map((crunch) => {
    const [id, name] = [member(crunch, "id"), member(crunch, "name")];
    const isPlain =
      typeof id === "string" && typeof name === "string" && !`${id}${name}`.includes("$");
    return isPlain ? `${id}=${name}` : undefined;
  });
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** Which input stands for which key of `infrastructure.runner`: read from there, and written there where it is given. */
export const RUNNER_KEY_OF_INPUT = {
  clusterName: "cluster-name",
  registryCompose: "registry-compose-path",
  runnerCompose: "runner-compose-path",
  gatewayKeyPath: "gateway-key-path",
  spawnteePort: "spawntee-port",
  instanceType: "instance-type",
  memoryPerModelMb: "memory-per-model-mb",
  provisionFactor: "provision-factor",
  capacityThreshold: "capacity-threshold",
  maxModels: "max-models",
} as const satisfies Partial<Record<InputKey, string>>;

export type RunnerInput = keyof typeof RUNNER_KEY_OF_INPUT;

const ENTRIES = Object.entries(RUNNER_KEY_OF_INPUT) as readonly (readonly [RunnerInput, string])[];

/** The input that a runner's key stands for; undefined for one that follows from the registry. */
export function inputOfRunnerKey(key: string): RunnerInput | undefined {
  return ENTRIES.find(([, name]) => name === key)?.[0];
}
