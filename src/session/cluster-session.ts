/** What commands read of a cluster before they open a session: its folder, its record, its inputs. */
import type { Answers } from "../inputs/resolve.ts";
import { readClusterRecord } from "../state/verified-state.ts";
import { openAttempts, type ClusterRecord } from "../state/record.ts";
import { findStateDirectory, isAnyRecorded } from "../state/cluster-folder.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import type { Cvm } from "../core/domain.ts";
import type { Lookup } from "../core/ports.ts";
import { findRegistry } from "./cluster-cvms.ts";
import type { Preparation } from "./preparation.ts";
import { withRecordedInputs, type WithRecordedInputs } from "./recorded-inputs.ts";

type Whereabouts = Pick<Preparation, "connection" | "stateHost" | "workspaceId">;

/** The folder of a cluster's record. Asks the platform for the workspace where any folder may be meant. */
export async function directoryOf(
  { connection, stateHost, workspaceId }: Whereabouts,
  cluster: string,
): Promise<StateDirectory> {
  const place = { stateDir: connection.stateDir, apiHost: stateHost, cluster };
  return findStateDirectory(place, (await isAnyRecorded(place)) ? await workspaceId() : null);
}

/** What this machine has recorded of a cluster so far; empty where it never saw it. */
export async function readRecord(prepared: Preparation, cluster: string): Promise<ClusterRecord> {
  return readClusterRecord(await directoryOf(prepared, cluster), cluster);
}

/**
 * The inputs with what the registry that is there now was given before, where nothing else is said: one of that
 * name may have been deleted and created again.
 * @returns also the registry, where it was looked up.
 */
export async function withRegistryInputs<A extends Answers>(
  resolution: A,
  record: ClusterRecord,
  { ports, signal }: Preparation,
): Promise<WithRecordedInputs<A> & { readonly found?: Lookup<Cvm> }> {
  const { approvals, composeHashes } = record;
  const { clusterName } = resolution.values;
  if (clusterName === undefined || approvals.length === 0)
    return withRecordedInputs(resolution, record);
  const found = await findRegistry(clusterName, record, ports.api, signal);
  // Without an answer the newest recorded values are used: better than defaults.
  if (found.kind === "unknown") return withRecordedInputs(resolution, record);
  // A cluster that is gone, and set up again, begins with the defaults.
  if (found.kind === "absent" || found.value.appId === null)
    return { resolution, taken: [], found };
  const { appId } = found.value;
  const own = approvals.filter((approval) => approval.appId === appId);
  const given = [...own, ...openAttempts(record, appId)];
  return { ...withRecordedInputs(resolution, { approvals: given, composeHashes }), found };
}
