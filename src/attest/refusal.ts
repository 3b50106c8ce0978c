/** What the verifier insists on, with the refusal where it does not hold. */
import { refuse } from "../core/attestation.ts";

/** @throws Refusal `attest-quote`: a part that Intel or the CPU has signed does not hold. */
export function ensure(condition: unknown, reason: string, message: string): asserts condition {
  if (!condition) refuse("attest-quote", reason, message);
}

/** Collateral that is out of date is missing, not forged: a newer one can be fetched. Times in ms. */
export function ensureFresh(from: number, until: number, at: number, what: string): void {
  if (from <= at && at <= until) return;
  const problem = from <= at ? `expired on ${isoDate(until)}` : `is valid from ${isoDate(from)} on`;
  refuse("attest-unavailable", "collateral-dates", `${what} ${problem}`);
}

export const isoDate = (ms: number): string =>
  Number.isNaN(ms) ? "an unknown date" : new Date(ms).toISOString();
