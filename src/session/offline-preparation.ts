/** The first part of commands that only read the record of a cluster: they make no request and need no key. */
import type { InputKey } from "../inputs/table.ts";
import { assertNoProblems, resolveInputs, type Raw, type Resolution } from "../inputs/resolve.ts";
import { known } from "../inputs/values.ts";
import { findStateDirectory } from "../state/cluster-folder.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import { resolutionWithKnown } from "./known-inputs.ts";
import type { CommandRun, CommonFlags } from "./dependencies.ts";
import type { ConfigFile } from "../inputs/config-file.ts";
import { configFileOf, hideSecrets, sourcesFor } from "./preparation.ts";
import { SANDBOX_HOST, sandboxHint } from "./sandbox.ts";

export type OfflinePreparation = {
  readonly resolution: Resolution;
  readonly config: ConfigFile;
  /** Under which host clusters are recorded; this and the next for commands whose groups have `state` among them. */
  stateHost(): string;
  /** Where a cluster is recorded. */
  directory(cluster: string): Promise<StateDirectory>;
};

/** All but the key: what is recorded is read without asking Phala. */
const keysOf = ({ keys }: CommonFlags): readonly InputKey[] =>
  keys.filter((key) => key !== "phalaApiKey");

type OfflineOptions = {
  /** Stand in for what is given nowhere. */
  readonly examples?: Raw;
  /** Whether the only recorded cluster is meant where none is named. */
  readonly remember?: boolean;
  /** The key too, and nothing that is missing is refused: for a command that only shows them. */
  readonly everything?: boolean;
};

/**
 * @throws ClusterError (input) for every input that is wrong, or missing: nobody is asked.
 */
export async function prepareOffline(
  run: CommandRun,
  { examples = {}, remember = false, everything = false }: OfflineOptions = {},
): Promise<OfflinePreparation> {
  const { env, flags, sandboxExamples } = run;
  const config = await configFileOf(run);
  const standIns = { ...(flags.sandbox ? await sandboxExamples() : {}), ...examples };
  const sources = everything
    ? sourcesFor({ env, flags, emit: () => undefined }, config)
    : { flags: flags.inputs, env, config, keys: keysOf(flags) };
  const resolved = resolveInputs({ ...sources, examples: standIns });
  const given = flags.sandbox ? atSandbox(resolved) : resolved;
  const { phalaApiUrl } = given.values;
  const apiHost = phalaApiUrl === undefined ? undefined : new URL(phalaApiUrl).host;
  const host = flags.sandbox ? SANDBOX_HOST : apiHost;
  const { resolution } = await resolutionWithKnown(given, { env, stateHost: host, remember });
  const needed = everything ? { ...resolution, missing: [] } : resolution;
  // What the sandbox has is told beside what is missing; looking takes a stat for each recorded cluster.
  const isHintShown = !flags.sandbox && needed.missing.length > 0;
  const more = isHintShown ? await sandboxHint(resolution) : undefined;
  assertNoProblems(needed, { asks: false, more });
  hideSecrets(run, resolution.values);
  const { values } = resolution;
  const stateHost = (): string =>
    flags.sandbox ? SANDBOX_HOST : new URL(known(values, "phalaApiUrl")).host;
  return {
    resolution,
    config,
    stateHost,
    directory: (cluster) =>
      findStateDirectory(
        { stateDir: known(values, "stateDir"), apiHost: stateHost(), cluster },
        null,
      ),
  };
}

/** No server is started: a file for this machine is the sandbox's, one for the real platform is not. */
function atSandbox(resolution: Resolution): Resolution {
  if (resolution.values.phalaApiUrl === undefined) return resolution;
  return {
    ...resolution,
    values: { ...resolution.values, phalaApiUrl: "http://127.0.0.1" },
    origins: { ...resolution.origins, phalaApiUrl: "default" },
  };
}
