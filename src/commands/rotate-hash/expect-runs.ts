/** How often a rotation is going to run `phala`. */
import type { HashFrom } from "../../core/settings.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import { expectRuns, runsForHash } from "../shared/expect-runs.ts";
import type { RotateFlags } from "./flags.ts";

/** Without a new hash it mostly finds nothing to do. Where the list may be pushed, step 8 says how it gets there. */
export function expectRunsOfRotation(
  facts: ClusterFacts,
  hashFrom: HashFrom,
  { dryRun, rollback, via }: Pick<RotateFlags, "dryRun" | "rollback" | "via">,
): Promise<void> {
  const updates = !dryRun && (via === "restart" || facts.cluster.gatewayKeyPath === undefined);
  return expectRuns(facts, async () => {
    if (rollback || (dryRun && hashFrom !== "provision")) return 0;
    const runs = await runsForHash(facts, hashFrom);
    if (runs === 0 || (await facts.registry()).kind !== "present") return 0;
    return runs + (updates ? 1 : 0);
  });
}
