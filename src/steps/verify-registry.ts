/**
 * Step 9: the registry is healthy again, and it is the restarted one that says so. For a while after an update
 * the old instance still answers; its word does not count.
 */
import { ClusterError } from "../errors/cluster-error.ts";
import type { CvmOperation, Health } from "../core/ports.ts";
import { done, reused, waitLimits, type Step, type StepContext } from "../workflow/step.ts";
import { formatDuration, pollTimes, waitUntil, type PollResult } from "../workflow/wait.ts";
import type { Approval, ApproveComposeHashInput } from "../approval/approval.ts";
import { assertDeployedRegistry } from "../registry/verify-deployed.ts";
import { pollHealth, registryGone, whereToLook } from "../registry/health.ts";
import type { Registry } from "../registry/registry.ts";

export type VerifyRegistryInput = {
  /** What step 8 was given, and what came of it. */
  readonly approved: ApproveComposeHashInput;
  readonly approval: Approval;
  /** Digests of pre-launch scripts that registries of this cluster had before. */
  readonly knownScripts: ReadonlySet<string>;
};

/** Where the platform keeps no list of operations and no gap in the answers was seen: longer than any restart. */
const TIME_FOR_A_RESTART_MS = 90_000;

export const verifyRegistry: Step<VerifyRegistryInput, { readonly mode: string }> = {
  id: "verify-registry",
  async run({ approved, approval, knownScripts }, context) {
    const { registry, hashes } = approved;
    const restart = restartWatch(registry, approval, context);
    const health = await waitUntil({
      ...waitLimits(context),
      what: `${registry.name} to be healthy${approval.kind === "updated" ? " again after its restart" : ""}`,
      hint: `${whereToLook(registry)}; then run the same command again`,
      onPoll: context.progress,
      look: (signal) => restart(() => pollHealth(registry, context, signal), signal),
    });
    const mode = health.mode ?? "";
    if (approval.kind === "unchanged" && approval.verified) return reused({ mode }, `healthy, mode ${mode}`);
    if (!isRunningOn(approval)) await checkWhatRuns(approved, knownScripts, context);
    await context.journal.append({ type: "verified", app_id: registry.appId, hashes: [...hashes] });
    return done({ mode }, `healthy, mode ${mode}`);
  },
};

/** Where the platform's answer lags behind its own operation. */
const LOOKS = 3;

/** What restarted is what was sent, text and names: health alone says nothing of that. */
async function checkWhatRuns(
  { registry, compose, environment }: ApproveComposeHashInput,
  knownScripts: ReadonlySet<string>,
  context: StepContext,
): Promise<void> {
  const deployed = { registry, compose, environment, knownScripts };
  const look = (): Promise<ClusterError | undefined> =>
    assertDeployedRegistry(deployed, context).then(() => undefined, whatFailed);
  const failed = await pollTimes(LOOKS, look, (failure) => failure === undefined, context);
  if (failed) throw notAsSent(registry, failed);
}

function whatFailed(error: unknown): ClusterError {
  if (error instanceof ClusterError && error.kind === "verification") return error;
  throw error;
}

/** The checks before an update can say that nothing was sent; here it was. */
function notAsSent({ name }: Registry, { kind, code, message }: ClusterError): ClusterError {
  return new ClusterError({
    kind,
    code,
    message: `after its update: ${message}`,
    hint: `it has its secrets and the approved list already: look at what it runs with phala cvms get ${name} --json, then run the same command again, which checks it once more`,
  });
}

type HealthPoll = () => Promise<PollResult<Health>>;
type RestartWatch = (look: HealthPoll, signal: AbortSignal) => Promise<PollResult<Health>>;

/**
 * Lets an answer count only once there is evidence that the old instance is gone: neither its good health nor its
 * wrong mode says anything of the new one.
 */
function restartWatch(registry: Registry, approval: Approval, context: StepContext): RestartWatch {
  if (isRunningOn(approval)) return (look) => look();
  if (approval.correlationId !== null) return byOperation(registry, approval.correlationId, context);
  return byGap(approval.kind === "updated" ? approval.at : context.clock.monotonic(), context);
}

/** Nothing has restarted it: it was pushed to, or left alone, or seen healthy since. */
const isRunningOn = (approval: Approval): boolean =>
  approval.kind === "pushed" ||
  (approval.kind === "unchanged" && (approval.verified || approval.via === "api"));

function byOperation(registry: Registry, correlationId: string, context: StepContext): RestartWatch {
  let finished = false;
  return async (look, signal) => {
    if (finished) return look();
    const found = await context.api.operations(registry.vmUuid, signal);
    if (found.kind === "unknown" && found.refusal) throw found.refusal;
    if (found.kind === "absent") await assertNotGone(registry, context, signal);
    const operation =
      found.kind === "present" ? found.value.find((o) => o.correlationId === correlationId) : undefined;
    assertNotFailed(registry, operation);
    finished = operation?.state === "done";
    return { kind: "not-yet", seen: `update ${operation?.status ?? "not listed"}` };
  };
}

/** Its operations are gone with it. */
async function assertNotGone(registry: Registry, context: StepContext, signal: AbortSignal): Promise<void> {
  const found = await context.api.findCvm(registry.vmUuid, signal);
  if (found.kind === "absent") throw registryGone(registry);
}

function assertNotFailed(registry: Registry, operation: CvmOperation | undefined): void {
  if (operation?.state !== "failed") return;
  throw new ClusterError({
    kind: "platform",
    code: "update-failed",
    message: `the update of ${registry.name} failed: ${operation.errorMessage ?? operation.status}`,
    hint: `${whereToLook(registry)}; then run the same command again`,
  });
}

function byGap(since: number, context: StepContext): RestartWatch {
  let gone = false;
  return async (look) => {
    const waited = context.clock.monotonic() - since;
    if (gone || waited >= TIME_FOR_A_RESTART_MS) return look();
    const health = await look().catch(oldInstance);
    if (health.kind === "not-yet") gone = !("old" in health);
    if (gone) return health;
    const left = formatDuration(TIME_FOR_A_RESTART_MS - waited);
    return { kind: "not-yet", seen: `healthy, but no restart seen yet (for ${left} more)` };
  };
}

/** A wrong mode or service that is not judged yet. */
function oldInstance(error: unknown): { kind: "not-yet"; seen: string; old: true } {
  if (error instanceof ClusterError && error.kind === "verification") {
    return { kind: "not-yet", seen: error.message, old: true };
  }
  throw error;
}
