/** Deletes all CVMs of a cluster: the runners concurrently, then the registry; one failure stops no other deletion. */
import pMap from "p-map";
import { identityOf, type CvmRole } from "../../core/domain.ts";
import { messageOf } from "../../errors/cluster-error.ts";
import { assertRunnerNotInUse } from "../../runners/leftovers.ts";
import { removeCvm } from "../../runners/remove-cvm.ts";
import {
  findClusterCvms,
  temporaryRunnersIn,
  type ClusterCvm,
} from "../../session/cluster-cvms.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { StepContext } from "../../workflow/step.ts";

/** Each is a run of the phala CLI, which takes a second of CPU. */
const CONCURRENCY = 4;
/** A running orchestrator may create runners for as long as it lives. */
const MAX_ROUNDS = 5;

export type DeletedCluster = {
  /** In the order of deletion. */
  readonly deleted: readonly ClusterCvm[];
  /** What still exists, each with the reason; the ledger has them too. */
  readonly left: readonly string[];
};

/**
 * Deletes what the list of CVMs shows of the cluster in these roles until it shows nothing more.
 * @throws ClusterError `temporary-runner-in-use` (conflict), or (platform) where the list can't be read; the signal's
 *   reason when aborted. What was found and could not be confirmed deleted is in the ledger then.
 */
export async function deleteCluster(
  cluster: string,
  roles: readonly CvmRole[],
  record: ClusterRecord,
  context: Omit<StepContext, "progress">,
): Promise<DeletedCluster> {
  const { api, signal, mutations } = context;
  const deleted: ClusterCvm[] = [];
  const left: string[] = [];
  /** Tried once, whatever the outcome: the list may lag behind, and a failure is not retried for ever. */
  const tried = new Set<string>();

  /** From here on these are ours to delete, and reported where they stay. */
  const findOpen = async (): Promise<readonly ClusterCvm[]> => {
    const { cvms } = await findClusterCvms(cluster, record, api, signal, { certain: true });
    const open = cvms.filter(
      ({ cvm, role }) => roles.includes(role) && !tried.has(identityOf(cvm)),
    );
    for (const runner of temporaryRunnersIn(open)) assertRunnerNotInUse(runner, record, context);
    for (const { cvm } of open) mutations.takeOver(cvm);
    return open;
  };
  const remove = async (cvms: readonly ClusterCvm[]): Promise<void> => {
    for (const { cvm } of cvms) tried.add(identityOf(cvm));
    await pMap(
      cvms,
      async (found) => {
        const outcome = await removeOne(found, context);
        if (outcome === true) deleted.push(found);
        if (typeof outcome === "string") left.push(outcome);
      },
      { concurrency: CONCURRENCY },
    );
    signal.throwIfAborted();
  };

  let open = await findOpen();
  for (let round = 1; open.some(isRunner) && round <= MAX_ROUNDS; round += 1) {
    await remove(open.filter(isRunner));
    open = await findOpen();
    const names = open.filter(isRunner).map(({ cvm }) => cvm.name);
    if (names.length > 0) warnAppeared(names, context);
  }
  await remove(open.filter((found) => !isRunner(found)));
  for (const { cvm } of await findOpen()) left.push(`${cvm.name}: appeared meanwhile`);
  return { deleted, left };
}

const isRunner = ({ role }: ClusterCvm): boolean => role !== "registry";

const warnAppeared = (names: readonly string[], context: Pick<StepContext, "warn">): void =>
  context.warn(
    "runner-appeared",
    `${names.join(", ")} appeared meanwhile: stop the orchestrator, or it makes more of them`,
  );

/** @returns whether this run deleted it; the reason where that failed. */
async function removeOne(
  { cvm }: ClusterCvm,
  context: Omit<StepContext, "progress">,
): Promise<boolean | string> {
  const { signal, note } = context;
  if (signal.aborted) return false;
  note(`deleting ${cvm.name}`);
  try {
    const deleted = await removeCvm(cvm, context, signal);
    note(deleted ? `${cvm.name} is gone` : `${cvm.name} was gone already`);
    return deleted;
  } catch (error) {
    if (signal.aborted) return false;
    note(messageOf(error));
    return messageOf(error);
  }
}
