/** How often a command will run `phala`, announced as early as possible so that one is started ahead. */
import { toClusterInputs } from "../../inputs/values.ts";
import type { HashFrom } from "../../core/settings.ts";
import { clusterFactsOf, factsOf, isHashRecorded, type ClusterFacts } from "../../session/facts.ts";
import type { Preparation } from "../../session/preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import { findStateDirectory } from "../../state/cluster-folder.ts";
import { readClusterRecord } from "../../state/verified-state.ts";

/** Runs beside the checks. A wrong count only costs time. */
export async function expectRuns(
  { cli }: Pick<ClusterFacts, "cli">,
  count: () => Promise<number>,
): Promise<void> {
  try {
    await cli.expectRuns(await count());
  } catch {
    // The checks report what can't be read.
  }
}

/** Provisioning a runner, or deploying and deleting the temporary one. None where the hash is recorded. */
export async function runsForHash(facts: ClusterFacts, hashFrom: HashFrom): Promise<number> {
  if (await isHashRecorded(facts)) return 0;
  return hashFrom === "provision" ? 1 : 2;
}

/**
 * The first run for a cluster that is recorded here, before any request; the platform's answers correct it. None
 * where an input is missing or the registry is not recorded: a check may end such a run.
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
