/**
 * Step 9: the restarted registry is healthy. For a while after an update the old instance still answers; its answers do
 * not count.
 */
import { hint, phala, AGAIN } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { CvmOperation, Health } from "../core/ports.ts";
import { restartEvidence, startedSince } from "../registry/restart-evidence.ts";
import { done, reused, type Step, type StepContext } from "../workflow/step.ts";
import { pollTimes, waitUntil, type PollResult } from "../workflow/wait.ts";
import { attestAfter } from "../approval/attest-after.ts";
import type { Approval, ApproveComposeHashInput } from "../approval/approval.ts";
import { assertDebugClosed, proveOrchestratorPush } from "../approval/prove-registry.ts";
import { assertDeployedRegistry } from "../registry/verify-deployed.ts";
import { pollHealth, registryGone, whereToLook } from "../registry/health.ts";
import type { Registry } from "../registry/registry.ts";
import { updateUnconfirmed } from "../registry/updates.ts";

export type VerifyRegistryInput = {
  /** Step 8's input and result. */
  readonly approved: ApproveComposeHashInput;
  readonly approval: Approval;
  /** Digests of pre-launch scripts that registries of this cluster had before. */
  readonly knownScripts: ReadonlySet<string>;
};

export const verifyRegistry: Step<VerifyRegistryInput, { readonly mode: string }> = {
  id: "verify-registry",
  async run({ approved, approval, knownScripts }, context) {
    const { registry, hashes } = approved;
    const restart = new RestartWatcher(registry, approval, context);
    const health = await waitUntil(context, {
      what: `${registry.name} to be healthy${approval.kind === "updated" ? " again after its restart" : ""}`,
      hint: hint`${AGAIN}; it resumes\n${whereToLook(registry)}`,
      look: (signal) => restart.poll(signal),
      onTimeout: (timeout) =>
        restart.isPending ? updateUnconfirmed(registry, timeout.message) : timeout,
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

/** The restarted registry runs the text and the names that were sent: health alone does not show that. */
async function checkWhatRuns(
  { registry, compose, environment }: ApproveComposeHashInput,
  knownScripts: ReadonlySet<string>,
  context: StepContext,
): Promise<void> {
  const deployed = { registry, compose, environment, knownScripts };
  const look = (): Promise<ClusterError | undefined> =>
    assertDeployedRegistry(deployed, context).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof ClusterError && error.kind === "verification") return error;
        throw error;
      },
    );
  const failed = await pollTimes(LOOKS, look, (failure) => failure === undefined, context);
  if (!failed) return;
  // The hints of the checks before an update can say that nothing was sent; now it was.
  throw new ClusterError(failed.kind, failed.code, {
    message: `after its update: ${failed.message}`,
    hint: hint`it has its secrets and the approved list already: look at what it runs with: ${phala("cvms", "get", registry.name, "--json")}; then ${AGAIN}; it checks it once more`,
  });
}

/** Whether nothing has restarted it: it was pushed to, or left alone, or seen healthy since. */
const isRunningOn = (approval: Approval): boolean =>
  approval.kind === "pushed" ||
  (approval.kind === "unchanged" && (approval.verified || approval.via === "api"));

/**
 * Polls the health of the instance that an update starts. The old one answers for a while after the update, and
 * neither its good health nor its wrong mode says anything about the new one.
 */
class RestartWatcher {
  #gapSeen = false;
  #hasRestarted: boolean;
  readonly #registry: Registry;
  readonly #correlationId: string | null;
  /** When the update was accepted: wall clock, ms. */
  readonly #sinceMs: number;
  readonly #context: StepContext;

  constructor(registry: Registry, approval: Approval, context: StepContext) {
    this.#hasRestarted = isRunningOn(approval);
    this.#registry = registry;
    this.#correlationId = approval.correlationId;
    const age = approval.kind === "updated" ? context.clock.monotonic() - approval.at : 0;
    this.#sinceMs = context.clock.now() - age;
    this.#context = context;
  }

  /** Whether no evidence of the restart has been seen yet. */
  get isPending(): boolean {
    return !this.#hasRestarted;
  }

  async poll(signal: AbortSignal): Promise<PollResult<Health>> {
    if (this.#hasRestarted) return pollHealth(this.#registry, this.#context, signal);
    const operation = await this.#findOperation(signal);
    const isListed = typeof operation === "object";
    const started = operation === "no-list" ? await this.#lookAtInstance(signal) : null;
    const evidence = restartEvidence({
      operation: isListed ? operation.state : operation,
      gapSeen: this.#gapSeen,
      startedSince: started,
    });
    if (evidence === "failed" && isListed)
      throw new ClusterError("platform", "update-failed", {
        message: `the update of ${this.#registry.name} failed: ${operation.errorMessage ?? operation.status}`,
        hint: hint`${AGAIN}; it resumes\n${whereToLook(this.#registry)}`,
      });
    this.#hasRestarted = evidence === "restarted";
    if (isListed)
      return this.#hasRestarted
        ? this.poll(signal)
        : { kind: "not-yet", seen: `update ${operation.status}` };
    if (operation === "unlisted") return { kind: "not-yet", seen: "update not listed" };
    // The instance that was just seen may still be the old one: only a later answer counts.
    return { kind: "not-yet", seen: this.#hasRestarted ? "restarted" : "no restart seen yet" };
  }

  /** This very update; `no-list` where the platform has no list, or no ids. */
  async #findOperation(signal: AbortSignal): Promise<CvmOperation | "no-list" | "unlisted"> {
    if (this.#correlationId === null) return "no-list";
    const { api } = this.#context;
    const { vmUuid } = this.#registry;
    const found = await api.operations(vmUuid, signal);
    if (found.kind === "unknown" && found.refusal) throw found.refusal;
    // Its operations are gone with it.
    if (found.kind === "absent" && (await api.findCvm(vmUuid, signal)).kind === "absent")
      throw registryGone(this.#registry);
    if (found.kind === "not-offered") return "no-list";
    const operations = found.kind === "present" ? found.value : [];
    return operations.find((one) => one.correlationId === this.#correlationId) ?? "unlisted";
  }

  /** Whether the instance that answers started after the update; null: it does not say. Notes when none answers. */
  async #lookAtInstance(signal: AbortSignal): Promise<boolean | null> {
    const { clock } = this.#context;
    const health = await pollHealth(this.#registry, this.#context, signal).catch(wrongInstance);
    if (health?.kind === "not-yet") this.#gapSeen = true;
    if (health?.kind !== "there") return null;
    return startedSince({ kind: "answered", value: health.value }, this.#sinceMs, clock.now());
  }
}

/** An answer in the wrong mode, or of another service, may be that of the old instance. */
function wrongInstance(error: unknown): undefined {
  if (error instanceof ClusterError && error.kind === "verification") return undefined;
  throw error;
}
