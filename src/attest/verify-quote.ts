/** Verifies a quote with Intel's collateral: everything that does not depend on what runs in the CVM. */
import type { KeyObject } from "node:crypto";
import { refuse, type Collateral, type PlatformId } from "../core/attestation.ts";
import { isSigned, nameOf, p256Key, parsePemChain, sha256 } from "./certificate.ts";
import { platformOf, verifyCollateral, type Anchor } from "./collateral.ts";
import { parseQuote, type Quote, type TdReport } from "./quote.ts";
import { ensure } from "./refusal.ts";
import { tcbResult } from "./tcb.ts";

/** @throws Refusal: every check of docs/attestation.md, "The quote" */
export function verifyQuote(bytes: Buffer, collateral: Collateral, anchor: Anchor) {
  const quote = parseQuote(bytes);
  const { report, qeReport, pckChain } = quote;
  const { pck, tcbInfo, qeIdentity, expires } = verifyCollateral(collateral, pckChain, anchor);
  ensureSigned(quote, pck.publicKey);
  ensureIsolated(report);
  const platform = platformOf(pck);
  const tcb = tcbResult(tcbInfo, qeIdentity, { platform, report, qeReport });
  return { report, tcb, fmspc: platform.fmspc, expires };
}

/** PCK signs the QE's report, which contains the attestation key's hash; that key signs the TD report. */
function ensureSigned(quote: Quote, pckKey: KeyObject): void {
  const isQe = isSigned(quote.qeReport, pckKey, quote.qeReportSignature);
  ensure(isQe, "qe-signature", "the quoting enclave's report is not signed by the platform's key");
  const keyHash = sha256(Buffer.concat([quote.attestationKey, quote.qeAuthData])).padEnd(128, "0");
  const isBound = quote.qeReport.toString("hex", 320, 384) === keyHash;
  ensure(isBound, "qe-binding", "the attestation key is not the quoting enclave's");
  const isGenuine = isSigned(quote.signed, p256Key(quote.attestationKey), quote.signature);
  ensure(isGenuine, "quote-signature", "the signature of the quote is invalid");
}

const SEPT_VE_DISABLE = 1n << 28n;
/** PKS, key locker and performance monitoring do not affect isolation. */
const HARMLESS = (1n << 30n) | (1n << 31n) | (1n << 63n);

/** TD attributes, TDX module base spec: bits 0 to 7 make the TD debuggable; 29 lets it migrate. */
function ensureIsolated({ tdAttributes, mrServiceTd }: TdReport): void {
  const bits = Buffer.from(tdAttributes, "hex").readBigUInt64LE();
  if ((bits & 0xffn) !== 0n)
    refuse("attest-debug", "td-debug", "the TD can be debugged: its host reads its memory");
  const isUsual = (bits & ~HARMLESS) === SEPT_VE_DISABLE;
  ensure(isUsual, "td-attributes", `unexpected TD attributes ${tdAttributes}`);
  const isAlone = /^0*$/.test(mrServiceTd);
  ensure(isAlone, "td-service", "the TD is bound to a service TD, which is not supported");
}

/** The platform whose collateral a quote needs. The quote is not verified. @throws Refusal */
export function platformOfQuote(bytes: Buffer): PlatformId {
  const [pck, issuer] = parsePemChain(parseQuote(bytes).pckChain);
  ensure(pck && issuer, "chain", "the quote has no PCK certificates");
  const ca = nameOf(issuer).includes("Processor") ? "processor" : "platform";
  return { fmspc: platformOf(pck).fmspc, ca };
}
