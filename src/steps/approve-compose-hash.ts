/** Step 8: give the registry the approved list, by an update of its environment or, where it can, while it runs. */
import { ClusterError } from "../errors/cluster-error.ts";
import type { HistoryEntry } from "../state/history.ts";
import { lastUpdate, recordedHashes, type ApprovedRecord } from "../state/record.ts";
import type { CvmOperation } from "../core/ports.ts";
import { gatherApprovalFacts } from "../approval/approval-facts.ts";
import { decide } from "../approval/decide.ts";
import { settingsDifference } from "../compose/environment.ts";
import { done, reused, type Step, type StepContext, type StepOutcome } from "../workflow/step.ts";
import type { Approval, ApproveComposeHashInput } from "../approval/approval.ts";
import { readOwnUpdates } from "../registry/concurrent-updates.ts";
import { pushApprovedList, warnOfRestart } from "../approval/push.ts";
import { updateRegistry } from "../approval/update.ts";
import { assertOnlyRegistry } from "../registry/ownership.ts";
import { idOf } from "../registry/updates.ts";

export const approveComposeHash: Step<ApproveComposeHashInput, Approval> = {
  id: "approve-compose-hash",
  async run(input, context) {
    const updates = await readOwnUpdates(input, input.seen, context);
    const newest = updates?.[0];
    const decision = decide(await gatherApprovalFacts(input, updates, context));
    void context.mutations.expectRuns(decision.action === "update" ? 1 : 0);
    if (decision.action === "keep") return keep(input, decision.approval, context);
    context.detail(`step 8: ${decision.action}, because: ${decision.reason}`);
    reportDifferences(input, context);
    await assertOnlyRegistry(input.registry, context);
    await input.attestation?.attester.attest(input.registry, input.attestation.expected, context, {
      brief: true,
    });
    const before = { newest, forgotten: decision.reason === "restarted" };
    const pushed =
      decision.action === "push"
        ? await announced(input, "api", newest, context, () =>
            pushApprovedList(input, before, context),
          )
        : undefined;
    if (pushed) return done(pushed, `${count(input.hashes)} approved; the registry runs on`);
    if (input.via === "api" && input.secretsWithheld)
      context.note("updated and not pushed: its AWS keys were withheld until it was attested");
    await input.beforeRestart?.();
    const updated = await announced(input, "restart", newest, context, () =>
      updateRegistry(input, updates, context),
    );
    return done(updated, `${count(input.hashes)} approved; the registry restarts`);
  },
};

/** A pushed list holds while the registry runs on. */
function keep(
  input: ApproveComposeHashInput,
  { via, verified, correlationId }: ApprovedRecord,
  context: StepContext,
): StepOutcome<Approval> {
  if (via === "api") warnOfRestart(input.registry, context);
  const unchanged = { kind: "unchanged", via, verified, correlationId } as const;
  return reused(unchanged, `${count(input.hashes)} approved already`);
}

/** Records both lists before the call, and after it which one the registry has. */
async function announced<A extends Approval | undefined>(
  input: ApproveComposeHashInput,
  via: "restart" | "api",
  newest: CvmOperation | undefined,
  context: StepContext,
  approve: () => Promise<A>,
): Promise<A> {
  const { registry, record, restores } = input;
  // A history that can't be read, or is a newer version's, ends the run before the call and not after it.
  await context.history.check();
  // A push leaves the environment unchanged: the settings of the last update stay recorded.
  const given = lastUpdate(record, registry.appId)?.settings ?? {};
  const settings = { ...(via === "api" ? given : input.settings) };
  const list = { app_id: registry.appId, hashes: [...input.hashes], via, settings };
  await context.journal.append({ type: "approving", ...list, after: idOf(newest), restores });
  const approval = await approve().catch(async (error: unknown) => {
    if (isRefusal(error))
      await context.journal.append({ type: "approval-refused", app_id: registry.appId });
    throw error;
  });
  if (approval === undefined) {
    await context.journal.append({ type: "approval-refused", app_id: registry.appId });
    return approval;
  }
  const { head } = await context.history.append(historyEntry(input, via));
  const correlation = { correlation_id: approval.correlationId, history_head: head };
  await context.journal.append({ type: "approved", ...list, ...correlation });
  return approval;
}

/** Codes of failures after which the registry certainly has the list that it had before. */
const REFUSALS = new Set([
  "phala-refused",
  "approve-refused",
  "approve-not-offered",
  "updated-meanwhile",
  "runners-changed",
  "registry-busy",
  "env-key-unsigned",
  "env-key-substituted",
  "env-key-unverified",
]);

export const isRefusal = (error: unknown): boolean =>
  error instanceof ClusterError && REFUSALS.has(error.code);

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
    attestation: input.attestation?.attester.record ?? { mode: "off", result: null, scripts: [] },
  };
}

function reportDifferences(input: ApproveComposeHashInput, context: StepContext): void {
  const last = lastUpdate(input.record, input.registry.appId);
  const differences = last === undefined ? [] : settingsDifference(last.settings, input.settings);
  if (differences.length === 0) return;
  if (input.via === "api") {
    const waiting = `waits for the registry's next update: ${differences.join("; ")}`;
    return context.warn("waits-for-restart", waiting);
  }
  context.note(
    `the registry is updated with what differs from the last run: ${differences.join("; ")}`,
  );
}

function count(hashes: readonly string[]): string {
  return hashes.length === 1 ? "1 compose hash" : `${hashes.length} compose hashes`;
}
