/** Intel TDX quotes, versions 4 and 5 (Intel TDX DCAP Quoting Library API, appendix A): layout only. */
import { ensure } from "./refusal.ts";

const TD10 = 584;
const TD15 = 648; // TDX 1.5: two fields more
const INTEL_QE_VENDOR = "939a7233f79c4ca9940a0db3957f0607";

/** The fields of a TD report: offset and length. */
const FIELDS = {
  teeTcbSvn: [0, 16],
  mrSignerSeam: [64, 48],
  seamAttributes: [112, 8],
  tdAttributes: [120, 8],
  mrtd: [136, 48],
  rtmr0: [328, 48],
  rtmr1: [376, 48],
  rtmr2: [424, 48],
  rtmr3: [472, 48],
  reportData: [520, 64],
  mrServiceTd: [600, 48],
} as const;

/** The TD report within a quote, in hex; `mrServiceTd` is empty in version 4. */
export type TdReport = Readonly<Record<keyof typeof FIELDS, string>>;

/** `signed`: header and TD report, which the attestation key signs; `pckChain`: PEM, the PCK certificate first. */
export type Quote = ReturnType<typeof parseQuote>;

/** Reads a buffer sequentially, never beyond its end. */
function readerOf(bytes: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    ensure(at + length <= bytes.length, "quote-layout", "the quote is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const u16 = (): number => take(2).readUInt16LE();
  const u32 = (): number => take(4).readUInt32LE();
  const rest = (): Buffer => take(bytes.length - at);
  return { take, u16, u32, rest, taken: () => bytes.subarray(0, at) };
}

/** @throws Refusal `attest-quote` for anything but a whole TDX quote with Intel's quoting enclave */
export function parseQuote(bytes: Buffer) {
  const reader = readerOf(bytes);
  const [version, keyType, tee] = [reader.u16(), reader.u16(), reader.u32()];
  const isKnown = version === 4 || version === 5;
  ensure(isKnown, "quote-version", `TDX quote version ${version} is not supported`);
  ensure(keyType === 2 && tee === 0x81, "quote-type", "not a TDX quote with an ECDSA P-256 key");
  reader.take(4); // reserved
  const vendor = reader.take(16).toString("hex");
  ensure(vendor === INTEL_QE_VENDOR, "quote-qe-vendor", "not Intel's quoting enclave");
  reader.take(20); // of the quoting enclave's own
  const size = version === 4 ? TD10 : sizeOfBody(reader.u16(), reader.u32());
  const report = parseReport(reader.take(size));
  const signed = reader.taken();
  const authentication = reader.take(reader.u32());
  const padding = reader.rest().every((byte) => byte === 0);
  ensure(padding, "quote-layout", "there are bytes after the quote");
  return { version, report, signed, ...parseAuthentication(authentication) };
}

function sizeOfBody(type: number, size: number): number {
  const known = (type === 2 && size === TD10) || (type === 3 && size === TD15);
  ensure(known, "quote-type", `TD report type ${type} of ${size} bytes is not supported`);
  return size;
}

function parseReport(body: Buffer): TdReport {
  const hex = ([at, size]: readonly [number, number]): string =>
    body.toString("hex", at, at + size);
  const entries = Object.entries(FIELDS).map(([name, place]) => [name, hex(place)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of FIELDS
  return Object.fromEntries(entries) as TdReport;
}

/** Signature, key, and certification data: type 6 (QE report) which holds type 5 (PEM chain). */
function parseAuthentication(bytes: Buffer) {
  const reader = readerOf(bytes);
  const [signature, attestationKey] = [reader.take(64), reader.take(64)];
  ensure(reader.u16() === 6, "quote-layout", "certification data are not of type 6");
  const inner = readerOf(reader.take(reader.u32()));
  const [qeReport, qeReportSignature] = [inner.take(384), inner.take(64)];
  const qeAuthData = inner.take(inner.u16());
  ensure(inner.u16() === 5, "quote-layout", "the PCK certificates are not in the quote (type 5)");
  const chain = inner.take(inner.u32()).toString("latin1");
  const isWhole = inner.rest().length === 0 && reader.rest().length === 0;
  ensure(isWhole, "quote-layout", "the lengths in the quote contradict each other");
  const pckChain = chain.endsWith("\0") ? chain.slice(0, -1) : chain;
  return { signature, attestationKey, qeReport, qeReportSignature, qeAuthData, pckChain };
}
