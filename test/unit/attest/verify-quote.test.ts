import { QuoteVerifier } from "@phala/dcap-qvl";
import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyQuote } from "../../../src/attest/verify-quote.ts";
import type { Collateral } from "../../../src/core/attestation.ts";
import { makeQuote, newIntel, pcsAnswers } from "../../../src/sandbox/attestation/intel.ts";
import { makeCrl, newIssuer, newP256 } from "../../../src/sandbox/attestation/x509.ts";
import { collateralOf } from "../../helpers/collateral.ts";
import {
  anchorOf,
  AT,
  COLLATERAL,
  INTEL,
  QUOTE,
  refusalOf,
  rootDer,
  TD,
} from "../../helpers/made-up-tee.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Whether Phala's verifier accepts it. */
function qvlAccepts(quote: Buffer, collateral: Collateral, at = AT): boolean {
  try {
    // Its types want the issuer chain of the PCK CRL, which it does not read.
    const given = { ...collateral, pck_crl_issuer_chain: "" };
    QuoteVerifier.newWithRootCa(rootDer(INTEL)).verify(quote, given, at / 1000);
    return true;
  } catch {
    return false;
  }
}

/**
 * What is hashed, or is a signature, a key or base64, as [from, to): TD report; signature and attestation key; the QE's
 * report and its signature; the QE's own data; the certificates.
 */
const ALIKE = [
  [48, 632],
  [636, 764],
  [770, 1218],
  [1220, 1252],
  [1258, QUOTE.length],
] as const;
/** No field of its own, no end of a field or a line, nor every eleventh byte of what is between them. */
function isAlike(at: number): boolean {
  const isWithin = ALIKE.some(([from, to]) => from < at && at < to - 1);
  const around = QUOTE.toString("latin1", at - 1, at + 2);
  return isWithin && at % 11 !== 0 && !/[\n-]/.test(around);
}

const changed = (changes: Partial<Collateral>): Collateral => ({ ...COLLATERAL, ...changes });
const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber;

describe("a quote", () => {
  it("is accepted with its registers, TCB status and the date until which the collateral holds", () => {
    const verified = verifyQuote(QUOTE, COLLATERAL, anchorOf(INTEL));
    expect(verified.report).toMatchObject({ ...TD, mrServiceTd: "" });
    expect(verified.tcb).toMatchObject({
      status: "UpToDate",
      advisories: [],
      evaluationNumber: 20,
    });
    expect(verified.expires).toBe(AT + 29 * DAY);
    expect(qvlAccepts(QUOTE, COLLATERAL)).toBe(true);
  });

  it("is accepted in version 5 as well, but not when it is bound to a service TD", () => {
    const quote = makeQuote(INTEL, { ...TD, version: 5 });
    expect(verifyQuote(quote, COLLATERAL, anchorOf(INTEL)).report).toMatchObject(TD);
    expect(qvlAccepts(quote, COLLATERAL)).toBe(true);
    const bound = makeQuote(INTEL, { ...TD, version: 5, mrServiceTd: "77".repeat(48) });
    expect(refusalOf(bound)).toBe("attest-quote/td-service");
    expect(qvlAccepts(bound, COLLATERAL)).toBe(false);
  });

  it("is refused with any one byte flipped: no unsigned framing is left over", () => {
    const tried = flips(QUOTE).filter(([at]) => !isAlike(at));
    expect(tried.length).toBeGreaterThan(500);
    const accepted = tried.filter(([, quote]) => refusalOf(quote) === undefined);
    expect(accepted.map(([at]) => at)).toEqual([]);
  }, 120_000);

  it("is refused when it is cut off anywhere, or goes on", () => {
    // Behind the certificates' beginning all is text.
    for (let length = 0; length < QUOTE.length; length += length < 1300 ? 7 : 41)
      expect(refusalOf(QUOTE.subarray(0, length))).toMatch(/^attest-quote\/(quote-|pem|chain)/);
    expect(refusalOf(Buffer.concat([QUOTE, Buffer.from([1])]))).toBe("attest-quote/quote-layout");
    expect(refusalOf(Buffer.concat([QUOTE, Buffer.alloc(70)]))).toBeUndefined();
  });

  it("that no TEE signed is refused: the quoting enclave does not vouch for its key", () => {
    const key = newP256().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const quote = makeQuote(INTEL, TD, key);
    expect(refusalOf(quote)).toBe("attest-quote/quote-signature");
    expect(qvlAccepts(quote, COLLATERAL)).toBe(false);
  });

  it("of a TD that can be debugged is refused with a code of its own", () => {
    const quote = makeQuote(INTEL, { ...TD, debug: true });
    expect(refusalOf(quote)).toBe("attest-debug/td-debug");
    expect(qvlAccepts(quote, COLLATERAL)).toBe(false);
  });

  it("of another root is refused: the sandbox's own in a real run", () => {
    const anchor = {
      intelRoot: "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3",
      at: AT,
    };
    expect(refusalOf(QUOTE, COLLATERAL, anchor)).toBe("attest-quote/root");
    expect(refusalOf(QUOTE, COLLATERAL, anchorOf(newIntel(AT)))).toBe("attest-quote/root");
  });
});

