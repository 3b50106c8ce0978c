/**
 * Step 9: the registry is healthy again, and it is the restarted one that says so. For a while after an update
 * the old instance still answers; its word does not count.
 */
import { hint, phala, AGAIN } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { CvmOperation, Health } from "../core/ports.ts";
import { restartEvidence, startedSince } from "../registry/restart-evidence.ts";
import { done, reused, waitLimits, type Step, type StepContext } from "../workflow/step.ts";
import { pollTimes, waitUntil, type PollResult } from "../workflow/wait.ts";
import { attestAfter } from "../approval/attest-after.ts";
import type { Approval, ApproveComposeHashInput } from "../approval/approval.ts";
import { assertDebugClosed, proveOrchestratorPush } from "../approval/prove-registry.ts";
import { assertDeployedRegistry } from "../registry/verify-deployed.ts";
import { pollHealth, registryGone, whereToLook } from "../registry/health.ts";
import type { Registry } from "../registry/registry.ts";
import { updateUnconfirmed } from "../registry/update-unconfirmed.ts";

export type VerifyRegistryInput = {
  /** What step 8 was given, and what came of it. */
  readonly approved: ApproveComposeHashInput;
  readonly approval: Approval;
  /** Digests of pre-launch scripts that registries of this cluster had before. */
  readonly knownScripts: ReadonlySet<string>;
};

export const verifyRegistry: Step<VerifyRegistryInput, { readonly mode: string }> = {
  id: "verify-registry",
  async run({ approved, approval, knownScripts }, context) {
    const { registry, hashes } = approved;
    const restart = restartWatch(registry, approval, context);
    const health = await waitUntil<Health>({
      ...waitLimits(context),
      what: `${registry.name} to be healthy${approval.kind === "updated" ? " again after its restart" : ""}`,
      hint: hint`${AGAIN}; it resumes\n${whereToLook(registry)}`,
      onPoll: context.progress,
      look: (signal) => restart.poll(() => pollHealth(registry, context, signal), signal),
    }).catch((error: unknown) => {
      const unconfirmed =
        error instanceof ClusterError && error.kind === "timeout" && restart.pending;
      throw unconfirmed ? updateUnconfirmed(registry, error.message) : error;
    });
    const mode = health.mode ?? "";
    await assertDebugClosed(approved, context);
    if (!isRunningOn(approval)) await checkWhatRuns(approved, knownScripts, context);
    await attestAfter(approved, approval, context);
    if (approval.kind === "unchanged" && approval.verified)
      return reused({ mode }, `healthy, mode ${mode}`);
    await proveOrchestratorPush(approved, approval, context);
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
  return new ClusterError(kind, code, {
    message: `after its update: ${message}`,
    hint: hint`it has its secrets and the approved list already: look at what it runs with: ${phala("cvms", "get", name, "--json")}; then ${AGAIN}; it checks it once more`,
  });
}

type HealthPoll = () => Promise<PollResult<Health>>;
type RestartWatch = {
  poll(look: HealthPoll, signal: AbortSignal): Promise<PollResult<Health>>;
  /** What the update is, as long as nobody has seen it done. */
  readonly pending: boolean;
};

/**
 * Lets an answer count only once there is evidence that the old instance is gone: neither its good health nor its
 * wrong mode says anything of the new one.
 */
function restartWatch(registry: Registry, approval: Approval, context: StepContext): RestartWatch {
  if (isRunningOn(approval)) return { poll: (look) => look(), pending: false };
  return new RestartWatcher(registry, approval, context);
}

/** Nothing has restarted it: it was pushed to, or left alone, or seen healthy since. */
const isRunningOn = (approval: Approval): boolean =>
  approval.kind === "pushed" ||
  (approval.kind === "unchanged" && (approval.verified || approval.via === "api"));

/** What was seen so far of the restart that an update brings. */
class RestartWatcher implements RestartWatch {
  #gapSeen = false;
  #restarted = false;
  readonly #registry: Registry;
  readonly #correlationId: string | null;
  /** When the update was accepted: wall clock, ms. */
  readonly #sinceMs: number;
  readonly #context: StepContext;

  constructor(registry: Registry, approval: Approval, context: StepContext) {
    this.#registry = registry;
    this.#correlationId = approval.correlationId;
    const age = approval.kind === "updated" ? context.clock.monotonic() - approval.at : 0;
    this.#sinceMs = context.clock.now() - age;
    this.#context = context;
  }

  get pending(): boolean {
    return !this.#restarted;
  }

  async poll(look: HealthPoll, signal: AbortSignal): Promise<PollResult<Health>> {
    if (this.#restarted) return look();
    const operation = await this.#operation(signal);
    // An id that is in no list, because the platform keeps none, is no evidence, and none against it.
    if (operation === "no-list") return this.#pollWithoutList(look);
    if (operation !== undefined) {
      assertNotFailed(this.#registry, operation);
      this.#restarted = operation.state === "done";
      if (this.#restarted) return look();
      return { kind: "not-yet", seen: `update ${operation.status}` };
    }
    return { kind: "not-yet", seen: "update not listed" };
  }

  /** This very update; undefined where it is not listed, `no-list` where the platform has no list or no ids. */
  async #operation(signal: AbortSignal): Promise<CvmOperation | "no-list" | undefined> {
    if (this.#correlationId === null) return "no-list";
    const found = await this.#context.api.operations(this.#registry.vmUuid, signal);
    if (found.kind === "unknown" && found.refusal) throw found.refusal;
    if (found.kind === "absent") await assertNotGone(this.#registry, this.#context, signal);
    if (found.kind === "not-offered") return "no-list";
    if (found.kind !== "present") return undefined;
    return found.value.find((operation) => operation.correlationId === this.#correlationId);
  }

  async #pollWithoutList(look: HealthPoll): Promise<PollResult<Health>> {
    const { clock } = this.#context;
    const health = await look().catch(oldInstance);
    if (health.kind === "not-yet" && !("old" in health)) this.#gapSeen = true;
    const started =
      health.kind === "there"
        ? startedSince({ kind: "answered", value: health.value }, this.#sinceMs, clock.now())
        : null;
    const seen = { gapSeen: this.#gapSeen, startedSince: started };
    this.#restarted = restartEvidence({ operation: "no-list", ...seen }) === "restarted";
    // What was just seen may still be the old instance: only an answer after the evidence counts.
    return { kind: "not-yet", seen: this.#restarted ? "restarted" : "no restart seen yet" };
  }
}

/** Its operations are gone with it. */
async function assertNotGone(
  registry: Registry,
  context: StepContext,
  signal: AbortSignal,
): Promise<void> {
  const found = await context.api.findCvm(registry.vmUuid, signal);
  if (found.kind === "absent") throw registryGone(registry);
}

function assertNotFailed(registry: Registry, operation: CvmOperation | undefined): void {
  if (operation?.state !== "failed") return;
  throw new ClusterError("platform", "update-failed", {
    message: `the update of ${registry.name} failed: ${operation.errorMessage ?? operation.status}`,
    hint: hint`${AGAIN}; it resumes\n${whereToLook(registry)}`,
  });
}

/** A wrong mode or service that is not judged yet. */
function oldInstance(error: unknown): { kind: "not-yet"; seen: string; old: true } {
  if (error instanceof ClusterError && error.kind === "verification")
    return { kind: "not-yet", seen: error.message, old: true };
  throw error;
}
