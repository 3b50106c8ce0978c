/** What the verifier requires, with the refusal where it does not hold. */
import { refuse } from "../core/attestation.ts";

/** @throws Refusal `attest-quote`: a part that is signed by Intel or the CPU does not hold */
export function requireQuote(condition: false, reason: string, message: string): never;
export function requireQuote(
  condition: boolean,
  reason: string,
  message: string,
): asserts condition;
export function requireQuote(condition: boolean, reason: string, message: string): void {
  if (!condition) refuse("attest-quote", reason, message);
}

/** Collateral that is out of date is missing, not forged: a newer one can be fetched. Times in ms. */
export function requireFresh(from: number, until: number, at: number, what: string): void {
  if (!(from <= at))
    refuse("attest-unavailable", "collateral-dates", `${what} is valid from ${isoDate(from)} on`);
  if (!(at <= until))
    refuse("attest-unavailable", "collateral-dates", `${what} expired on ${isoDate(until)}`);
}

const isoDate = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString() : "an unknown date";
