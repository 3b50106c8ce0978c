/** What every command does first: resolve its inputs, hide its secrets, connect. */
import { readConfigFile, type ConfigFile } from "../inputs/config-file.ts";
import { inputDefinition, INPUTS, type InputGroup } from "../inputs/definitions.ts";
import { parseInput, refuseProblems, resolveInputs, type Raw, type Resolution } from "../inputs/resolve.ts";
import type { Connection } from "../inputs/types.ts";
import { toConnection, type Values } from "../inputs/values.ts";
import type { CommandDependencies, CommonFlags, Ports } from "./dependencies.ts";

/** In place of a host, for the state of the embedded sandbox: its port may be another one each time. */
export const SANDBOX_HOST = "sandbox";

export type Preparation = {
  readonly resolution: Resolution;
  readonly connection: Connection;
  readonly ports: Ports;
  /** Under which host the state of this cloud is kept. */
  readonly stateHost: string;
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
  const { env, prompter } = dependencies;
  const config = await configFileOf(flags, env);
  const sources = { flags: flags.inputs, env, config, groups };
  const sandbox = flags.sandbox
    ? await startSandbox(dependencies, resolveInputs({ ...sources, examples: {} }))
    : undefined;
  const given = resolveInputs({ ...sources, examples: sandbox?.examples ?? {} });
  // The sandbox is what is talked to, whatever key and address the environment has for the real platform.
  const bound = sandbox ? bind(given, sandbox) : given;
  const resolution = prompter ? await askForKey(bound, dependencies) : bound;
  refuseProblems(prompter ? { ...resolution, missing: [] } : resolution);
  hideSecrets(dependencies, resolution.values);
  const connection = toConnection(resolution.values);
  const ports = dependencies.connect(connection);
  return { resolution, connection, ports, stateHost: sandbox ? SANDBOX_HOST : ports.api.host };
}

/** The config file that is named, or the default one where it is there. */
export function configFileOf(flags: CommonFlags, env: NodeJS.ProcessEnv): Promise<ConfigFile> {
  return readConfigFile(flags.config ?? (env["TEE_CLUSTER_CONFIG"] || undefined));
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
