/**
 * The approved list by an update of the registry. It replaces the whole environment, so the whole of it is sent,
 * after a look at what the registry declares: a name without a value would be a key lost for ever.
 */
import type { CvmOperation } from "../core/ports.ts";
import { openAttempt } from "../state/record.ts";
import { refusedByPhala } from "../workflow/mutations.ts";
import { waitLimits, type StepContext } from "../workflow/step.ts";
import { notKnownYet, waitUntil } from "../workflow/wait.ts";
import type { Approval, ApproveComposeHashInput } from "./approval.ts";
import { hasForeignUpdate, updatedMeanwhile } from "../registry/concurrent-updates.ts";
import { idOf, newUpdate, readUpdates } from "../registry/updates.ts";
import type { Registry } from "../registry/registry.ts";

/** How long an accepted update may take to show in the operations list. */
const LIST_LAG_MS = 9_000;

/**
 * Updates the registry; an unclear outcome is settled by its operations list.
 * @throws ClusterError `phala-refused` (platform) where no update was started.
 */
export async function updateRegistry(
  input: ApproveComposeHashInput,
  seen: readonly CvmOperation[] | undefined,
  context: StepContext,
): Promise<Extract<Approval, { kind: "updated" }>> {
  const { registry, compose, environment, record } = input;
  await untilIdle(registry, context);
  // Asking and waiting took time: what has begun in it would be taken for ours below.
  const before = seen && (await readUpdates(registry, context));
  const open = openAttempt(record, registry.appId);
  if (before && hasForeignUpdate(before, idOf(seen[0]), open)) throw updatedMeanwhile(registry);
  context.progress(`updating ${registry.name}`);
  const at = context.clock.monotonic();
  const request = { cvmId: registry.vmUuid, composeText: compose.text, environment };
  const outcome = await context.mutations.updateCvm(registry.cvm, request, context.signal);
  context.signal.throwIfAborted();
  // Of a refusal the gate is certain: no update of ours began, whatever the list shows.
  const own = outcome.kind === "ok" ? outcome.value.correlationId : null;
  const started =
    before && outcome.kind !== "refused" && (await startedUpdate(before, registry, context, own));
  if (outcome.kind !== "ok" && !started) {
    throw refusedByPhala(
      `Phala did not update ${registry.name}`,
      outcome.message,
      "run the same command again: it repeats the update; until then the approved list is what it was before",
    );
  }
  return { kind: "updated", correlationId: own ?? (started || undefined)?.correlationId ?? null, at };
}

/** The platform refuses an update while another is under way, such as one that an interrupted run started. */
async function untilIdle(registry: Registry, context: StepContext): Promise<void> {
  await waitUntil({
    ...waitLimits(context),
    what: `the operation under way on ${registry.name} to end`,
    hint: `look at it with: phala cvms get ${registry.name}; then run the same command again`,
    onPoll: context.progress,
    look: async (signal) => {
      const found = await context.api.findCvm(registry.vmUuid, signal);
      if (found.kind === "unknown") return notKnownYet(found);
      if (found.kind === "present" && found.value.inProgress)
        return { kind: "not-yet", seen: "an operation is under way" };
      return { kind: "there", value: undefined };
    },
  });
}

/**
 * The operation that our update started, looked for over a moment: the list may lag behind. With its correlation id,
 * `own`, it is that one and no other; after an unclear end the newest one that was not there before decides.
 */
async function startedUpdate(
  before: readonly CvmOperation[],
  registry: Registry,
  context: StepContext,
  own: string | null,
): Promise<CvmOperation | undefined> {
  const until = context.clock.monotonic() + LIST_LAG_MS;
  for (;;) {
    const updates = (await readUpdates(registry, context)) ?? [];
    const started =
      own === null ? newUpdate(before, updates) : updates.find((update) => idOf(update) === own);
    if (started || context.clock.monotonic() >= until) return started;
    await context.clock.sleep(Math.min(context.pollIntervalMs, 1000), context.signal);
  }
}
