/** Where flag, environment, config file and default meet: in this order, for every input in the same way. */
import { command, hint, type Words } from "../core/command-hint.ts";
import path from "node:path";
import { homeFolder } from "../lib/home.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { OrchestratorSchema } from "../core/domain.ts";
import { InvalidValue } from "./parsers.ts";
import { withRegistryValues } from "./registry-env.ts";
import { lineOfMissing, missingInputs } from "./required.ts";
import {
  definitionsOf,
  inputDefinition,
  nameOfInput,
  type InputDefinition,
  type InputKey,
} from "./table.ts";
import type { ConfigFile } from "./config-file.ts";
import type { Values } from "./values.ts";

/** `record`: what the cluster was given before; `orchestrator.yml`: what its file has; both where nothing is given. */
export type Origin =
  | "flag"
  | "environment"
  | "config file"
  | "prompt"
  | "record"
  | "orchestrator.yml"
  | "default";

export type Raw = Partial<Record<InputKey, string | readonly string[]>>;

export type Problem = { readonly input: InputDefinition; readonly message: string };

export type Answers = {
  /** The parsed values of all inputs that are set and right. */
  readonly values: Partial<Values>;
  /** A prompt may also have taken a value back: then there is an origin and no value. */
  readonly origins: Partial<Record<InputKey, Origin>>;
  /** The variable that was read, where an input is from the environment. */
  readonly variables: Partial<Record<InputKey, string>>;
};

export type Resolution = Answers & {
  readonly problems: readonly Problem[];
  /** Required and set nowhere. */
  readonly missing: readonly InputDefinition[];
};

export type Sources = {
  readonly flags: Raw;
  readonly env: NodeJS.ProcessEnv;
  readonly config: ConfigFile;
  /** Defaults in place of the usual ones: the sandbox's examples. */
  readonly examples: Raw;
  /** The inputs that the command takes: what is wrong with another one is not its business. */
  readonly keys: readonly InputKey[];
};

/** Resolves all inputs of the command; every problem is found, none is thrown. */
export function resolveInputs(sources: Sources): Resolution {
  const values: Record<string, unknown> = {};
  const origins: Partial<Record<InputKey, Origin>> = {};
  const variables: Partial<Record<InputKey, string>> = {};
  const problems: Problem[] = [];
  const missing: InputDefinition[] = [];
  for (const input of definitionsOf(sources.keys)) {
    const found = findRaw(input, sources);
    if (!found) {
      if (input.required) missing.push(input);
      continue;
    }
    const outcome = parseInput(input, found.raw, found.origin, found.variable);
    if ("problem" in outcome) problems.push(outcome.problem);
    else values[input.key] = outcome.value;
    origins[input.key] = found.origin;
    if (found.variable !== undefined) variables[input.key] = found.variable;
  }
  if (sources.keys.includes("orchestratorSchema") && origins.orchestratorSchema === undefined) {
    values["orchestratorSchema"] = inferredSchema(sources);
    origins.orchestratorSchema = "default";
  }
  return withRegistryValues({ values, origins, variables, problems, missing }, sources.env);
}

/** Only v2 has a gateway key: who gives one has its orchestrator. */
function inferredSchema(sources: Sources): OrchestratorSchema {
  return findRaw(inputDefinition("gatewayKeyPath"), sources) === undefined ? "v1" : "v2";
}

/** Whether it was given for this run; a default, or what the cluster has in place of it, holds otherwise. */
export function isGiven({ origins }: Pick<Answers, "origins">, key: InputKey): boolean {
  return !["default", "record", "orchestrator.yml"].includes(origins[key] ?? "default");
}

/** Whether this run was told the schema: only v2 has a gateway key, so who gives one has said it. */
export function isSchemaGiven(answers: Pick<Answers, "origins">): boolean {
  return isGiven(answers, "orchestratorSchema") || isGiven(answers, "gatewayKeyPath");
}

/** All inputs that were. */
export function givenInputs(origins: Answers["origins"]): ReadonlySet<InputKey> {
  return new Set((Object.keys(origins) as InputKey[]).filter((key) => isGiven({ origins }, key)));
}

/** Parses one answer, from whichever source. `variable` is the environment variable that it was found in. */
export function parseInput(
  input: InputDefinition,
  raw: string | readonly string[],
  origin: Origin,
  variable?: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    return {
      value: typeof raw === "string" ? input.parse(raw) : raw.map((text) => input.parse(text)),
    };
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const where =
      origin === "environment"
        ? ` from the environment`
        : origin === "config file"
          ? " from the config file"
          : "";
    // "NAME is too short", and "NAME: invalid URL".
    const glue = /^(?:has|is|must|takes)\b/.test(error.message) ? " " : ": ";
    const message = `${nameSetBy(input, variable)}${where}${glue}${error.message}`;
    return { problem: { input, message } };
  }
}

/** Where an input has two variables, the one that was really read: the other may not even be set. */
function nameSetBy(input: InputDefinition, variable: string | undefined): string {
  return nameOfInput(variable === undefined ? input : { ...input, variables: [variable] });
}

function findRaw(
  input: InputDefinition,
  sources: Sources,
): { raw: string | readonly string[]; origin: Origin; variable?: string } | undefined {
  const { flags, env, config, examples } = sources;
  const flag = flags[input.key];
  if (flag !== undefined) return { raw: flag, origin: "flag" };
  // An empty variable counts as unset, as in every shell script.
  const variable = input.variables.find((name) => (env[name] ?? "") !== "");
  if (variable !== undefined) return { raw: env[variable] ?? "", origin: "environment", variable };
  const configured = config.values[input.key];
  if (configured !== undefined) return { raw: configured, origin: "config file" };
  const standard =
    examples[input.key] ??
    input.default ??
    (input.key === "stateDir" ? defaultStateDir(env) : undefined);
  return standard === undefined ? undefined : { raw: standard, origin: "default" };
}

/** https://specifications.freedesktop.org/basedir-spec */
export function defaultStateDir(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_STATE_HOME"];
  return path.join(
    base && path.isAbsolute(base) ? base : path.join(homeFolder(env), ".local", "state"),
    "tee-cluster",
  );
}

/**
 * `asks`: whether the command asks on a terminal for what is missing. `more`: what else may help where something is.
 * @throws ClusterError (input) that names everything that is wrong, or everything that is missing.
 */
export function assertNoProblems(
  resolution: Resolution,
  { asks = true, more }: { readonly asks?: boolean; readonly more?: Words | undefined } = {},
): void {
  const { problems, missing } = resolution;
  const missingLine = lineOfMissing(missing);
  if (problems.length > 0) {
    const wrong = problems.map((problem) => problem.message);
    throw new ClusterError("input", "invalid-inputs", {
      message: [...wrong, ...(missing.length === 0 ? [] : [missingLine])].join("\n"),
      hint: hint`what each input takes: ${command("init", "--help-all")}`,
    });
  }
  if (missing.length === 0) return;
  throw missingInputs(missing, asks, more);
}
