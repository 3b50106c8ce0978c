/**
 * Revocation: the released orchestrator pushes the hashes of all its runners again, so dropping a hash from the list
 * lasts only once the runners with that hash are deleted.
 */
import { lookupFailed } from "../../workflow/find-cvm.ts";
import { shortHash, type ComposeHash } from "../../core/domain.ts";
import type { OrchestratorSchema } from "../../core/domain.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import { removeCvm } from "../../runners/remove-cvm.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { StepContext, StepDeps } from "../../workflow/step.ts";
import type { PlannedAction } from "../shared/result.ts";
import { shortens, type RotateFlags } from "./list-policy.ts";
import type { ClusterState } from "./inspect-cluster.ts";

/** Running runners whose hash this run or an earlier one drops. None where this run drops nothing. */
export function revokedRunners(
  next: readonly ComposeHash[],
  { live, affected }: Pick<ClusterState, "live" | "affected">,
  { approvals }: Pick<ClusterRecord, "approvals">,
  flags: RotateFlags,
): readonly LiveRunner[] {
  if (!shortens(flags)) return [];
  const once = new Set(approvals.flatMap(({ hashes }) => hashes));
  return live.filter(
    (runner) =>
      !next.some((hash) => hash === runner.composeHash) &&
      (once.has(runner.composeHash) || affected.includes(runner)),
  );
}

/** With the schema that pushes hashes the revocation does not last while these runners exist. */
export function warnOfRevocation(
  revoked: readonly LiveRunner[],
  schema: OrchestratorSchema,
  context: Pick<StepContext, "warn">,
): void {
  if (revoked.length === 0 || schema !== "v2") return;
  const hashes = [...new Set(revoked.map(({ composeHash }) => shortHash(composeHash)))].join(", ");
  const names = revoked.map(({ cvm }) => cvm.name).join(", ");
  context.warn(
    "revocation-not-lasting",
    `a running orchestrator approves ${hashes} again while a runner has it: the revocation lasts once these are deleted: ${names}; --delete-revoked does that`,
  );
}

/** The runners to delete once the new list is approved: with `--delete-revoked`, or after a yes. */
export async function chooseDeletion(
  revoked: readonly LiveRunner[],
  schema: OrchestratorSchema,
  { deleteRevoked, yes }: RotateFlags,
  { prompter }: Pick<CommandDependencies, "prompter">,
): Promise<readonly LiveRunner[]> {
  if (revoked.length === 0 || deleteRevoked) return revoked;
  if (schema !== "v2" || yes || !prompter) return [];
  const names = revoked.map(({ cvm }) => cvm.name).join(", ");
  const message = `Delete ${names} once the list is approved? The models on them stop`;
  return (await prompter.confirm({ message, initial: false })) ? revoked : [];
}

/**
 * Deletes them by id; one that has another hash by now, or is gone, is left alone.
 * @returns those that were deleted.
 * @throws ClusterError `cvm-not-deleted`, or `lookup-failed` where its hash can't be read (platform).
 */
export async function deleteRunners(
  runners: readonly LiveRunner[],
  deps: StepDeps,
  context: Pick<StepContext, "note">,
): Promise<readonly LiveRunner[]> {
  const deleted: LiveRunner[] = [];
  for (const runner of runners) {
    const { cvm, composeHash } = runner;
    const found = await deps.api.findCvm(cvm.vmUuid ?? cvm.appId ?? cvm.name, deps.signal);
    if (found.kind === "unknown") throw lookupFailed(cvm.name, found.reason);
    const other = found.kind === "present" && found.value.composeHash !== composeHash;
    if (other) context.note(`${cvm.name} has another compose hash by now and is left alone`);
    if (found.kind === "absent" || other) continue;
    context.note(`deleting ${cvm.name}, whose compose hash is revoked`);
    if (await removeCvm(cvm, deps, deps.signal)) deleted.push(runner);
  }
  return deleted;
}

export function plannedDeletions(
  revoked: readonly LiveRunner[],
  { deleteRevoked }: RotateFlags,
): readonly PlannedAction[] {
  return (deleteRevoked ? revoked : []).map(({ cvm }) => ({
    action: "delete",
    resource: cvm.name,
    detail: "its compose hash is revoked; the models on it stop",
  }));
}

export const runnerResult = ({ cvm: { name, appId }, composeHash }: LiveRunner) => ({
  name,
  app_id: appId,
  compose_hash: composeHash,
});
