/** One look at a cluster: what Phala's API lists of it, and what its CVMs answer. Reads only. */
import pMap from "p-map";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import type { Cvm, CvmRole } from "../../core/domain.ts";
import { renderGatewayUrl } from "../../orchestrator/urls.ts";
import type {
  Capacity,
  Clock,
  CloudApi,
  Health,
  Lookup,
  OperationsLookup,
  Spawntee,
  SpawnteeAnswer,
} from "../../core/ports.ts";
import { isPlaced } from "../../registry/registry.ts";
import { findClusterCvms, type ClusterCvm, type RecordedIds } from "../../session/cluster-cvms.ts";

export type SeenCvm = {
  readonly cvm: Cvm;
  readonly role: CvmRole;
  /** Base URL of its spawntee; null where the API does not say enough to build it. */
  readonly url: string | null;
  /** Undefined: not asked, because it has no address or does not run. */
  readonly health: SpawnteeAnswer<Health> | undefined;
  readonly capacity: SpawnteeAnswer<Capacity> | undefined;
  /** When its service started, by its own uptime and this machine's clock; ms since the epoch. */
  readonly startedAtMs: number | null;
  readonly appCompose: Lookup<AppCompose>;
  /** Why the list's entry, which lacked something, could not be completed. */
  readonly incomplete: string | null;
};

export type ClusterLook = {
  /** The registry first, then temporary and other runners, oldest first. */
  readonly cvms: readonly SeenCvm[];
  /** The registry's. */
  readonly operations: OperationsLookup;
  /** This machine's clock, ms since the epoch. */
  readonly nowMs: number;
  /** Server time minus this machine's, ms. */
  readonly skewMs: number;
};

export type Observer = {
  readonly cluster: string;
  readonly gatewayUrl: string;
  readonly spawnteePort: number;
  readonly api: CloudApi;
  readonly spawntee: Spawntee;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What this machine has recorded of the cluster: names only find candidates. */
  readonly recorded: () => Promise<RecordedIds>;
  /** Told of the account's other clusters where it has no CVM of this one. @throws ClusterError for a typo. */
  readonly onNone: (others: ReadonlySet<string>) => Promise<void>;
};

/** Each of them is three requests at once. */
const CVMS_AT_A_TIME = 8;

/**
 * Reads the whole account's list, so that nothing hangs on how the server searches, and takes its own by recorded
 * app_ids and exact names.
 * @throws ClusterError (platform; prerequisite for a refused key) where the list is not to be had: an error is
 *   never an empty cluster.
 */
export async function lookAtCluster(observer: Observer): Promise<ClusterLook> {
  const { api, clock, cluster, signal } = observer;
  const recorded = await observer.recorded();
  const { cvms: ours, others } = await findClusterCvms(cluster, recorded, api, signal);
  if (ours.length === 0) await observer.onNone(others);
  const registry = ours.find(({ role }) => role === "registry")?.cvm;
  const [seen, operations] = await Promise.all([
    pMap(ours, (own) => lookAtCvm(own, observer), { concurrency: CVMS_AT_A_TIME }),
    registry ? api.operations(idOf(registry), signal) : { kind: "absent" as const },
  ]);
  const cvms = seen.filter((one) => one !== undefined).toSorted(inOrder);
  return { cvms, operations, nowMs: clock.now(), skewMs: api.serverClock.skewMs() ?? 0 };
}

/** Undefined for one that went away after it was listed. */
async function lookAtCvm(
  { cvm: listed, role }: ClusterCvm,
  observer: Observer,
): Promise<SeenCvm | undefined> {
  const { spawntee, signal } = observer;
  const completed = await complete(listed, observer);
  if (completed === undefined) return undefined;
  const { cvm, incomplete } = completed;
  const url = addressOf(cvm, observer);
  const asked = url !== null && (cvm.status === "running" || cvm.inProgress) ? url : undefined;
  const [life, capacity, measured] = await Promise.all([
    asked === undefined ? undefined : askHealth(asked, observer),
    asked === undefined ? undefined : spawntee.capacity(asked, signal),
    readAppCompose(cvm, observer),
  ]);
  const { health, startedAtMs = null } = life ?? {};
  return { ...measured, role, url, health, startedAtMs, capacity, incomplete };
}

/** An uptime counts back from the moment of the answer; the whole look may take much longer. */
async function askHealth(
  url: string,
  { spawntee, clock, signal }: Observer,
): Promise<Pick<SeenCvm, "health" | "startedAtMs">> {
  const health = await spawntee.health(url, signal);
  const uptime = health.kind === "answered" ? health.value.uptimeSeconds : null;
  return { health, startedAtMs: uptime === null ? null : clock.now() - uptime * 1000 };
}

/** Rows of older CVMs lack fields that the single CVM has. */
async function complete(
  listed: Cvm,
  { api, signal }: Observer,
): Promise<{ cvm: Cvm; incomplete: string | null } | undefined> {
  if (listed.composeHash !== null && isPlaced(listed)) return { cvm: listed, incomplete: null };
  const found = await api.findCvm(idOf(listed), signal);
  if (found.kind === "absent") return undefined;
  return found.kind === "present"
    ? { cvm: found.value, incomplete: null }
    : { cvm: listed, incomplete: found.reason };
}

/** One that was updated between the list and this request has another hash by now, and is looked up again. */
async function readAppCompose(
  cvm: Cvm,
  { api, signal }: Observer,
): Promise<{ cvm: Cvm; appCompose: Lookup<AppCompose> }> {
  const appCompose = await api.appCompose(idOf(cvm), signal, cvm.composeHash ?? undefined);
  if (appCompose.kind !== "present" || composeHashOf(appCompose.value) === cvm.composeHash)
    return { cvm, appCompose };
  const fresh = await api.findCvm(idOf(cvm), signal);
  if (fresh.kind !== "present") return { cvm, appCompose };
  return { cvm: fresh.value, appCompose: await api.appCompose(idOf(cvm), signal) };
}

const idOf = (cvm: Cvm): string => cvm.vmUuid ?? cvm.appId ?? cvm.name;

function addressOf(cvm: Cvm, { gatewayUrl, spawnteePort: port }: Observer): string | null {
  const { appId, nodeName: node, baseDomain } = cvm;
  if (!appId || !node || !baseDomain) return null;
  return renderGatewayUrl(gatewayUrl, { appId, port, node, baseDomain });
}

const RANK: Readonly<Record<CvmRole, number>> = { registry: 0, "temporary-runner": 1, runner: 2 };

function inOrder(a: SeenCvm, b: SeenCvm): number {
  if (a.role !== b.role) return RANK[a.role] - RANK[b.role];
  const [older, younger] = [a.cvm.createdAt ?? "", b.cvm.createdAt ?? ""];
  if (older !== younger) return older < younger ? -1 : 1;
  return a.cvm.name < b.cvm.name ? -1 : 1;
}
