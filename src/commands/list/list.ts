/** `tee-cluster list`: the clusters of the account and those recorded on this machine. Reads only. */
import { clusterOf, roleOf, type Cvm, type CvmRole } from "../../core/domain.ts";
import type { CvmIdentity } from "../../core/ports.ts";
import { pricePerHour, readPrices, type Prices } from "../../runners/price.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepare } from "../../session/preparation.ts";
import { findKnownClusters } from "../../state/known-clusters.ts";
import type { ListedCluster, ListResult } from "./result.ts";

/** Cluster names by the app_ids of their recorded registries. */
type RegistryOwners = ReadonlyMap<string, string>;

/** A registry that was renamed in the dashboard is found by its recorded app_id. */
const clusterNameOf = (
  { name, appId }: CvmIdentity,
  registries: RegistryOwners,
): string | undefined => registries.get(appId ?? "") ?? clusterOf(name);

/** @throws ClusterError (platform; prerequisite for a refused key), never a partial list. */
export async function listClusters(run: CommandRun): Promise<ListResult> {
  const { signal, emit } = run;
  const { ports, connection, stateHost } = await prepare(run, { asks: false });
  emit({ type: "run-started", command: "list", headline: "Looking for clusters" });
  const recorded = await findKnownClusters(connection.stateDir, stateHost);
  const registries = new Map(
    recorded.flatMap(({ name, registryIds }) => registryIds.map((appId) => [appId, name] as const)),
  );
  const keep = (cvm: CvmIdentity): boolean => clusterNameOf(cvm, registries) !== undefined;
  const [cvms, prices] = await Promise.all([
    ports.api.listCvms(signal, { keep }),
    readPrices(ports.api, signal),
  ]);
  const own = byCluster(cvms, registries);
  // A destroyed cluster stays on record, and is not listed.
  const alive = recorded.filter(({ hasRegistry }) => hasRegistry !== false).map(({ name }) => name);
  const known = new Set(recorded.map(({ name }) => name));
  const clusters = [...new Set([...own.keys(), ...alive])]
    .toSorted()
    .map((name) => listed(name, own.get(name) ?? [], known.has(name), { prices, registries }));
  return { ok: true, command: "list", host: stateHost, clusters, warnings: [] };
}

function listed(
  name: string,
  cvms: readonly Cvm[],
  recorded: boolean,
  { prices, registries }: { readonly prices: Prices; readonly registries: RegistryOwners },
): ListedCluster {
  const roleIn = (cvm: Cvm): CvmRole | undefined =>
    registries.has(cvm.appId ?? "") ? "registry" : roleOf(cvm.name, name);
  const of = (role: CvmRole): readonly Cvm[] => cvms.filter((cvm) => roleIn(cvm) === role);
  return {
    name,
    registry_status: of("registry")[0]?.status ?? null,
    registries: of("registry").length,
    runners: of("runner").length,
    temporary_runners: of("temporary-runner").length,
    in_account: cvms.length > 0,
    recorded,
    usd_per_hour: cvms.length === 0 ? null : pricePerHour(cvms, prices),
  };
}

function byCluster(
  cvms: readonly Cvm[],
  registries: RegistryOwners,
): ReadonlyMap<string, readonly Cvm[]> {
  const groups = new Map<string, Cvm[]>();
  for (const cvm of cvms) {
    const name = clusterNameOf(cvm, registries) ?? "";
    groups.set(name, [...(groups.get(name) ?? []), cvm]);
  }
  return groups;
}
