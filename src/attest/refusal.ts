/** Why evidence was refused: what the verifier throws, and nothing else. */
import type { AttestationCode } from "../core/attestation.ts";

/** `reason` tells refusals of one code apart (for example `crl-signature`); `message` is for an operator. */
export class Refusal extends Error {
  readonly code: AttestationCode;
  readonly reason: string;

  constructor(code: AttestationCode, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export function refuse(code: AttestationCode, reason: string, message: string): never {
  throw new Refusal(code, reason, message);
}

/** @throws Refusal `attest-quote`: a part that is signed by Intel or the CPU does not hold */
export function requireQuote(condition: false, reason: string, message: string): never;
export function requireQuote(condition: boolean, reason: string, message: string): asserts condition;
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
