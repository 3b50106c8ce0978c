/** Operations of a registry that never complete: after a named age, and with the operator's word, a run goes on. */
import { formatDuration } from "../workflow/wait.ts";
import type { CvmOperation, ServerClock } from "../core/ports.ts";

/** No update takes that long: minutes are usual. */
export const STUCK_AFTER_MS = 30 * 60_000;

type Started = Pick<CvmOperation, "startedAt">;

/** For messages: ` since 2026-11-24T10:00:00Z (12m by Phala's clock)`; empty where its start is not known. */
export function since(operation: Started, clock: ServerClock): string {
  if (operation.startedAt === null) return "";
  const age = ageOf(operation, clock);
  return ` since ${operation.startedAt}${age === null ? "" : ` (${formatDuration(age)} by Phala's clock)`}`;
}

/** Whether it is older than any update, by the server's clock. */
export function isStuck(operation: Started, clock: ServerClock): boolean {
  return (ageOf(operation, clock) ?? 0) > STUCK_AFTER_MS + (clock.now()?.uncertaintyMs ?? 0);
}

/** What helps against one that never ends. */
export const wayPastStuck = `if it does not end, --force-update continues once it is older than ${formatDuration(STUCK_AFTER_MS)}`;

/** In ms; null where its start or the server's time is not known. */
function ageOf({ startedAt }: Started, clock: ServerClock): number | null {
  const now = clock.now();
  const started = startedAt === null ? Number.NaN : Date.parse(startedAt);
  return now === null || Number.isNaN(started) ? null : Math.max(0, now.ms - started);
}
