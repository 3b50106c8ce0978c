/**
 * Step 8: give the registry the approved list. An update replaces the whole environment, so the whole of it is
 * sent, after a look at what the registry declares: a name without a value would be a key lost for ever.
 */
import type { ComposeFile } from "../compose/compose-file.ts";
import type { ComposeHash } from "../domain.ts";
import type { CvmOperation, EnvironmentVariable } from "../ports.ts";
import type { ClusterRecord } from "../state/record.ts";
import { refusedByPhala } from "../workflow/mutations.ts";
import type { RegistrySettings } from "../workflow/registry-settings.ts";
import { settingsDifference } from "../workflow/registry-settings.ts";
import { done, reused, type Step, type StepContext } from "../workflow/step.ts";
import { newUpdate, readUpdates } from "./registry-updates.ts";
import type { Registry } from "./registry.ts";

/** How long an accepted update may take to show in the operations list. */
const LIST_LAG_MS = 9_000;

export type ApproveComposeHashInput = {
  readonly registry: Registry;
  readonly compose: ComposeFile;
  /** Whole, with `APPROVED_COMPOSE_HASH` in it. */
  readonly environment: readonly EnvironmentVariable[];
  readonly hashes: readonly ComposeHash[];
  readonly settings: RegistrySettings;
  readonly record: ClusterRecord;
};

/** `correlationId` names the update operation whose end step 9 waits for; null where the platform does not say. */
export type Approval =
  | { readonly kind: "updated"; readonly correlationId: string | null; readonly at: number }
  | { readonly kind: "unchanged"; readonly verified: boolean; readonly correlationId: string | null };

export const approveComposeHash: Step<ApproveComposeHashInput, Approval> = {
  id: "approve-compose-hash",
  async run(input, context) {
    const before = await readUpdates(input.registry, context);
    const unchanged = alreadyApproved(input, before?.[0]);
    if (unchanged) return reused(unchanged, `${count(input.hashes)} approved already`);
    sayWhatDiffers(input, context);
    const approval = await update(input, before, context);
    await context.journal.append({
      type: "approved",
      app_id: input.registry.appId,
      hashes: [...input.hashes],
      via: "restart",
      correlation_id: approval.correlationId,
      settings: { ...input.settings },
    });
    return done(approval, `${count(input.hashes)} approved; the registry restarts`);
  },
};

/** The record holds only while nobody has updated the registry since. */
function alreadyApproved(
  input: ApproveComposeHashInput,
  newest: CvmOperation | undefined,
): Approval | undefined {
  const last = input.record.approvals.at(-1);
  if (!last || last.appId !== input.registry.appId || last.via !== "restart") return undefined;
  if (last.hashes.join(",") !== input.hashes.join(",")) return undefined;
  if (settingsDifference(last.settings, input.settings).length > 0) return undefined;
  if (last.correlationId === null || newest?.correlationId !== last.correlationId) return undefined;
  return { kind: "unchanged", verified: last.verified, correlationId: last.correlationId };
}

function sayWhatDiffers(input: ApproveComposeHashInput, context: StepContext): void {
  const last = input.record.approvals.at(-1);
  if (!last || last.appId !== input.registry.appId) return;
  const differences = settingsDifference(last.settings, input.settings);
  if (differences.length === 0) return;
  context.note(`the registry is updated with what differs from the last run: ${differences.join("; ")}`);
}

async function update(
  input: ApproveComposeHashInput,
  before: readonly CvmOperation[] | undefined,
  context: StepContext,
): Promise<Extract<Approval, { kind: "updated" }>> {
  const { registry, compose, environment } = input;
  context.progress(`updating ${registry.name}`);
  const at = context.clock.monotonic();
  const request = { cvmId: registry.vmUuid, composeText: compose.text, environment };
  const outcome = await context.mutations.updateCvm(registry.cvm, request, context.signal);
  context.signal.throwIfAborted();
  const started = before && (await startedUpdate(before, registry, context, outcome.kind === "ok"));
  if (outcome.kind !== "ok" && !started) {
    throw refusedByPhala(
      `Phala did not update ${registry.name}`,
      outcome.message,
      "run the same command again: it repeats the update; until then the approved list is what it was before",
    );
  }
  return { kind: "updated", correlationId: started?.correlationId ?? null, at };
}

/**
 * The operation that our update started, looked for over a moment: the list may lag behind. After a refusal or
 * an unclear end it decides whether the update happened all the same.
 */
async function startedUpdate(
  before: readonly CvmOperation[],
  registry: Registry,
  context: StepContext,
  accepted: boolean,
): Promise<CvmOperation | undefined> {
  const until = context.clock.monotonic() + (accepted ? LIST_LAG_MS : LIST_LAG_MS / 3);
  for (;;) {
    const started = newUpdate(before, (await readUpdates(registry, context)) ?? []);
    if (started || context.clock.monotonic() >= until) return started;
    await context.clock.sleep(Math.min(context.pollIntervalMs, 1000), context.signal);
  }
}

function count(hashes: readonly string[]): string {
  return hashes.length === 1 ? "1 compose hash" : `${hashes.length} compose hashes`;
}
