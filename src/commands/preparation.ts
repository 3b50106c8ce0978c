/** What every command does first: resolve its inputs, hide its secrets, connect. */
import { readConfigFile } from "../inputs/config-file.ts";
import { inputDefinition, INPUTS, type InputGroup } from "../inputs/definitions.ts";
import { parseInput, refuseProblems, resolveInputs, type Raw, type Resolution } from "../inputs/resolve.ts";
import type { Connection } from "../inputs/types.ts";
import { toConnection, type Values } from "../inputs/values.ts";
import type { CommandDependencies, CommonFlags, Ports } from "./dependencies.ts";

export type Preparation = {
  readonly resolution: Resolution;
  readonly connection: Connection;
  readonly ports: Ports;
  /** Under which host the state of this cloud is kept. */
  readonly stateHost: string;
};

/** What a command has that may do without the platform: what this machine recorded is there without a key. */
export type LocalPreparation = {
  readonly resolution: Resolution;
  readonly stateDir: string;
  readonly stateHost: string;
  /** Undefined where there is no API key. */
  connect(): Ports | undefined;
};

/**
 * @throws ClusterError (input) for every input that is wrong, all at once; and for all that are missing where
 *   nobody may be asked.
 */
export async function prepare(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  groups: readonly InputGroup[],
): Promise<Preparation> {
  const { prompter } = dependencies;
  const { given, sandboxed } = await resolve(dependencies, flags, groups, {});
  const resolution = prompter ? await askForKey(given, dependencies) : given;
  refuseProblems(prompter ? { ...resolution, missing: [] } : resolution);
  hideSecrets(dependencies, resolution.values);
  const connection = toConnection(resolution.values);
  const ports = dependencies.connect(connection);
  return { resolution, connection, ports, stateHost: sandboxed ? "sandbox" : ports.api.host };
}

/**
 * The same without a connection: no key is needed, and nobody is asked for one.
 * @param examples stand in for what is given nowhere.
 * @throws ClusterError (input) for every input that is wrong or missing, all at once.
 */
export async function prepareLocally(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  groups: readonly InputGroup[],
  examples: Raw = {},
): Promise<LocalPreparation> {
  const { given: resolution, sandboxed } = await resolve(dependencies, flags, groups, examples);
  const { values, missing } = resolution;
  refuseProblems({ ...resolution, missing: missing.filter(({ key }) => key !== "phalaApiKey") });
  hideSecrets(dependencies, values);
  const { stateDir, phalaApiUrl } = values;
  if (stateDir === undefined || phalaApiUrl === undefined) throw new Error("inputs without a default");
  return {
    resolution,
    stateDir,
    stateHost: sandboxed ? "sandbox" : new URL(phalaApiUrl).host,
    connect: () =>
      values.phalaApiKey === undefined ? undefined : dependencies.connect(toConnection(values)),
  };
}

/** The inputs from all their sources; with `--sandbox` it runs from here on. */
async function resolve(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  groups: readonly InputGroup[],
  examples: Raw,
): Promise<{ given: Resolution; sandboxed: boolean }> {
  const { env } = dependencies;
  const config = await readConfigFile(flags.config ?? (env["TEE_CLUSTER_CONFIG"] || undefined));
  const sources = { flags: flags.inputs, env, config, groups };
  if (!flags.sandbox) return { given: resolveInputs({ ...sources, examples }), sandboxed: false };
  const sandbox = await startSandbox(dependencies, resolveInputs({ ...sources, examples }));
  const given = resolveInputs({ ...sources, examples: { ...sandbox.examples, ...examples } });
  // The sandbox is what is talked to, whatever key and address the environment has for the real platform.
  return { given: bind(given, sandbox), sandboxed: true };
}

async function startSandbox(
  dependencies: CommandDependencies,
  first: Resolution,
): Promise<{ examples: Raw; apiUrl: string; gatewayUrl: string; apiKey: string }> {
  // The sandbox's examples replace what is missing, but nothing that is wrong: not even a folder may be made then.
  refuseProblems({ ...first, missing: [] });
  const stateDir = first.values.stateDir;
  if (stateDir === undefined) throw new Error("no state directory");
  return dependencies.startSandbox(stateDir);
}

function bind(
  given: Resolution,
  sandbox: { apiUrl: string; gatewayUrl: string; apiKey: string },
): Resolution {
  const { apiUrl: phalaApiUrl, gatewayUrl, apiKey: phalaApiKey } = sandbox;
  return {
    ...given,
    values: { ...given.values, phalaApiUrl, gatewayUrl, phalaApiKey },
    origins: { ...given.origins, phalaApiUrl: "default", gatewayUrl: "default", phalaApiKey: "default" },
    missing: given.missing.filter(({ key }) => key !== "phalaApiKey"),
  };
}

/** Without the key not even the prerequisites can be checked, so it is asked for first. */
async function askForKey(resolution: Resolution, dependencies: CommandDependencies): Promise<Resolution> {
  const definition = inputDefinition("phalaApiKey");
  if (!dependencies.prompter || resolution.values.phalaApiKey !== undefined) return resolution;
  if (resolution.problems.length > 0) return resolution;
  const validate = (text: string): true | string => {
    if (text === "") return "is required";
    const parsed = parseInput(definition, text, "prompt");
    return "problem" in parsed ? parsed.problem.message : true;
  };
  const phalaApiKey = await dependencies.prompter.secret({
    message: "Phala Cloud API key (not shown)",
    validate,
  });
  return {
    ...resolution,
    values: { ...resolution.values, phalaApiKey },
    origins: { ...resolution.origins, phalaApiKey: "prompt" },
  };
}

/** From here on no secret comes out of the program, whatever prints it. */
export function hideSecrets(dependencies: CommandDependencies, values: Partial<Values>): void {
  for (const { key, secret } of INPUTS) {
    const value = values[key];
    if (secret && typeof value === "string") dependencies.redactor.add(value);
  }
}
