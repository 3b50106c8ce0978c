/** `tee-cluster list`: the clusters of the account, and those that this machine has a record of. Reads only. */
import { clusterOf, roleOf, type Cvm } from "../../core/domain.ts";
import { pricePerHour, readPrices, type Prices } from "../../runners/price.ts";
import type { CommandDependencies, CommonFlags } from "../../session/dependencies.ts";
import { prepare } from "../../session/preparation.ts";
import { findKnownClusters } from "../../state/known-clusters.ts";
import type { ListedCluster, ListResult } from "./result.ts";

const isOfSomeCluster = ({ name }: { readonly name: string }): boolean =>
  clusterOf(name) !== undefined;

/** @throws ClusterError (platform; prerequisite for a refused key): half a list is no list. */
export async function listClusters(
  dependencies: CommandDependencies,
  flags: CommonFlags,
): Promise<ListResult> {
  const { signal, emit } = dependencies;
  const { ports, connection, stateHost } = await prepare(
    { ...dependencies, prompter: undefined },
    flags,
  );
  emit({ type: "run-started", command: "list", headline: "Looking for clusters" });
  const [cvms, prices, recorded] = await Promise.all([
    ports.api.listCvms(signal, { keep: isOfSomeCluster }),
    readPrices(ports.api, signal),
    findKnownClusters(connection.stateDir, stateHost),
  ]);
  const own = byCluster(cvms);
  // A cluster that was destroyed stays on record, and is nothing to list.
  const alive = recorded.filter(({ hasRegistry }) => hasRegistry !== false).map(({ name }) => name);
  const known = new Set(recorded.map(({ name }) => name));
  const clusters = [...new Set([...own.keys(), ...alive])]
    .toSorted()
    .map((name) => listed(name, own.get(name) ?? [], known.has(name), prices));
  return { ok: true, command: "list", host: stateHost, clusters, warnings: [] };
}

function listed(
  name: string,
  cvms: readonly Cvm[],
  recorded: boolean,
  prices: Prices,
): ListedCluster {
  const of = (role: string): readonly Cvm[] =>
    cvms.filter((cvm) => roleOf(cvm.name, name) === role);
  return {
    name,
    registry_status: of("registry")[0]?.status ?? null,
    runners: of("runner").length,
    temporary_runners: of("temporary-runner").length,
    in_account: cvms.length > 0,
    recorded,
    usd_per_hour: cvms.length === 0 ? null : pricePerHour(cvms, prices),
  };
}

function byCluster(cvms: readonly Cvm[]): ReadonlyMap<string, readonly Cvm[]> {
  const groups = new Map<string, Cvm[]>();
  for (const cvm of cvms) {
    const name = clusterOf(cvm.name) ?? "";
    groups.set(name, [...(groups.get(name) ?? []), cvm]);
  }
  return groups;
}
