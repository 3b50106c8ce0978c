/** The cluster's registry as the API has it now. Names only find candidates: a registry may be renamed in the dashboard. */
import { registryName, type Cvm } from "../core/domain.ts";
import type { CloudApi, Lookup } from "../core/ports.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { findClusterCvms } from "./cluster-cvms.ts";
import { registryIds, type ClusterRecord } from "../state/record.ts";

/**
 * By its recorded app_ids, newest first, whatever it is called; else by its name. The list tells where a look-up does
 * not: an id that several CVMs have may be refused as ambiguous. Never throws for what the API does.
 */
export async function findRegistry(
  cluster: string,
  record: ClusterRecord,
  api: CloudApi,
  signal: AbortSignal,
): Promise<Lookup<Cvm>> {
  for (const id of [...registryIds(record).toReversed(), registryName(cluster)]) {
    const found = await api.findCvm(id, signal);
    if (found.kind === "present") return found;
    if (found.kind === "absent") continue;
    const listed = await findListed(cluster, record, api, signal);
    return listed === undefined ? found : { kind: "present", value: listed };
  }
  return { kind: "absent" };
}

async function findListed(
  cluster: string,
  record: ClusterRecord,
  api: CloudApi,
  signal: AbortSignal,
): Promise<Cvm | undefined> {
  try {
    const { cvms } = await findClusterCvms(cluster, record, api, signal);
    return cvms.find(({ role }) => role === "registry")?.cvm;
  } catch (error) {
    if (error instanceof ClusterError && !signal.aborted) return undefined;
    throw error;
  }
}
