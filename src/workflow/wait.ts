/** Waiting for something in the outside world, with a limit that neither sleep nor a clock change breaks. */
import type { Words } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Clock, Lookup } from "../core/ports.ts";

export type PollResult<T> =
  | { readonly kind: "there"; readonly value: T }
  /** Not yet; `seen` says what was seen instead, for the live line and the time-out's message. */
  | { readonly kind: "not-yet"; readonly seen: string };

export type WaitOptions<T> = {
  /** What is being waited for, as in "waited 10m for …". */
  readonly what: string;
  /** Ended by its signal near the limit: nobody may answer any more. */
  readonly look: (signal: AbortSignal) => Promise<PollResult<T>>;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told what was seen instead, with how long it has been and the limit: `starting (1m 20s of 10m)`. */
  readonly onPoll?: (seen: string) => void;
  /** What to do when the limit is reached. */
  readonly hint: Words;
};

/** What a look may take once the limit is reached; with its retries one takes longer where the network is gone. */
const LAST_LOOK_MS = 15_000;

/**
 * Looks again and again until it is there.
 *
 * The limit is on the monotonic clock, so a changed wall clock does not move it; and there is always one more
 * look after it, so that a laptop that slept through the limit finds what happened meanwhile. It ends half a minute
 * after the limit at the latest.
 *
 * @throws ClusterError `timeout` with what was seen last; the signal's reason when aborted.
 */
export async function waitUntil<T>(options: WaitOptions<T>): Promise<T> {
  const { clock, signal } = options;
  const startedAt = clock.monotonic();
  const deadline = startedAt + options.timeoutMs;
  for (;;) {
    const last = clock.monotonic() >= deadline;
    const look = await lookWithin(options, Math.max(deadline - clock.monotonic(), LAST_LOOK_MS));
    if (look.kind === "there") return look.value;
    const seconds = Math.floor((clock.monotonic() - startedAt) / 1000);
    const elapsed = seconds < 1 ? "0s" : formatDuration(seconds * 1000);
    options.onPoll?.(`${look.seen} (${elapsed} of ${formatDuration(options.timeoutMs)})`);
    if (last) throw ranOut(options, look.seen);
    const left = Math.max(0, deadline - clock.monotonic());
    await clock.sleep(Math.min(options.intervalMs, left), signal);
  }
}

async function lookWithin<T>(
  { look, clock, signal }: WaitOptions<T>,
  limitMs: number,
): Promise<PollResult<T>> {
  const limit = clock.deadline(Math.ceil(limitMs));
  try {
    return await look(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    return { kind: "not-yet", seen: `no answer within ${formatDuration(limitMs)}` };
  }
}

function ranOut<T>(options: WaitOptions<T>, seen: string): ClusterError {
  return new ClusterError("timeout", "wait-timed-out", {
    message: `waited ${formatDuration(options.timeoutMs)} for ${options.what}; seen last: ${seen}`,
    hint: options.hint,
  });
}

/** Looks that take long, since nothing answers any more, are not repeated. */
const LOOKS_LIMIT_MS = 30_000;

/**
 * Looks a few times, an interval apart, where an answer may lag behind or two of them fall on both sides of a moment.
 * @returns the first one that is enough, else the last.
 */
export async function pollTimes<T>(
  times: number,
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
  { clock, signal, pollIntervalMs }: { clock: Clock; signal: AbortSignal; pollIntervalMs: number },
): Promise<T> {
  const until = clock.monotonic() + LOOKS_LIMIT_MS;
  for (let left = times - 1; ; left -= 1) {
    const seen = await look();
    if (isEnough(seen) || left === 0 || clock.monotonic() >= until) return seen;
    await clock.sleep(pollIntervalMs, signal);
  }
}

/** What a look says that the API did not answer. @throws ClusterError at once where it refuses the key. */
export function notKnownYet(
  found: Extract<Lookup<unknown>, { kind: "unknown" }>,
): Extract<PollResult<unknown>, { kind: "not-yet" }> {
  if (found.refusal) throw found.refusal;
  return { kind: "not-yet", seen: found.reason };
}

/** `340 ms`, `2.1s`, `3m 20s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  return seconds === 0 ? `${minutes}m` : `${minutes}m ${seconds}s`;
}
