/** Retries with backoff and jitter. For reads only: a repeated create makes a second CVM. */
import { NetworkError, type NetworkCause } from "./network-error.ts";

export type RetryPolicy = {
  readonly tries: number;
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
};

export const READ_RETRIES: RetryPolicy = { tries: 3, firstPauseMs: 250, maxPauseMs: 10_000 };

/** The pause before attempt number `next` (2 for the first retry); the server's `Retry-After` takes precedence. */
export function pauseBefore(
  next: number,
  policy: RetryPolicy,
  retryAfterMs: number | undefined,
): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, policy.maxPauseMs);
  const full = Math.min(policy.firstPauseMs * 2 ** (next - 2), policy.maxPauseMs);
  return full / 2 + Math.random() * (full / 2);
}

/** `Retry-After` in both forms, seconds and a date; undefined if there is none. */
export function retryAfter(
  header: string | string[] | undefined,
  nowMs: number,
): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** Overload and failures of intermediaries are retried; refusals are not. */
export function isWorthRetrying(status: number): boolean {
  return status === 429 || status >= 500;
}

const LASTING: ReadonlySet<NetworkCause> = new Set([
  "tls-untrusted",
  "ca-file-invalid",
  "proxy-auth-required",
  "answer-too-large",
]);

/** Errors that last until a setting is changed are not retried. */
export function isWorthRetryingError(error: unknown): boolean {
  return error instanceof NetworkError && !LASTING.has(error.code);
}

const FULL = 20;
const REFILL = 0.2;

/** Limits the retries of all reads together: if most requests fail, repeating each one prolongs an outage. */
export class RetryBudget {
  #left = FULL;

  /** Whether another retry is allowed. */
  take(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Called for each successful request. */
  give(): void {
    this.#left = Math.min(FULL, this.#left + REFILL);
  }
}
