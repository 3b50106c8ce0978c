/** What `destroy` would delete, CVM by CVM. */
import { formatAge } from "../../lib/age.ts";
import type { ClusterCvm } from "../../session/cluster-cvms.ts";
import type { DryRunResult } from "../shared/result.ts";

/** @param nowMs the server's time. */
export function planDestroy(
  cluster: string,
  found: readonly ClusterCvm[],
  nowMs: number,
): DryRunResult {
  const actions = found.map(({ cvm }) => {
    const created = cvm.createdAt === null ? Number.NaN : Date.parse(cvm.createdAt);
    // In no schema of the API, so mostly it does not tell.
    const age = Number.isNaN(created) ? [] : [`${formatAge(nowMs - created)} old`];
    const detail = [cvm.status, ...age, `app_id ${cvm.appId ?? "unknown"}`].join(", ");
    return { action: "delete" as const, resource: cvm.name, detail };
  });
  return { ok: true, command: "destroy", cluster, dry_run: true, actions, warnings: [] };
}
