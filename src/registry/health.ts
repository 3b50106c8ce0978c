/** Polling a registry until it is healthy; fails at once where waiting can't help. */
import { command, hint, onDashboard, type Words } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { REGISTRY_MODE, SPAWNTEE_SERVICE, type Cvm } from "../core/domain.ts";
import type { Health, Lookup, SpawnteeAnswer } from "../core/ports.ts";
import type { StepContext } from "../workflow/step.ts";
import type { PollResult } from "../workflow/wait.ts";
import type { Registry } from "./registry.ts";

/** Statuses of a CVM that won't start by itself. */
const DEAD = new Set(["error", "failed", "stopped", "exited", "terminated", "deleted", "shutdown"]);

/**
 * Polls the registry once: its health through the gateway and, at the same time, its state through the API.
 * @throws ClusterError at once for a CVM that failed to boot or is gone, another service or another mode.
 */
export async function pollHealth(
  registry: Registry,
  context: StepContext,
  signal: AbortSignal,
): Promise<PollResult<Health>> {
  const [answer, cvm] = await Promise.all([
    context.spawntee.health(registry.url, signal),
    context.api.findCvm(registry.vmUuid, signal),
  ]);
  // It existed before: somebody has deleted it, so it is not left behind.
  if (cvm.kind === "absent") context.mutations.ledger.remove(registry);
  assertAlive(registry, cvm, answer);
  if (answer.kind !== "answered")
    return { kind: "not-yet", seen: `${describeCvm(cvm)}; ${answer.detail}` };
  assertServiceAndMode(registry, answer.value);
  if (answer.value.status !== "healthy")
    return {
      kind: "not-yet",
      seen: `${describeCvm(cvm)}; /health says ${JSON.stringify(answer.value.status)}`,
    };
  return { kind: "there", value: answer.value };
}

function assertAlive(registry: Registry, cvm: Lookup<Cvm>, answer: SpawnteeAnswer<Health>): void {
  if (cvm.kind === "absent") throw registryGone(registry);
  if (cvm.kind === "unknown" && cvm.refusal) throw cvm.refusal;
  if (cvm.kind !== "present" || cvm.value.inProgress || !DEAD.has(cvm.value.status)) return;
  const heard = answer.kind === "answered" ? `/health says ${answer.value.status}` : answer.detail;
  throw new ClusterError("platform", "registry-not-running", {
    message: `${registry.name} is in status ${JSON.stringify(cvm.value.status)} and will not become healthy by itself (${heard})`,
    hint: whereToLook(registry),
  });
}

/** The error for a registry that Phala no longer knows. */
export function registryGone({ name, appId }: Registry): ClusterError {
  return new ClusterError("platform", "registry-gone", {
    message: `${name} (${appId}) is no longer known to Phala: somebody deleted it`,
    hint: hint`to make a new one: ${command("init")}`,
  });
}

function assertServiceAndMode(registry: Registry, health: Health): void {
  if (health.service !== SPAWNTEE_SERVICE)
    throw new ClusterError("verification", "wrong-service", {
      message: `${registry.url}/health is answered by ${JSON.stringify(health.service)}, not by ${SPAWNTEE_SERVICE}`,
      hint: hint`check the image and the published port in the registry's compose file; ${whereToLook(registry)}`,
    });
  if (health.mode !== REGISTRY_MODE)
    throw new ClusterError("verification", "wrong-mode", {
      message: `${registry.name} runs in mode ${JSON.stringify(health.mode)}, it must be ${JSON.stringify(REGISTRY_MODE)}`,
      hint: hint`the registry's compose file must have MODE=\${MODE:-registry+runner} in its environment; ${whereToLook(registry)}`,
    });
}

export function whereToLook(registry: Registry): Words {
  return hint`its log: ${command("logs")}${onDashboard(`cvms/${registry.vmUuid}`)}`;
}

function describeCvm(cvm: Lookup<Cvm>): string {
  if (cvm.kind === "present")
    return cvm.value.inProgress ? `${cvm.value.status}, in progress` : cvm.value.status;
  return cvm.kind === "unknown" ? `status unknown (${cvm.reason})` : "not listed";
}
