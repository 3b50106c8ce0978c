/** Repeating what the platform refused as "busy". */
import type { StepDeps } from "./step.ts";

const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const MAX_PAUSE_MS = 60_000;

/** `retryAfterMs` present: busy, worth another try; null: the platform names no pause. `final`: run if none follows. */
export type Attempt<T> = {
  readonly value: T;
  readonly retryAfterMs?: number | null;
  readonly final?: () => Promise<void>;
};

/** Repeats an attempt that was refused as busy, with backoff, within the run's timeout. */
export async function retryBusy<T>(
  { clock, timeoutMs }: Pick<StepDeps, "clock" | "timeoutMs">,
  signal: AbortSignal,
  attempt: (isRetry: boolean) => Promise<Attempt<T>>,
): Promise<T> {
  const deadline = clock.monotonic() + timeoutMs;
  for (let tries = 0; ; tries += 1) {
    const { value, retryAfterMs, final } = await attempt(tries > 0);
    const pause = Math.min(retryAfterMs ?? PAUSES_MS[tries] ?? 15_000, MAX_PAUSE_MS);
    const isLast = retryAfterMs === undefined || clock.monotonic() + pause > deadline;
    if (!isLast && !signal.aborted) await clock.sleep(pause, signal).catch(() => undefined);
    if (isLast || signal.aborted) {
      await final?.();
      return value;
    }
  }
}
