/** Retries with backoff and jitter. For reads only: a repeated create makes a second CVM. */
import { NetworkError, type NetworkCause } from "./network-error.ts";

export type RetryPolicy = {
  readonly tries: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
};

export const READ_RETRIES: RetryPolicy = { tries: 3, firstPauseMs: 250, longestPauseMs: 10_000 };

/** How long to pause before try number `next` (2 for the first retry); what the server asks for comes first. */
export function pauseBefore(
  next: number,
  policy: RetryPolicy,
  retryAfterMs: number | undefined,
): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, policy.longestPauseMs);
  const full = Math.min(policy.firstPauseMs * 2 ** (next - 2), policy.longestPauseMs);
  return full / 2 + Math.random() * (full / 2);
}

/** `Retry-After` in both of its forms, seconds and a date; undefined where there is none. */
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

/** Overload and trouble in between are worth another try; a refusal is not. */
export function isWorthRetrying(status: number): boolean {
  return status === 429 || status >= 500;
}

const LASTING: ReadonlySet<NetworkCause> = new Set([
  "tls-untrusted",
  "ca-file-invalid",
  "proxy-auth-required",
  "answer-too-large",
]);

/** Not what stays as it is until somebody changes a setting. */
export function isWorthRetryingError(error: unknown): boolean {
  return error instanceof NetworkError && !LASTING.has(error.code);
}

const FULL = 20;
const REFILL = 0.2;

/** Retries of all reads together: where most requests fail, repeating each of them makes an outage longer. */
export class RetryBudget {
  #left = FULL;

  /** Whether one more retry may be made. */
  take(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** For each request that went well. */
  give(): void {
    this.#left = Math.min(FULL, this.#left + REFILL);
  }
}
