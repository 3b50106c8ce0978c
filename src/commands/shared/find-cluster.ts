/** Finds a cluster by its name: an unknown name is a typo, never an empty cluster. */
import { command, hint } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { closest } from "../../lib/closest.ts";
import { findClusterCvms, type ClusterCvm } from "../../session/cluster-cvms.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { ClusterRecord } from "../../state/record.ts";
import { findClusterNames } from "../../state/known-clusters.ts";

/**
 * The cluster's CVMs, including renamed ones.
 * @throws ClusterError `unknown-cluster` (input) where neither the account nor this machine's record has one of that
 *   name; the list's own failure (platform) where it can't be read.
 */
export async function findKnownCvms(
  cluster: string,
  record: ClusterRecord,
  prepared: Preparation,
  options?: { readonly certain: boolean },
): Promise<readonly ClusterCvm[]> {
  const { ports, signal } = prepared;
  const { cvms, others } = await findClusterCvms(cluster, record, ports.api, signal, options);
  if (cvms.length === 0) await assertKnownCluster(cluster, others, prepared);
  return cvms;
}

/**
 * @param listed clusters of the account, from a complete list without a CVM of this one.
 * @throws ClusterError `unknown-cluster` (input) unless this machine has a record of it.
 */
export async function assertKnownCluster(
  cluster: string,
  listed: Iterable<string>,
  { connection, stateHost }: Pick<Preparation, "connection" | "stateHost">,
): Promise<void> {
  const recorded = await findClusterNames(connection.stateDir, stateHost);
  if (recorded.includes(cluster)) return;
  const names = [...new Set([...recorded, ...listed])].filter((name) => name !== "").toSorted();
  const why = `there is no cluster ${JSON.stringify(cluster)} at ${stateHost}: no CVM belongs to it, and nothing is recorded here`;
  assertOneOf(cluster, names, why);
}

/**
 * `typosOnly`: a name unlike any recorded one may be that of a cluster set up on another machine.
 * @throws ClusterError `unknown-cluster` (input) where other clusters are recorded, and not this one.
 */
export async function assertRecordedCluster(
  cluster: string,
  { stateDir, stateHost }: { readonly stateDir: string; readonly stateHost: string },
  { typosOnly = false } = {},
): Promise<void> {
  const recorded = await findClusterNames(stateDir, stateHost);
  if (recorded.includes(cluster) || (typosOnly && !closest(cluster, recorded))) return;
  const why = `nothing is recorded here of a cluster ${JSON.stringify(cluster)} at ${stateHost}`;
  assertOneOf(cluster, recorded, why);
}

function assertOneOf(cluster: string, names: readonly string[], why: string): void {
  // No cluster at all: nothing to suggest before the first `init`.
  if (names.length === 0) return;
  const meant = closest(cluster, names);
  const there = `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  throw new ClusterError("input", "unknown-cluster", {
    message: `${why}; ${there}`,
    hint:
      meant === undefined
        ? hint`see ${command("list")}; to set this one up: ${command("init", "--cluster-name", cluster)}`
        : `did you mean --cluster-name ${meant}?`,
  });
}
