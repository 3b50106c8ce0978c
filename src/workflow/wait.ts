/** Waiting for something outside this process, with a timeout that neither sleep nor a clock change breaks. */
import type { Words } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Clock, Lookup } from "../core/ports.ts";

export type PollResult<T> =
  | { readonly kind: "there"; readonly value: T }
  /** `seen`: what was there instead, for the progress line and the timeout's message. */
  | { readonly kind: "not-yet"; readonly seen: string };

/** A `StepContext` has all of it. */
export type WaitDeps = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** Receives what was seen instead, with elapsed time and timeout: `starting (1m 20s of 10m)`. */
  readonly progress?: ((seen: string) => void) | undefined;
};

export type Wait<T> = {
  /** What is being waited for, as in "waited 10m for …". */
  readonly what: string;
  /** Its signal is aborted near the timeout, in case nothing answers by then. */
  readonly look: (signal: AbortSignal) => Promise<PollResult<T>>;
  /** What to do after the timeout. */
  readonly hint?: Words;
  /** The error to throw in place of a timeout. */
  readonly onTimeout?: (timeout: ClusterError) => ClusterError;
};

/** Time for a poll that starts at the timeout; retries make one longer where the network is down. */
const LAST_POLL_MS = 15_000;

/**
 * Polls until it is there.
 *
 * The timeout is on the monotonic clock, so a changed wall clock does not move it. One more poll always follows it, so
 * that a laptop that slept through it finds what happened meanwhile. It ends at most half a minute after the timeout.
 *
 * @throws ClusterError `timeout` with what was seen last; the signal's reason when aborted.
 */
export async function waitUntil<T>(deps: WaitDeps, wait: Wait<T>): Promise<T> {
  try {
    return await poll(deps, wait);
  } catch (error) {
    const isTimeout = error instanceof ClusterError && error.kind === "timeout";
    throw isTimeout && wait.onTimeout ? wait.onTimeout(error) : error;
  }
}

async function poll<T>(deps: WaitDeps, { what, look, hint }: Wait<T>): Promise<T> {
  const { clock, signal, timeoutMs } = deps;
  const startedAt = clock.monotonic();
  const deadline = startedAt + timeoutMs;
  for (;;) {
    const isLast = clock.monotonic() >= deadline;
    const limitMs = Math.max(deadline - clock.monotonic(), LAST_POLL_MS);
    const result = await within(limitMs, look, notYet, deps);
    if (result.kind === "there") return result.value;
    const seconds = Math.floor((clock.monotonic() - startedAt) / 1000);
    const elapsed = seconds < 1 ? "0s" : formatDuration(seconds * 1000);
    deps.progress?.(`${result.seen} (${elapsed} of ${formatDuration(timeoutMs)})`);
    if (isLast) {
      const message = `waited ${formatDuration(timeoutMs)} for ${what}; seen last: ${result.seen}`;
      throw new ClusterError("timeout", "wait-timed-out", { message, hint });
    }
    const left = Math.max(0, deadline - clock.monotonic());
    await clock.sleep(Math.min(deps.pollIntervalMs, left), signal);
  }
}

const notYet = (seen: string): Extract<PollResult<unknown>, { kind: "not-yet" }> => ({
  kind: "not-yet",
  seen,
});

/** What an action returns, or `noAnswer` of a message where it takes longer than `limitMs`. */
export async function within<T, N>(
  limitMs: number,
  action: (signal: AbortSignal) => Promise<T>,
  noAnswer: (message: string) => N,
  { clock, signal }: Pick<WaitDeps, "clock" | "signal">,
): Promise<T | N> {
  const limit = clock.deadline(Math.ceil(limitMs));
  try {
    return await action(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    return noAnswer(`no answer within ${formatDuration(limitMs)}`);
  }
}

/** Polls that take long, because nothing answers, are not repeated. */
const POLLS_LIMIT_MS = 30_000;

/**
 * Polls a few times, for answers that may lag behind or fall on both sides of a change.
 * @returns the first one that is enough, else the last.
 */
export async function pollTimes<T>(
  times: number,
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
  { clock, signal, pollIntervalMs }: Pick<WaitDeps, "clock" | "signal" | "pollIntervalMs">,
): Promise<T> {
  const until = clock.monotonic() + POLLS_LIMIT_MS;
  for (let left = times - 1; ; left -= 1) {
    const seen = await look();
    if (isEnough(seen) || left === 0 || clock.monotonic() >= until) return seen;
    await clock.sleep(pollIntervalMs, signal);
  }
}

/** The poll result for a look-up without an answer. @throws ClusterError at once if the API refuses the key. */
export function notKnownYet(
  found: Extract<Lookup<unknown>, { kind: "unknown" }>,
): Extract<PollResult<unknown>, { kind: "not-yet" }> {
  if (found.refusal) throw found.refusal;
  return notYet(found.reason);
}

/** `340 ms`, `2.1s`, `3m 20s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  return seconds === 0 ? `${minutes}m` : `${minutes}m ${seconds}s`;
}
