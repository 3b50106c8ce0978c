/** Assertions of the verifier. */
import { refuse } from "../core/attestation.ts";

/** @throws Refusal `attest-quote` if a part that Intel or the CPU signs is invalid. */
export function ensure(condition: unknown, reason: string, message: string): asserts condition {
  if (!condition) refuse("attest-quote", reason, message);
}

/** Expired collateral counts as missing, not forged: it can be fetched again. Times in ms. */
export function ensureFresh(from: number, until: number, at: number, what: string): void {
  if (from <= at && at <= until) return;
  const problem = from <= at ? `expired on ${isoDate(until)}` : `is valid from ${isoDate(from)} on`;
  refuse("attest-unavailable", "collateral-dates", `${what} ${problem}`);
}

export const isoDate = (ms: number): string =>
  Number.isNaN(ms) ? "an unknown date" : new Date(ms).toISOString();
