/** The cluster's registry as the API has it now. Names only find candidates: a registry may be renamed in the dashboard. */
import { registryName, type Cvm } from "../core/domain.ts";
import type { CloudApi, Lookup } from "../core/ports.ts";
import { registryIds, type ClusterRecord } from "../state/record.ts";

/** By its recorded app_ids, newest first, whatever it is called; else by its name. Never throws for what the API does. */
export async function findRegistry(
  cluster: string,
  record: ClusterRecord,
  api: Pick<CloudApi, "findCvm">,
  signal: AbortSignal,
): Promise<Lookup<Cvm>> {
  for (const id of [...registryIds(record).toReversed(), registryName(cluster)]) {
    const found = await api.findCvm(id, signal);
    if (found.kind !== "absent") return found;
  }
  return { kind: "absent" };
}
