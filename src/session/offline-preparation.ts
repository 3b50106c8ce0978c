/** What commands do first that read the record of a cluster and make no request: they need no key. */
import type { InputKey } from "../inputs/table.ts";
import { assertNoProblems, resolveInputs, type Raw, type Resolution } from "../inputs/resolve.ts";
import { known } from "../inputs/values.ts";
import { stateDirectoryOf, type StateDirectory } from "../state/state-directory.ts";
import { resolutionWithFile } from "./file-inputs.ts";
import type { CommandDependencies, CommonFlags } from "./dependencies.ts";
import { configFileOf, hideSecrets, SANDBOX_HOST } from "./preparation.ts";

export type OfflinePreparation = {
  readonly resolution: Resolution;
  /** Under which host clusters are recorded; this and the next for commands whose groups have `state` among them. */
  stateHost(): string;
  /** Where a cluster is recorded. */
  directory(cluster: string): StateDirectory;
};

/** All but the key: what is recorded is read without asking Phala. */
const keysOf = ({ keys }: CommonFlags): readonly InputKey[] => keys.filter((key) => key !== "phalaApiKey");

/**
 * @param examples stand in for what is given nowhere.
 * @throws ClusterError (input) for every input that is wrong, or missing: nobody is asked.
 */
export async function prepareOffline(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  examples: Raw = {},
): Promise<OfflinePreparation> {
  const { env, sandboxExamples } = dependencies;
  const config = await configFileOf(flags, env);
  const standIns = { ...(flags.sandbox ? await sandboxExamples() : {}), ...examples };
  const given = resolveInputs({
    flags: flags.inputs,
    env,
    config,
    keys: keysOf(flags),
    examples: standIns,
  });
  const resolution = await resolutionWithFile(given, env);
  assertNoProblems(resolution, { asks: false });
  hideSecrets(dependencies, resolution.values);
  const { values } = resolution;
  const stateHost = (): string => (flags.sandbox ? SANDBOX_HOST : new URL(known(values, "phalaApiUrl")).host);
  return {
    resolution,
    stateHost,
    directory: (cluster) => stateDirectoryOf(known(values, "stateDir"), stateHost(), cluster),
  };
}
