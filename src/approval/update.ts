/**
 * Approving by an update of the registry. It replaces the whole environment, so all of it is sent, and only once every
 * name that the registry declares has a value: values can't be read back.
 */
import { AGAIN, hint, phala } from "../core/command-hint.ts";
import type { AcceptedUpdate, CvmOperation, MutationOutcome, Refused } from "../core/ports.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { refusedByPhala } from "../workflow/mutation-outcome.ts";
import type { StepContext } from "../workflow/step.ts";
import { notKnownYet, waitUntil } from "../workflow/wait.ts";
import type { Approval, ApproveComposeHashInput } from "./approval.ts";
import { readOwnUpdates } from "../registry/concurrent-updates.ts";
import { settleBusy } from "./own-update.ts";
import {
  idOf,
  isStuck,
  isUpdate,
  newUpdate,
  readOperations,
  since,
  updateUnconfirmed,
  wayPastStuck,
} from "../registry/updates.ts";
import type { Registry } from "../registry/registry.ts";

/** How long an update whose acceptance is not known is looked for in the operations list. */
const UNCLEAR_FOR_MS = 30_000;
/** Phala gives up on its request after half a minute. */
const LAST_LOOK_MS = 10_000;

/**
 * Updates the registry; an unclear outcome is settled by its operations list.
 * @throws ClusterError `phala-refused` (platform) where no update was started, `update-unconfirmed` (timeout) where
 *   nobody can tell, `updated-meanwhile` (conflict) where something changed since the list was made.
 */
export async function updateRegistry(
  input: ApproveComposeHashInput,
  seen: readonly CvmOperation[] | undefined,
  context: StepContext,
): Promise<Extract<Approval, { kind: "updated" }>> {
  const { registry, compose, environment, attestation } = input;
  await untilIdle(registry, context, input.force);
  // Asking and waiting took time: what has begun in it would be treated as ours below.
  let before = seen && (await readOwnUpdates(input, idOf(seen[0]), context));
  await input.assertSameRunners?.();
  context.progress(`updating ${registry.name}`);
  const at = context.clock.monotonic();
  const request = { cvmId: registry.vmUuid, composeText: compose.text, environment };
  const hurried = { ...context, timeoutMs: Math.min(context.timeoutMs, LAST_LOOK_MS) };
  let isFirst = true;
  // What made the platform busy may have been somebody else's update, or our own.
  const settle = async (): Promise<void> => {
    isFirst = false;
    before = await settleBusy(input, before, context);
    await input.assertSameRunners?.();
  };
  const hooks = {
    ...attestation?.attester.hooks(registry.appId, context),
    beforeRetry: settle,
    async onUpdate() {
      // From the second try on, what has begun since may be ours.
      if (!isFirst) before = await settleBusy(input, before, context);
      // What is sent was computed before phala started: another update since then would be overwritten unseen.
      else if (before) await readOwnUpdates(input, idOf(before[0]), hurried);
    },
  };
  const outcome = await context.mutations.updateCvm(registry.cvm, request, context.signal, hooks);
  context.signal.throwIfAborted();
  if (outcome.kind === "refused" && outcome.reason === "busy") await settle();
  // Without a list nobody can tell whose operation it is that made it busy.
  if (outcome.kind === "refused" && outcome.reason === "busy" && before === undefined)
    throw updateUnconfirmed(registry, outcome.message);
  // Of any other refusal the gate is certain: no update of ours began, whatever the list shows.
  if (outcome.kind === "refused") throw notUpdated(registry, outcome);
  return {
    kind: "updated",
    correlationId: await confirmStart(outcome, before, input, context),
    at,
  };
}

/**
 * @returns the correlation id of the update that has begun; null where the platform does not say.
 * @throws ClusterError `update-unconfirmed` (timeout) where nobody can tell whether one has.
 */
async function confirmStart(
  outcome: Exclude<MutationOutcome<AcceptedUpdate>, Refused>,
  before: readonly CvmOperation[] | undefined,
  { registry }: ApproveComposeHashInput,
  context: StepContext,
): Promise<string | null> {
  const own = outcome.kind === "ok" ? outcome.value.correlationId : null;
  if (before === undefined) {
    if (outcome.kind === "unclear") throw updateUnconfirmed(registry, outcome.message);
    return own;
  }
  const started = await startedUpdate(before, registry, context, own);
  if (started) return own ?? idOf(started);
  const accepted = `Phala accepted the update${own === null ? "" : ` (correlation id ${own})`}`;
  throw updateUnconfirmed(
    registry,
    `${outcome.kind === "ok" ? accepted : outcome.message}; its operations do not list it`,
  );
}

function notUpdated({ name, vmUuid }: Registry, { message, reason }: Refused): ClusterError {
  const look = hint`see what is in progress with: ${phala("cvms", "get", vmUuid, "--json")}; then `;
  return refusedByPhala(
    `Phala did not update ${name}`,
    message,
    hint`${reason === "busy" ? look : ""}${AGAIN}; it repeats the update, and until then the approved list is what it was before`,
  );
}

/** The platform refuses an update while another is under way, such as one that an interrupted run started. */
async function untilIdle(registry: Registry, context: StepContext, force: boolean): Promise<void> {
  const { api } = context;
  await waitUntil(context, {
    what: `the operation in progress on ${registry.name} to end`,
    onTimeout: ({ message }) =>
      new ClusterError("timeout", "registry-busy", {
        message: `${message}; nothing was sent`,
        hint: hint`look at it with: ${phala("cvms", "get", registry.vmUuid, "--json")}; then ${AGAIN}; ${wayPastStuck}`,
      }),
    look: async (signal) => {
      const found = await api.findCvm(registry.vmUuid, signal);
      if (found.kind === "unknown") return notKnownYet(found);
      if (found.kind !== "present" || !found.value.inProgress)
        return { kind: "there", value: undefined };
      const running = await runningOperation(registry, context, signal);
      const seen = running
        ? `${running.type} ${running.status}${since(running, api.serverClock)}`
        : "in progress";
      if (force && running && isStuck(running, api.serverClock))
        return { kind: "there", value: undefined };
      return { kind: "not-yet", seen };
    },
  });
}

/** The newest operation of any kind that has not ended; undefined where the list does not tell. */
async function runningOperation(
  { vmUuid }: Registry,
  { api }: StepContext,
  signal: AbortSignal,
): Promise<CvmOperation | undefined> {
  const found = await api.operations(vmUuid, signal);
  if (found.kind !== "present") return undefined;
  return found.value.find(({ state }) => state === "running" || state === "unknown");
}

/**
 * The operation that our update started: the list may lag behind. With its correlation id, `own`, it is that one and
 * no other; after an unclear end the newest one that was not there before decides.
 */
async function startedUpdate(
  before: readonly CvmOperation[],
  registry: Registry,
  context: StepContext,
  own: string | null,
): Promise<CvmOperation | undefined> {
  const patienceMs = own === null ? Math.min(context.timeoutMs, UNCLEAR_FOR_MS) : context.timeoutMs;
  const until = context.clock.monotonic() + patienceMs;
  for (;;) {
    const operations = (await readOperations(registry, context)) ?? [];
    const started =
      own === null
        ? newUpdate(before, operations.filter(isUpdate))
        : operations.find((operation) => idOf(operation) === own);
    if (started || context.clock.monotonic() >= until) return started;
    await context.clock.sleep(Math.min(context.pollIntervalMs, 1000), context.signal);
  }
}
