/** Signals for the clean-up: after an interruption it has its own time budget. */
import type { Clock } from "../core/ports.ts";

/** The longest time that a clean-up takes after Ctrl-C. */
export const CLEANUP_BUDGET_MS = 30_000;

export type CleanupSignals = {
  /**
   * A signal for work that must still be done on the way out. While the run is not interrupted it is limited by
   * `timeoutMs`; after an interruption all cleaning up together has `CLEANUP_BUDGET_MS`.
   */
  signal(timeoutMs: number): AbortSignal;
};

export function cleanupSignals(
  run: AbortSignal,
  deadline: Clock["deadline"],
  budgetMs: number = CLEANUP_BUDGET_MS,
): CleanupSignals {
  const budget = new AbortController();
  const spend = (): void => {
    const end = (): void =>
      budget.abort(new Error(`cleaning up took longer than ${budgetMs / 1000}s`));
    deadline(budgetMs).addEventListener("abort", end, { once: true });
  };
  if (run.aborted) spend();
  else run.addEventListener("abort", spend, { once: true });
  return { signal: (timeoutMs) => AbortSignal.any([budget.signal, limited(timeoutMs, deadline)]) };
}

/** Aborted with a reason that a person can read. */
function limited(timeoutMs: number, deadline: Clock["deadline"]): AbortSignal {
  const limit = new AbortController();
  const end = (): void => limit.abort(new Error(`no answer within ${timeoutMs / 1000}s`));
  deadline(timeoutMs).addEventListener("abort", end, { once: true });
  return limit.signal;
}
