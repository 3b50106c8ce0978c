/** Random changes of quotes and collateral, with a fixed seed: what we accept Phala's verifier accepts, and with the same result. */
import { QuoteVerifier } from "@phala/dcap-qvl";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { verifyQuote } from "../../../src/attest/verify-quote.ts";
import type { Collateral } from "../../../src/core/attestation.ts";
import { makeQuote, pcsAnswers } from "../../../src/sandbox/attestation/intel.ts";
import { collateralOf } from "../../helpers/collateral.ts";
import {
  anchorOf,
  AT,
  COLLATERAL,
  INTEL,
  refusalOf,
  rootDer,
  TD,
} from "../../helpers/made-up-tee.ts";

type Verdict = { readonly status: string; readonly advisories: readonly string[] };

function qvl(quote: Buffer, collateral: Collateral, at: number): Verdict | undefined {
  try {
    const given = { ...collateral, pck_crl_issuer_chain: "" };
    const { status, advisory_ids: advisories } = QuoteVerifier.newWithRootCa(rootDer(INTEL)).verify(
      quote,
      given,
      at / 1000,
    ) as { status: string; advisory_ids: string[] };
    return { status, advisories: advisories.toSorted() };
  } catch {
    return undefined;
  }
}

function ours(quote: Buffer, collateral: Collateral, at: number): Verdict | undefined {
  const anchor = anchorOf(INTEL, at);
  if (refusalOf(quote, collateral, anchor) !== undefined) return undefined;
  const { status, advisories } = verifyQuote(quote, collateral, anchor).tcb;
  return { status, advisories };
}

const register = fc
  .uint8Array({ minLength: 48, maxLength: 48 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const genuine = fc.record({
  td: fc.record({
    mrtd: register,
    rtmr0: register,
    rtmr3: register,
    version: fc.constantFrom<4 | 5>(4, 5),
    debug: fc.boolean(),
  }),
  status: fc.constantFrom("UpToDate", "SWHardeningNeeded", "OutOfDate", "Revoked"),
  days: fc.integer({ min: -3, max: 40 }),
});

test("genuine quotes of any content, status and day: the same verdict", () => {
  let compared = 0;
  fc.assert(
    fc.property(genuine, ({ td, status, days }) => {
      const quote = makeQuote(INTEL, { ...TD, ...td });
      const collateral = collateralOf(pcsAnswers(INTEL, AT, { status }));
      const at = AT + days * 86_400_000;
      const [own, theirs] = [ours(quote, collateral, at), qvl(quote, collateral, at)];
      compared += 1;
      // Theirs refuses a revoked platform; with us that is the trust file's to refuse, which can't accept it.
      if (status === "Revoked") return theirs === undefined;
      // It does not look at the day from which Intel's documents hold.
      return (own === undefined && days < 0) || isDeepStrictEqual(own, theirs);
    }),
    { numRuns: 30, seed: 13 },
  );
  expect(compared).toBe(30);
}, 60_000);

/** With a few bytes overwritten, at that part of its length. */
function changed(bytes: Buffer, { at, bytes: put }: { at: number; bytes: Uint8Array }): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(put.subarray(0, copy.length), Math.floor(at * (copy.length - put.length)));
  return copy;
}

const FIELDS = Object.keys(COLLATERAL) as (keyof Collateral)[];

test("with any bytes of a quote or of collateral changed: what we accept, it accepts, and in the same way", () => {
  const quote = makeQuote(INTEL, TD);
  const change = fc.record({
    field: fc.constantFrom<"quote" | keyof Collateral>("quote", ...FIELDS),
    at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
  });
  let refused = 0;
  fc.assert(
    fc.property(change, ({ field, ...where }) => {
      const isText = field !== "quote";
      const other = isText
        ? {
            ...COLLATERAL,
            [field]: changed(Buffer.from(COLLATERAL[field]), where).toString("latin1"),
          }
        : COLLATERAL;
      const own = ours(isText ? quote : changed(quote, where), other, AT);
      if (own === undefined) refused += 1;
      return (
        own === undefined ||
        isDeepStrictEqual(own, qvl(isText ? quote : changed(quote, where), other, AT))
      );
    }),
    { numRuns: 150, seed: 13 },
  );
  // Nearly every change breaks a signature.
  expect(refused).toBeGreaterThan(120);
}, 120_000);
