/** How often a command is going to run `phala`: told as soon as it is known, so that one is loaded by then. */
import { toClusterInputs } from "../../inputs/values.ts";
import type { HashFrom } from "../../core/settings.ts";
import { clusterFactsOf, factsOf, isHashRecorded, type ClusterFacts } from "../../session/facts.ts";
import type { Preparation } from "../../session/preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import { findStateDirectory } from "../../state/cluster-folder.ts";
import { readClusterRecord } from "../../state/verified-state.ts";

/** Meanwhile the checks go on. A wrong count costs time and nothing else. */
export async function expectRuns(
  { cli }: Pick<ClusterFacts, "cli">,
  count: () => Promise<number>,
): Promise<void> {
  try {
    await cli.expectRuns(await count());
  } catch {
    // What can't be read is told by the checks.
  }
}

/** Provisioning a runner; or deploying the temporary one, and deleting it. None where the hash is recorded. */
export async function runsForHash(facts: ClusterFacts, hashFrom: HashFrom): Promise<number> {
  if (await isHashRecorded(facts)) return 0;
  return hashFrom === "provision" ? 1 : 2;
}

/**
 * The first run of a cluster that is recorded here, before any request: what the platform says corrects the count. None
 * where an input is missing, or the registry is not known here: a check may end such a run.
 */
export function expectFirstRun(prepared: Preparation): Promise<void> {
  const { resolution, connection, stateHost, ports } = prepared;
  return expectRuns(ports, async () => {
    const { clusterName: cluster } = resolution.values;
    if (cluster === undefined) return 0;
    const place = { stateDir: connection.stateDir, apiHost: stateHost, cluster };
    const record = await readClusterRecord(await findStateDirectory(place, null), cluster);
    if (record.registryCreations.length + record.adoptedRegistries.length === 0) return 0;
    const inputs = toClusterInputs(withRecordedInputs(resolution, record).resolution.values);
    const facts = clusterFactsOf(factsOf(prepared), inputs.cluster, record, false);
    return Math.min(1, await runsForHash(facts, inputs.hashFrom));
  });
}
