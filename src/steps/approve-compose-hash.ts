/** Step 8: give the registry the approved list, by an update of its environment or, where it can, while it runs. */
import type { HistoryEntry } from "../state/history.ts";
import { lastApproval, recordedHashes, type ApprovedRecord } from "../state/record.ts";
import type { CvmOperation } from "../ports.ts";
import { sameMembers } from "../workflow/approved-list.ts";
import { settingsDifference } from "../workflow/registry-settings.ts";
import { done, reused, type Step, type StepContext } from "../workflow/step.ts";
import type { Approval, ApproveComposeHashInput } from "./approval.ts";
import { instanceStartedSince, mayPush, pushApprovedList, warnOfRestart } from "./registry-push.ts";
import { updateRegistry } from "./registry-update.ts";
import { readUpdates } from "./registry-updates.ts";

export const approveComposeHash: Step<ApproveComposeHashInput, Approval> = {
  id: "approve-compose-hash",
  async run(input, context) {
    const updates = await readUpdates(input.registry, context);
    const standing = await alreadyApproved(input, updates?.[0], context);
    if (standing) return reused(standing, `${count(input.hashes)} approved already`);
    sayWhatDiffers(input, context);
    const pushed = mayPush(input, updates?.[0])
      ? await announced(input, "api", context, () => pushApprovedList(input, updates?.[0], context))
      : undefined;
    if (pushed) return done(pushed, `${count(input.hashes)} approved; the registry runs on`);
    await input.beforeRestart?.();
    const updated = await announced(input, "restart", context, () => updateRegistry(input, updates, context));
    return done(updated, `${count(input.hashes)} approved; the registry restarts`);
  },
};

/** The record holds only while nobody has updated the registry since, and a pushed list while it runs on. */
async function alreadyApproved(
  input: ApproveComposeHashInput,
  newest: CvmOperation | undefined,
  context: StepContext,
): Promise<Approval | undefined> {
  const last = lastApproval(input.record, input.registry.appId);
  if (!last || !sameMembers(last.hashes, input.hashes)) return undefined;
  if (last.correlationId === null || newest?.correlationId !== last.correlationId) return undefined;
  if (input.via !== "api" && settingsDifference(last.settings, input.settings).length > 0) return undefined;
  const { via, verified, correlationId } = last;
  if (via === "api") {
    if (input.via === "restart" || (await isForgotten(last, input, context))) return undefined;
    warnOfRestart(input.registry, context);
  }
  return { kind: "unchanged", via, verified, correlationId };
}

const isForgotten = (last: ApprovedRecord, { registry }: ApproveComposeHashInput, context: StepContext) =>
  instanceStartedSince(registry, Date.parse(last.at), context);

/** Before the call both lists are in the journal, after it which one the registry has. */
async function announced<A extends Approval | undefined>(
  input: ApproveComposeHashInput,
  via: "restart" | "api",
  context: StepContext,
  approve: () => Promise<A>,
): Promise<A> {
  const { registry, record } = input;
  // A push leaves the environment as it was: what it was given last stays what is recorded.
  const before = via === "api" ? lastApproval(record, registry.appId)?.settings : undefined;
  const settings = { ...(before ?? input.settings) };
  const list = { app_id: registry.appId, hashes: [...input.hashes], via, settings };
  await context.journal.append({ type: "approving", ...list });
  const approval = await approve();
  if (approval === undefined) return approval;
  const { head } = await context.history.append(historyEntry(input, via));
  const correlation = { correlation_id: approval.correlationId, history_head: head };
  await context.journal.append({ type: "approved", ...list, ...correlation });
  return approval;
}

function historyEntry(input: ApproveComposeHashInput, via: "restart" | "api"): HistoryEntry {
  const { registry, record, hashes, provenance } = input;
  const before = recordedHashes(record, registry.appId);
  return {
    who: provenance.who,
    command: provenance.command,
    action: "approve",
    registry_app_id: registry.appId,
    hashes,
    added: hashes.filter((hash) => !before.includes(hash)),
    removed: before.filter((hash) => !hashes.includes(hash)),
    via,
    runner_hash: provenance.runnerHash,
    compose_digest: provenance.composeDigest,
    reason: provenance.reason,
  };
}

function sayWhatDiffers(input: ApproveComposeHashInput, context: StepContext): void {
  const last = lastApproval(input.record, input.registry.appId);
  const differences = last === undefined ? [] : settingsDifference(last.settings, input.settings);
  if (differences.length === 0) return;
  if (input.via === "api") {
    const waiting = `waits for the registry's next update: ${differences.join("; ")}`;
    return context.warn("waits-for-restart", waiting);
  }
  context.note(`the registry is updated with what differs from the last run: ${differences.join("; ")}`);
}

function count(hashes: readonly string[]): string {
  return hashes.length === 1 ? "1 compose hash" : `${hashes.length} compose hashes`;
}
