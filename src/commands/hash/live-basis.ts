/** Where nothing is recorded, a prediction may rest on a runner that is up: the newest one whose hash holds. */
import type { CloudApi } from "../../core/ports.ts";
import type { Warning } from "../../core/events.ts";
import { checkedRunner, newestFirst, runnersThatAreUp } from "../../runners/running-runners.ts";
import type { LiveAppCompose } from "../../app-compose/prediction-basis.ts";

export type LiveLookup = {
  /** One, or none. */
  readonly runners: readonly LiveAppCompose[];
  /** Runners that were passed over, each with the reason. */
  readonly warnings: readonly Warning[];
};

/** @throws ClusterError (platform, prerequisite) where the runners can't be listed. */
export async function lookUpLiveRunner(
  cluster: string,
  api: CloudApi,
  signal: AbortSignal,
): Promise<LiveLookup> {
  const warnings: Warning[] = [];
  const up = await runnersThatAreUp(cluster, api, signal);
  for (const cvm of await newestFirst(up, api, signal)) {
    const runner = await checkedRunner(cvm, api, signal);
    if (runner) return { runners: [{ name: cvm.name, appCompose: runner.appCompose }], warnings };
    const message = `the compose hash of ${cvm.name} (${cvm.composeHash ?? "none"}) could not be checked against its app-compose`;
    warnings.push({ code: "runner-hash-unchecked", message });
  }
  return { runners: [], warnings };
}
