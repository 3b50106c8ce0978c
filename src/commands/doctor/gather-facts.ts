/** The inputs of `doctor`: it continues with the valid ones and reports the others. */
import { ClusterError } from "../../errors/cluster-error.ts";
import { readConfigFile, type ConfigFile } from "../../inputs/config-file.ts";
import { INPUTS, nameOfInput, type InputKey } from "../../inputs/table.ts";
import { missingForCluster } from "../../inputs/required.ts";
import {
  isGiven,
  resolveInputs,
  type Raw,
  type Resolution,
  type Sources,
} from "../../inputs/resolve.ts";
import type { ClusterSettings, Connection } from "../../core/settings.ts";
import { toClusterSettings, toConnection } from "../../inputs/values.ts";
import type { CommandDependencies, CommandRun, SandboxHandle } from "../../session/dependencies.ts";
import { withSandboxKey } from "../../session/deployment-inputs.ts";
import { resolutionWithKnown } from "../../session/known-inputs.ts";
import {
  configPathOf,
  hideSecrets,
  resolveWith,
  sourcesFor,
  stateHostOf,
} from "../../session/preparation.ts";

export type GivenInputs = {
  readonly resolution: Resolution;
  readonly configProblem: ClusterError | undefined;
  readonly sandbox: SandboxHandle | undefined;
  readonly connection: Connection;
  readonly cluster: ClusterSettings;
  /** Inputs that have only a stand-in, each with the name of what is missing. */
  readonly unavailable: ReadonlyMap<InputKey, string>;
};

const NO_FILE: ConfigFile = { path: undefined, values: {} };
/** For required inputs without a default. */
const STAND_INS: Raw = { clusterName: "unnamed", phalaApiKey: "not-given" };

export async function gatherInputs(run: CommandRun): Promise<GivenInputs> {
  const { env, flags } = run;
  const { config, problem: configProblem } = await configOf(run);
  const { keys } = flags;
  const sources = sourcesFor(run, config);
  const sandbox = flags.sandbox ? await startSandboxFor(sources, run) : undefined;
  const resolved = await withSandboxKey(
    await withKnown(resolveWith(sandbox, sources), sandbox, env),
    sandbox,
  );
  const resolution = withUnreadFile(resolved, configProblem);
  hideSecrets(run, resolution.values);
  const standIns = resolveInputs({
    flags: {},
    env: {},
    config: NO_FILE,
    examples: STAND_INS,
    keys,
  }).values;
  const values = { ...standIns, ...resolution.values };
  return {
    resolution,
    configProblem,
    sandbox,
    connection: toConnection(values),
    cluster: toClusterSettings(values),
    unavailable: unavailableIn(resolution, configProblem),
  };
}

/** With recorded values and those of orchestrator.yml; a check reports a record that can't be read. */
async function withKnown(
  resolution: Resolution,
  sandbox: SandboxHandle | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Resolution> {
  const { phalaApiUrl } = resolution.values;
  const stateHost = phalaApiUrl && stateHostOf(sandbox, new URL(phalaApiUrl).host);
  try {
    return (await resolutionWithKnown(resolution, { env, stateHost, remember: true })).resolution;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return resolution;
  }
}

async function configOf(
  run: CommandRun,
): Promise<{ config: ConfigFile; problem: ClusterError | undefined }> {
  try {
    return { config: await readConfigFile(configPathOf(run), run.signal), problem: undefined };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { config: NO_FILE, problem: error };
  }
}

/** Undefined without a state directory. */
async function startSandboxFor(
  sources: Omit<Sources, "examples">,
  dependencies: CommandDependencies,
): Promise<SandboxHandle | undefined> {
  const { stateDir } = resolveInputs({ ...sources, examples: {} }).values;
  return stateDir === undefined ? undefined : dependencies.startSandbox(stateDir);
}

/** An input that the unreadable config file may contain is not missing. */
function withUnreadFile(resolution: Resolution, problem: ClusterError | undefined): Resolution {
  if (problem === undefined) return resolution;
  return { ...resolution, missing: resolution.missing.filter(({ flag }) => flag === undefined) };
}

function unavailableIn(
  { problems, missing, values, origins }: Resolution,
  configProblem: ClusterError | undefined,
): ReadonlyMap<InputKey, string> {
  const known = [...problems.map(({ input }) => input), ...missing, ...missingForCluster(values)];
  // Nor are its defaults certain.
  const unread = configProblem
    ? INPUTS.filter(({ key, flag }) => flag !== undefined && !isGiven({ origins }, key))
    : [];
  return new Map([
    ...known.map((input) => [input.key, nameOfInput(input)] as const),
    ...unread.map(({ key }) => [key, "the config file"] as const),
  ]);
}
