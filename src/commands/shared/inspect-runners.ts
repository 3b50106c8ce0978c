/** The running runners, and which of them a registry accepts: its list is made from them. */
import type { ListPolicy } from "../../approval/approved-list.ts";
import {
  assertRunnersClear,
  classifyRunners,
  type KnownList,
  type RunnerVouchers,
} from "../../approval/classify-runners.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import { liveRunners, type LiveRunner } from "../../runners/running-runners.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import { readHashRecord, recordOfAnother } from "../../state/hash-record.ts";
import type { ReadingDeps, StepContext } from "../../workflow/step.ts";

export type InspectedRunners = {
  readonly live: readonly LiveRunner[];
  /** Those that the registry accepts now. */
  readonly accepted: readonly LiveRunner[];
  /** Those that would, or may, lose access by a list without their hash. */
  readonly affected: readonly LiveRunner[];
  /** The evidence they were classified by. */
  readonly knownList: KnownList;
};

type Inspection = {
  readonly inputs: Pick<ClusterInputs, "cluster">;
  readonly facts: Pick<ClusterFacts, "runnerCompose">;
  /** `record`: a hash record that vouches for runners. */
  readonly flags: { readonly rollback?: boolean; readonly record: string | undefined };
  readonly policy: ListPolicy;
};

/**
 * Lists and classifies the runners. Repeated when the list is made: some may have started meanwhile.
 * @throws ClusterError `live-runner-unclear` (verification).
 */
export async function inspectRunners(
  { inputs, facts, flags, policy }: Inspection,
  known: Pick<KnownList, "record" | "appId" | "complete">,
  context: ReadingDeps & Pick<StepContext, "warn">,
): Promise<InspectedRunners> {
  const { clusterName, orchestratorSchema } = inputs.cluster;
  const live = await liveRunners(clusterName, context);
  const composeText = flags.rollback ? undefined : (await facts.runnerCompose()).text;
  const vouchers = { composeText, hashes: await vouchedHashes(flags.record, clusterName) };
  const knownList = { ...known, coordinated: orchestratorSchema === "v2", vouchers };
  const { accepted, unclear, maybePushed } = classifyRunners(live, knownList, context.warn);
  if (!flags.rollback) assertRunnersClear(unclear, policy);
  // A list that keeps nothing is sent by a restart, which forgets pushed hashes, without another question.
  const forgotten = flags.rollback || policy.stay === "none" ? maybePushed : [];
  return { live, accepted, affected: [...accepted, ...unclear, ...forgotten], knownList };
}

/**
 * The hashes in the record that `--record` names; none without one.
 * @throws ClusterError as `readHashRecord`, and `hash-record-of-another` (input).
 */
export async function vouchedHashes(
  file: string | undefined,
  cluster: string,
): Promise<RunnerVouchers["hashes"]> {
  if (file === undefined) return new Set();
  const record = await readHashRecord(file);
  if (record.cluster !== cluster)
    throw recordOfAnother(file, "cluster", record.cluster, cluster, "--cluster-name");
  const approved = record.approved?.compose_hashes ?? [];
  return new Set([...Object.keys(record.app_composes), ...approved]);
}
