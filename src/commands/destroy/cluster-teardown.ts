/** Deleting all CVMs of a cluster: the runners side by side, then the registry; one failure stops no other. */
import pMap from "p-map";
import { identityOf, type CvmRole } from "../../core/domain.ts";
import { messageOf } from "../../errors/cluster-error.ts";
import type { ClusterRecord } from "../../state/record.ts";
import {
  findClusterCvms,
  temporaryRunnersIn,
  type ClusterCvm,
} from "../../session/cluster-cvms.ts";
import { assertRunnerNotInUse } from "../../runners/leftovers.ts";
import { removeCvm } from "../../runners/remove-cvm.ts";
import type { StepContext } from "../../workflow/step.ts";

/** Each is a run of the phala CLI, which takes a second of CPU. */
const AT_A_TIME = 4;
/** An orchestrator that runs on may make runners for as long as it lives. */
const MAX_ROUNDS = 5;
const CERTAIN = { certain: true } as const;

export type DeletedCluster = {
  /** In the order in which they went. */
  readonly deleted: readonly ClusterCvm[];
  /** What is still there, each with the reason; the ledger has them too. */
  readonly left: readonly string[];
};

type Context = Omit<StepContext, "progress">;

/**
 * Deletes what the list of CVMs shows of the cluster in these roles until it shows nothing more.
 * @throws ClusterError `temporary-runner-in-use` (conflict), or where the list is not to be had (platform); the
 *   signal's reason when aborted. What was found and not seen gone is in the ledger then.
 */
export async function deleteCluster(
  cluster: string,
  roles: readonly CvmRole[],
  record: ClusterRecord,
  context: Context,
): Promise<DeletedCluster> {
  const teardown = new ClusterTeardown(cluster, roles, record, context);
  let open = await teardown.look();
  for (let round = 1; hasRunners(open) && round <= MAX_ROUNDS; round += 1) {
    await teardown.remove(open.filter(({ role }) => role !== "registry"));
    open = await teardown.look();
    if (hasRunners(open)) warnAppeared(open, context);
  }
  await teardown.remove(open.filter(({ role }) => role === "registry"));
  const late = await teardown.look();
  const { deleted, failed } = teardown;
  return {
    deleted,
    left: [...failed, ...late.map(({ cvm }) => `${cvm.name}: appeared meanwhile`)],
  };
}

const hasRunners = (cvms: readonly ClusterCvm[]): boolean =>
  cvms.some(({ role }) => role !== "registry");

function warnAppeared(open: readonly ClusterCvm[], context: Context): void {
  const names = open.filter(({ role }) => role !== "registry").map(({ cvm }) => cvm.name);
  context.warn(
    "runner-appeared",
    `${names.join(", ")} appeared meanwhile: stop the orchestrator, or it makes more of them`,
  );
}

class ClusterTeardown {
  readonly deleted: ClusterCvm[] = [];
  readonly failed: string[] = [];
  readonly #cluster: string;
  readonly #roles: readonly CvmRole[];
  readonly #record: ClusterRecord;
  readonly #context: Context;
  /** What was dealt with, one way or the other: a list may lag behind, and a failure is not tried for ever. */
  readonly #tried = new Set<string>();

  constructor(cluster: string, roles: readonly CvmRole[], record: ClusterRecord, context: Context) {
    this.#cluster = cluster;
    this.#roles = roles;
    this.#record = record;
    this.#context = context;
  }

  /** What has not been dealt with yet. From here on it is ours to delete, and told of if it stays. */
  async look(): Promise<readonly ClusterCvm[]> {
    const { api, signal, mutations } = this.#context;
    const { cvms } = await findClusterCvms(this.#cluster, this.#record, api, signal, CERTAIN);
    const open = cvms.filter(
      ({ cvm, role }) => this.#roles.includes(role) && !this.#tried.has(identityOf(cvm)),
    );
    for (const runner of temporaryRunnersIn(open))
      assertRunnerNotInUse(runner, this.#record, this.#context);
    for (const { cvm } of open) mutations.takeOver(cvm);
    return open;
  }

  /** Returns when each one is gone or has failed; after an abort when none is at work any more. */
  async remove(cvms: readonly ClusterCvm[]): Promise<void> {
    for (const { cvm } of cvms) this.#tried.add(identityOf(cvm));
    await pMap(cvms, (found) => this.#removeOne(found), { concurrency: AT_A_TIME });
    this.#context.signal.throwIfAborted();
  }

  async #removeOne(found: ClusterCvm): Promise<void> {
    const { cvm } = found;
    const { signal, note } = this.#context;
    if (signal.aborted) return;
    note(`deleting ${cvm.name}`);
    try {
      const deleted = await removeCvm(cvm, this.#context, signal);
      if (deleted) this.deleted.push(found);
      note(deleted ? `${cvm.name} is gone` : `${cvm.name} was gone already`);
    } catch (error) {
      if (signal.aborted) return;
      this.failed.push(messageOf(error));
      note(messageOf(error));
    }
  }
}
