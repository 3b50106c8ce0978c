/** The CVMs of one cluster among all of the account's: by recorded app_ids, by whole names, and their replicas. */
import {
  CVM_ROLES,
  clusterOf,
  identityOf,
  registryName,
  roleOf,
  temporaryRunnerName,
  type Cvm,
  type CvmRole,
} from "../core/domain.ts";
import type { CloudApi, CvmIdentity, Lookup } from "../core/ports.ts";
import { registryIds, type ClusterRecord } from "../state/record.ts";
import { lookupFailed } from "../workflow/find-cvm.ts";
import { ClusterError } from "../errors/cluster-error.ts";

export type ClusterCvm = { readonly cvm: Cvm; readonly role: CvmRole };

type ClusterCvms = {
  /** In the order in which they are taken down. */
  readonly cvms: readonly ClusterCvm[];
  /** The clusters that the account's other CVMs have names of. */
  readonly others: ReadonlySet<string>;
};

/** What tells this cluster's CVMs, whatever they are called by now. */
export type RecordedIds = Pick<
  ClusterRecord,
  "registryCreations" | "adoptedRegistries" | "openTemporaryRunners"
>;

/**
 * Every CVM that has a recorded app_id or a name of the cluster, and every other one with the app_id of such a one: a
 * registry may be renamed in the dashboard, and `phala cvms replicate` makes more CVMs of one app_id.
 * @param certain whether a recorded app_id that can't be looked up ends it: a list may lag behind.
 * @throws ClusterError (platform; prerequisite for a key that is refused).
 */
export async function findClusterCvms(
  cluster: string,
  record: RecordedIds,
  api: CloudApi,
  signal: AbortSignal,
  { certain }: { readonly certain: boolean } = { certain: false },
): Promise<ClusterCvms> {
  const recorded = recordedRoles(record);
  const { listed, roles, others } = await listAll(cluster, recorded, api, signal);
  const shown = new Set(listed.map(({ appId }) => appId));
  const found = [...listed];
  for (const appId of recorded.keys()) {
    if (shown.has(appId)) continue;
    const one = await api.findCvm(appId, signal);
    if (one.kind === "present" && one.value.appId === appId) found.push(one.value);
    if (one.kind === "unknown" && certain)
      throw lookupFailed(nameFor(appId, record, cluster), one.reason);
  }
  const cvms = found.flatMap((cvm) => {
    const role = roleIn(cvm, cluster, roles);
    return role === undefined ? [] : [{ cvm, role }];
  });
  return { cvms: cvms.toSorted(byOrder), others };
}

const byOrder = (a: ClusterCvm, b: ClusterCvm): number =>
  CVM_ROLES.indexOf(a.role) - CVM_ROLES.indexOf(b.role) ||
  a.cvm.name.localeCompare(b.cvm.name) ||
  identityOf(a.cvm).localeCompare(identityOf(b.cvm));

type Roles = ReadonlyMap<string, CvmRole>;

/** By app_id. */
function recordedRoles(record: RecordedIds): Roles {
  const temporary = record.openTemporaryRunners.flatMap(({ appId }) => appId ?? []);
  return new Map([
    ...temporary.map((appId) => [appId, "temporary-runner"] as const),
    ...registryIds(record).map((appId) => [appId, "registry"] as const),
  ]);
}

function nameFor(appId: string, record: RecordedIds, cluster: string): string {
  return registryIds(record).includes(appId) ? registryName(cluster) : temporaryRunnerName(cluster);
}

const roleIn = ({ name, appId }: CvmIdentity, cluster: string, roles: Roles): CvmRole | undefined =>
  (appId === null ? undefined : roles.get(appId)) ?? roleOf(name, cluster);

/** Only a recorded app_id makes a CVM ours whose name is of another cluster: either may be a replica of the other's. */
function isOfAnother({ name }: CvmIdentity, cluster: string): boolean {
  const other = clusterOf(name);
  return other !== undefined && other !== cluster;
}

/** Read a second time only where an app_id of ours is also that of a CVM with another name. */
async function listAll(
  cluster: string,
  recorded: Roles,
  api: CloudApi,
  signal: AbortSignal,
): Promise<{ listed: readonly Cvm[]; roles: Roles; others: ReadonlySet<string> }> {
  const others = new Set<string>();
  const otherIds = new Set<string>();
  const keep = (cvm: CvmIdentity): boolean => {
    if (roleIn(cvm, cluster, recorded) !== undefined) return true;
    others.add(clusterOf(cvm.name) ?? "");
    if (cvm.appId !== null) otherIds.add(cvm.appId);
    return false;
  };
  const listed = await api.listCvms(signal, { keep, search: cluster });
  const named = listed.flatMap((cvm) => {
    const role = roleIn(cvm, cluster, recorded);
    return cvm.appId === null || role === undefined ? [] : [[cvm.appId, role] as const];
  });
  const roles = new Map([...named, ...recorded]);
  if (![...roles.keys()].some((appId) => otherIds.has(appId))) return { listed, roles, others };
  const all = await api.listCvms(signal, {
    keep: (cvm) => roleIn(cvm, cluster, isOfAnother(cvm, cluster) ? recorded : roles) !== undefined,
    search: cluster,
  });
  return { listed: all, roles, others };
}

export function temporaryRunnersIn(cvms: readonly ClusterCvm[]): readonly Cvm[] {
  return cvms.flatMap(({ role, cvm }) => (role === "temporary-runner" ? [cvm] : []));
}

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