describe("collateral", () => {
  const other = newIntel(AT);
  const foreign = collateralOf(pcsAnswers(other, AT));

  it("with a revocation list that is empty, garbage or forged is refused, where dcap-qvl 0.3.9 accepts it", () => {
    const forged = makeCrl({ ...other.platformCa, name: INTEL.platformCa.name }, AT).toString(
      "hex",
    );
    for (const [pck_crl, expected] of [
      ["", "attest-quote/der"],
      ["deadbeef", "attest-quote/der"],
      [forged, "attest-quote/crl-signature"],
      [COLLATERAL.root_ca_crl, "attest-quote/crl-issuer"],
    ] as const) {
      expect(refusalOf(QUOTE, changed({ pck_crl }))).toBe(expected);
      expect(qvlAccepts(QUOTE, changed({ pck_crl }))).toBe(true);
    }
    expect(refusalOf(QUOTE, changed({ root_ca_crl: foreign.root_ca_crl }))).toMatch(
      /crl-(issuer|signature)/,
    );
  });

  it("that revokes the platform, its CA, or the TCB signer is refused", () => {
    const revoked = pcsAnswers(INTEL, AT, { revoked: [serialOf(INTEL.pck.certificate)] });
    expect(refusalOf(QUOTE, collateralOf(revoked))).toBe("attest-quote/revoked");
    expect(qvlAccepts(QUOTE, collateralOf(revoked))).toBe(false);
    for (const certificate of [INTEL.platformCa.certificate, INTEL.tcbSigner.certificate]) {
      const root_ca_crl = makeCrl(INTEL.root, AT, [serialOf(certificate)]).toString("hex");
      expect(refusalOf(QUOTE, changed({ root_ca_crl }))).toBe("attest-quote/revoked");
    }
  });

  it.each([
    ["before it was issued", -2 * DAY],
    ["after it expired", 30 * DAY],
  ])("is refused %s", (_, shift) => {
    const anchor = anchorOf(INTEL, AT + shift);
    expect(refusalOf(QUOTE, COLLATERAL, anchor)).toMatch(
      /attest-unavailable\/collateral-dates|attest-quote\/chain-dates/,
    );
    expect(qvlAccepts(QUOTE, COLLATERAL, AT + shift)).toBe(false);
  });

  it("whose text was changed after Intel signed it is refused", () => {
    for (const field of ["tcb_info", "qe_identity"] as const) {
      const text = COLLATERAL[field].replace(/"isvsvn":7/, '"isvsvn":6');
      expect(text).not.toBe(COLLATERAL[field]);
      expect(refusalOf(QUOTE, changed({ [field]: text }))).toBe(
        "attest-quote/collateral-signature",
      );
      expect(qvlAccepts(QUOTE, changed({ [field]: text }))).toBe(false);
    }
  });

  it("signed with a PCK certificate's key is refused: a platform's owner may have got at one", () => {
    const leaf = newIssuer("Intel SGX PCK Certificate", {
      issuer: INTEL.root,
      isCa: false,
      notBefore: AT - DAY,
      days: 100,
    });
    const answers = collateralOf(pcsAnswers({ ...INTEL, tcbSigner: leaf }, AT));
    expect(refusalOf(QUOTE, answers)).toBe("attest-quote/chain-role");
    expect(qvlAccepts(QUOTE, answers)).toBe(true);
  });

  it("of another Intel is refused", () => {
    expect(refusalOf(QUOTE, foreign)).toMatch(/attest-quote\/crl-(issuer|signature)/);
    expect(
      refusalOf(QUOTE, changed({ tcb_info_issuer_chain: foreign.tcb_info_issuer_chain })),
    ).toBe("attest-quote/chain");
  });

  it("with any one byte of its revocation lists flipped is refused", () => {
    for (const field of ["root_ca_crl", "pck_crl"] as const) {
      const bytes = Buffer.from(COLLATERAL[field], "hex");
      const accepted = flips(bytes).filter(
        ([, crl]) => refusalOf(QUOTE, changed({ [field]: crl.toString("hex") })) === undefined,
      );
      expect(accepted.map(([at]) => at)).toEqual([]);
    }
  }, 60_000);

  it("reports the platform's status and its advisories", () => {
    const answers = collateralOf(pcsAnswers(INTEL, AT, { status: "SWHardeningNeeded" }));
    const { tcb } = verifyQuote(QUOTE, answers, anchorOf(INTEL));
    expect(tcb).toMatchObject({ status: "SWHardeningNeeded", module: "UpToDate", qe: "UpToDate" });
    expect(tcb.advisories).toEqual(["SANDBOX-SA-00001"]);
  });
});

/** Each byte with each single bit flipped in turn, one bit per byte (another one at each place). */
function flips(bytes: Buffer): [number, Buffer][] {
  return [...bytes.keys()].map((at) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
    return [at, copy];
  });
}
