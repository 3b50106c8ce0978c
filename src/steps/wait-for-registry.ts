/** Step 4: wait until the registry answers as a healthy registry, or can be attested without. */
import { AGAIN, hint } from "../core/command-hint.ts";
import type { AttestationReport } from "../core/attestation.ts";
import type { Health } from "../core/ports.ts";
import { assertAttested } from "../trust/attest-registry.ts";
import { lacksEvidenceOnly, type RegistryAttestation } from "../registry/attester.ts";
import { done, type Step, type StepContext } from "../workflow/step.ts";
import { waitUntil, type PollResult } from "../workflow/wait.ts";
import { pollHealth, whereToLook } from "../registry/health.ts";
import type { Registry } from "../registry/registry.ts";

export type WaitForRegistryInput = {
  readonly registry: Registry;
  /** Absent with `--attest off`. */
  readonly attestation?: RegistryAttestation | undefined;
};

export const waitForRegistry: Step<WaitForRegistryInput, void> = {
  id: "wait-for-registry",
  async run(input, context) {
    const { registry, attestation } = input;
    const seen: Seen = {};
    const state = await waitUntil(context, {
      what: attestation
        ? `${registry.name} to be healthy or to show its evidence`
        : `${registry.url}/health to say healthy`,
      hint: hint`it may only be slow: ${AGAIN}; it resumes\n${whereToLook(registry)}`,
      look: lookFor(input, context, seen),
      onTimeout(timeout) {
        if (seen.lacking) assertAttested(seen.lacking, "require", registry.name);
        return timeout;
      },
    });
    await attestation?.attester.attest(registry, attestation.expected, context);
    return done(undefined, state);
  },
};

/** Without its secrets a registry may never become healthy: step 9 checks that. */
const DEFER_HEALTH_MS = 60_000;

type Look = (signal: AbortSignal) => Promise<PollResult<string>>;

/** `lacking`: what the last look found, where it ran and lacked evidence that `require` must have. */
type Seen = { lacking?: AttestationReport };

function lookFor(
  { registry, attestation }: WaitForRegistryInput,
  context: StepContext,
  last: Seen,
): Look {
  const health = (signal: AbortSignal): Promise<PollResult<Health>> =>
    pollHealth(registry, context, signal);
  if (!attestation) return async (signal) => healthState(await health(signal));
  const { attester, expected } = attestation;
  let runningSince: number | undefined;
  return async (signal) => {
    delete last.lacking;
    const state = healthState(await health(signal));
    if (attester.mode === "auto" && state.kind === "there") return state;
    if (!(await isRunning(registry, context, signal))) {
      runningSince = undefined;
      return state.kind === "there" ? { kind: "not-yet", seen: "healthy, not running" } : state;
    }
    runningSince ??= context.clock.monotonic();
    const report = await attester.look(registry, expected, signal);
    // Evidence that contradicts, or can no longer come, is judged at once.
    if (report.result === "verified" || !lacksEvidenceOnly(report)) {
      // It may have started meanwhile in the wrong mode: that is reported before it gets its secrets.
      const now = state.kind === "there" ? state : healthState(await health(signal));
      return {
        kind: "there",
        value: now.kind === "there" ? now.value : "running, not healthy yet",
      };
    }
    if (attester.mode === "auto" && context.clock.monotonic() - runningSince >= DEFER_HEALTH_MS) {
      const message = `${registry.name} runs without being healthy, and shows no evidence: its health is looked at in step 9`;
      context.warn("health-deferred", message);
      return { kind: "there", value: "running, health deferred" };
    }
    if (attester.mode === "require") last.lacking = report;
    const seen = state.kind === "there" ? state.value : state.seen;
    return { kind: "not-yet", seen: `${seen}; no evidence yet` };
  };
}

const healthState = (poll: PollResult<Health>): PollResult<string> =>
  poll.kind === "there" ? { kind: "there", value: `healthy, mode ${poll.value.mode ?? ""}` } : poll;

async function isRunning(
  { vmUuid }: Registry,
  { api }: StepContext,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await api.findCvm(vmUuid, signal);
  return found.kind === "present" && found.value.status === "running" && !found.value.inProgress;
}
