/** Evidence that a registry has restarted: never its health alone, because the old instance is healthy too. Pure. */
import type { Health, OperationState, SpawnteeAnswer } from "../core/ports.ts";

/** What was seen since the update was accepted. */
export type RestartObservation = {
  /** The state of this very update; `unlisted`: not in the list (yet), `no-list`: the platform keeps none. */
  readonly operation: OperationState | "unlisted" | "no-list";
  /** Whether nobody answered at some moment. */
  readonly gapSeen: boolean;
  /** Whether the instance that answers started after the update; null: it does not say. */
  readonly startedSince: boolean | null;
};

/** `restarted` only on positive evidence; an unknown state is never success, however long it lasts. */
export type RestartEvidence = "restarted" | "failed" | "pending";

export function restartEvidence(seen: RestartObservation): RestartEvidence {
  const { operation, gapSeen, startedSince: started } = seen;
  if (operation === "failed") return "failed";
  if (operation === "done") return "restarted";
  if (operation !== "no-list") return "pending";
  return gapSeen || started === true ? "restarted" : "pending";
}

/**
 * Whether the instance that answers started after a moment, by its own uptime.
 * @param sinceMs and @param nowMs by one and the same clock, ms.
 * @returns null where it does not answer or does not say its uptime.
 */
export function startedSince(
  health: SpawnteeAnswer<Health>,
  sinceMs: number,
  nowMs: number,
): boolean | null {
  const uptime = health.kind === "answered" ? health.value.uptimeSeconds : null;
  return uptime === null ? null : nowMs - uptime * 1000 > sinceMs;
}
