/** A snapshot of a cluster: its CVMs in Phala's list, and their own answers. Reads only. */
import pMap from "p-map";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import type { Cvm, CvmRole } from "../../core/domain.ts";
import type {
  Capacity,
  Health,
  Lookup,
  OperationsLookup,
  SpawnteeAnswer,
} from "../../core/ports.ts";
import { known } from "../../inputs/values.ts";
import { renderGatewayUrl } from "../../orchestrator/urls.ts";
import { isPlaced } from "../../registry/registry.ts";
import type { ClusterCvm } from "../../session/cluster-cvms.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { ClusterRecord } from "../../state/record.ts";
import { findKnownCvms } from "../shared/find-cluster.ts";

export type InspectedCvm = {
  readonly cvm: Cvm;
  readonly role: CvmRole;
  /** Base URL of its spawntee; null where the API lacks a part of it. */
  readonly url: string | null;
  /** Undefined: not asked, because it has no address or does not run. */
  readonly health: SpawnteeAnswer<Health> | undefined;
  readonly capacity: SpawnteeAnswer<Capacity> | undefined;
  /** When its service started, by its uptime and this machine's clock; ms since the epoch. */
  readonly startedAtMs: number | null;
  readonly appCompose: Lookup<AppCompose>;
  /** Why an incomplete entry of the list could not be completed. */
  readonly incomplete: string | null;
};

export type ClusterSnapshot = {
  /** The registry first, then temporary and other runners, oldest first. */
  readonly cvms: readonly InspectedCvm[];
  /** The registry's. */
  readonly operations: OperationsLookup;
  /** This machine's clock, ms since the epoch. */
  readonly nowMs: number;
  /** Server time minus this machine's, ms. */
  readonly skewMs: number;
};

/** Three concurrent requests each. */
const CVMS_AT_A_TIME = 8;

/**
 * Reads the account's whole list, so that nothing depends on how the server searches, and picks the cluster's CVMs
 * by recorded app_ids and exact names.
 * @throws ClusterError (platform; prerequisite for a refused key) where the list can't be read: an error is never
 *   an empty cluster.
 */
/** Undefined where the cluster has none. */
export const registryIn = ({ cvms }: Pick<ClusterSnapshot, "cvms">): InspectedCvm | undefined =>
  cvms.find(({ role }) => role === "registry");

export async function inspectCluster(
  cluster: string,
  record: ClusterRecord,
  prepared: Preparation,
): Promise<ClusterSnapshot> {
  const { ports, clock, signal } = prepared;
  const { api } = ports;
  const own = await findKnownCvms(cluster, record, prepared);
  const registry = own.find(({ role }) => role === "registry")?.cvm;
  const [inspected, operations] = await Promise.all([
    pMap(own, (one) => inspectCvm(one, prepared), { concurrency: CVMS_AT_A_TIME }),
    registry ? api.operations(idOf(registry), signal) : { kind: "absent" as const },
  ]);
  const cvms = inspected.filter((one) => one !== undefined).toSorted(byRoleAndAge);
  return { cvms, operations, nowMs: clock.now(), skewMs: api.serverClock.skewMs() ?? 0 };
}

/** Undefined for one that was deleted after it was listed. */
async function inspectCvm(
  { cvm: listed, role }: ClusterCvm,
  prepared: Preparation,
): Promise<InspectedCvm | undefined> {
  const { ports, signal } = prepared;
  const { spawntee } = ports;
  const completed = await complete(listed, prepared);
  if (completed === undefined) return undefined;
  const { cvm, incomplete } = completed;
  const url = addressOf(cvm, prepared);
  const asked = url !== null && (cvm.status === "running" || cvm.inProgress) ? url : undefined;
  const [life, capacity, measured] = await Promise.all([
    asked === undefined ? undefined : askHealth(asked, prepared),
    asked === undefined ? undefined : spawntee.capacity(asked, signal),
    readAppCompose(cvm, prepared),
  ]);
  const { health, startedAtMs = null } = life ?? {};
  return { ...measured, role, url, health, startedAtMs, capacity, incomplete };
}

/** An uptime counts back from the moment of the answer; the whole inspection may take much longer. */
async function askHealth(
  url: string,
  { ports: { spawntee }, clock, signal }: Preparation,
): Promise<Pick<InspectedCvm, "health" | "startedAtMs">> {
  const health = await spawntee.health(url, signal);
  const uptime = health.kind === "answered" ? health.value.uptimeSeconds : null;
  return { health, startedAtMs: uptime === null ? null : clock.now() - uptime * 1000 };
}

/** Rows of older CVMs lack fields that the single CVM has. */
async function complete(
  listed: Cvm,
  { ports: { api }, signal }: Preparation,
): Promise<{ cvm: Cvm; incomplete: string | null } | undefined> {
  if (listed.composeHash !== null && isPlaced(listed)) return { cvm: listed, incomplete: null };
  const found = await api.findCvm(idOf(listed), signal);
  if (found.kind === "absent") return undefined;
  return found.kind === "present"
    ? { cvm: found.value, incomplete: null }
    : { cvm: listed, incomplete: found.reason };
}

/** A CVM that was updated since it was listed has another hash by now, and is looked up again. */
async function readAppCompose(
  cvm: Cvm,
  { ports: { api }, signal }: Preparation,
): Promise<{ cvm: Cvm; appCompose: Lookup<AppCompose> }> {
  const appCompose = await api.appCompose(idOf(cvm), signal, cvm.composeHash ?? undefined);
  if (appCompose.kind !== "present" || composeHashOf(appCompose.value) === cvm.composeHash)
    return { cvm, appCompose };
  const fresh = await api.findCvm(idOf(cvm), signal);
  if (fresh.kind !== "present") return { cvm, appCompose };
  return { cvm: fresh.value, appCompose: await api.appCompose(idOf(cvm), signal) };
}

const idOf = (cvm: Cvm): string => cvm.vmUuid ?? cvm.appId ?? cvm.name;

function addressOf(cvm: Cvm, { connection, resolution }: Preparation): string | null {
  const { appId, nodeName: node, baseDomain } = cvm;
  if (!appId || !node || !baseDomain) return null;
  const port = known(resolution.values, "spawnteePort");
  return renderGatewayUrl(connection.gatewayUrl, { appId, port, node, baseDomain });
}

const RANK: Readonly<Record<CvmRole, number>> = { registry: 0, "temporary-runner": 1, runner: 2 };

const byRoleAndAge = (a: InspectedCvm, b: InspectedCvm): number =>
  RANK[a.role] - RANK[b.role] || (keyOf(a) < keyOf(b) ? -1 : 1);

const keyOf = ({ cvm }: InspectedCvm): string => `${cvm.createdAt ?? ""} ${cvm.name}`;
