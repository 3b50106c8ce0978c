/** The runners that are up, and which of them a registry lets in: what its list is made from. */
import type { ListPolicy } from "../../approval/approved-list.ts";
import {
  assertRunnersClear,
  classifyRunners,
  type KnownList,
  type RunnerVouchers,
} from "../../approval/classify-runners.ts";
import type { ComposeFile } from "../../compose/compose-file.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import { liveRunners, type LiveRunner } from "../../runners/running-runners.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import { readHashRecord, recordOfAnother } from "../../state/hash-record.ts";
import type { ReadingDeps, StepContext } from "../../workflow/step.ts";

export type RunnersNow = {
  readonly live: readonly LiveRunner[];
  /** Those that the registry lets in now. */
  readonly accepted: readonly LiveRunner[];
  /** Those that a list without their hash would, or may, cut off. */
  readonly atStake: readonly LiveRunner[];
  /** By what they were judged. */
  readonly knownList: KnownList;
};

type Looking = {
  readonly inputs: Pick<ClusterInputs, "cluster">;
  readonly facts: Pick<ClusterFacts, "runnerCompose">;
  /** `record`: a hash record that vouches for runners. */
  readonly flags: { readonly rollback?: boolean; readonly record: string | undefined };
  readonly policy: ListPolicy;
};

/**
 * Lists the runners, and judges them. Asked again when the list is made: some may have started meanwhile.
 * @throws ClusterError `live-runner-unclear` (verification).
 */
export async function lookAtRunners(
  { inputs, facts, flags, policy }: Looking,
  known: Pick<KnownList, "record" | "appId" | "complete">,
  context: ReadingDeps & Pick<StepContext, "warn">,
): Promise<RunnersNow> {
  const { clusterName } = inputs.cluster;
  const live = await liveRunners(clusterName, context);
  const file = flags.rollback ? undefined : await facts.runnerCompose();
  const vouchers = await runnerVouchers(file, flags.record, clusterName);
  const coordinated = inputs.cluster.orchestratorSchema === "v2";
  const knownList = { ...known, coordinated, vouchers };
  const { accepted, unclear, maybePushed } = classifyRunners(live, knownList, (code, message) =>
    context.warn(code, message),
  );
  if (!flags.rollback) assertRunnersClear(unclear, policy);
  // Where nothing is to stay, the restart comes without another question about what was pushed.
  const forgotten = flags.rollback || policy.stay === "none" ? maybePushed : [];
  return { live, accepted, atStake: [...accepted, ...unclear, ...forgotten], knownList };
}

/** What vouches for running runners that this machine has no record of. */
async function runnerVouchers(
  compose: ComposeFile | undefined,
  file: string | undefined,
  cluster: string,
): Promise<RunnerVouchers> {
  return { composeText: compose?.text, hashes: new Set(await hashesInRecord(file, cluster)) };
}

/**
 * What a record that was named with `--record` vouches for; nothing without one.
 * @throws ClusterError as `readHashRecord`, and `hash-record-of-another` (input).
 */
export async function hashesInRecord(
  file: string | undefined,
  cluster: string,
): Promise<readonly string[]> {
  if (file === undefined) return [];
  const record = await readHashRecord(file);
  if (record.cluster !== cluster)
    throw recordOfAnother(file, "cluster", record.cluster, cluster, "--cluster-name");
  return [...Object.keys(record.app_composes), ...(record.approved?.compose_hashes ?? [])];
}
