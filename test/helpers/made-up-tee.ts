/** A TEE, Intel's collateral and the verifier's anchor, all of the sandbox's made-up authorities. */
import { createHash, X509Certificate } from "node:crypto";
import type { Anchor } from "../../src/attest/collateral.ts";
import { verifyQuote } from "../../src/attest/verify-quote.ts";
import { Refusal, type Collateral } from "../../src/core/attestation.ts";
import {
  makeQuote,
  newIntel,
  pcsAnswers,
  type MadeUpIntel,
  type TdMeasurements,
} from "../../src/sandbox/attestation/intel.ts";
import { collateralOf } from "./collateral.ts";

export const AT = Date.parse("2026-03-01T12:00:00Z");

export const INTEL: MadeUpIntel = newIntel(AT);

export const TD: TdMeasurements = {
  mrtd: "11".repeat(48),
  rtmr0: "22".repeat(48),
  rtmr1: "33".repeat(48),
  rtmr2: "44".repeat(48),
  rtmr3: "55".repeat(48),
  reportData: "66".repeat(64),
};

export const rootDer = (intel: MadeUpIntel): Buffer =>
  new X509Certificate(intel.root.certificate).raw;

export const anchorOf = (intel: MadeUpIntel, at = AT): Anchor => ({
  intelRoot: createHash("sha256").update(rootDer(intel)).digest("hex"),
  at,
});

export const COLLATERAL: Collateral = collateralOf(pcsAnswers(INTEL, AT));
export const QUOTE: Buffer = makeQuote(INTEL, TD);

/** `code/reason` of the refusal, or undefined where the quote is accepted. Anything else that is thrown fails. */
export function refusalOf(
  quote: Buffer,
  collateral = COLLATERAL,
  anchor = anchorOf(INTEL),
): string | undefined {
  return thrownBy(() => verifyQuote(quote, collateral, anchor));
}

export function thrownBy(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}/${error.reason}`;
    throw error;
  }
}
