/** What commands do first that read the record of a cluster and make no request: they need no key. */
import type { InputGroup } from "../inputs/definitions.ts";
import { refuseProblems, resolveInputs, type Resolution } from "../inputs/resolve.ts";
import { known } from "../inputs/values.ts";
import { stateDirectoryOf, type StateDirectory } from "../state/state-directory.ts";
import type { CommandDependencies, CommonFlags } from "./dependencies.ts";
import { configFileOf, hideSecrets, SANDBOX_HOST } from "./preparation.ts";

export type OfflinePreparation = {
  readonly resolution: Resolution;
  /** Where a cluster is recorded; for commands whose groups have `state` among them. */
  directory(cluster: string): StateDirectory;
};

/** @throws ClusterError (input) for every input that is wrong, or missing: nobody is asked. */
export async function prepareOffline(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  groups: readonly InputGroup[],
): Promise<OfflinePreparation> {
  const { env, sandboxExamples } = dependencies;
  const config = await configFileOf(flags, env);
  const examples = flags.sandbox ? await sandboxExamples() : {};
  const resolution = resolveInputs({ flags: flags.inputs, env, config, groups, examples });
  refuseProblems(resolution, { asks: false });
  hideSecrets(dependencies, resolution.values);
  const { values } = resolution;
  return {
    resolution,
    directory(cluster) {
      const host = flags.sandbox ? SANDBOX_HOST : new URL(known(values, "phalaApiUrl")).host;
      return stateDirectoryOf(known(values, "stateDir"), host, cluster);
    },
  };
}
