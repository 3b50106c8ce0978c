/** dstack's RA-TLS certificates: a quote attests the certificate's key, the KMS's CA signs the certificate. */
import { createHash, type X509Certificate } from "node:crypto";
import { extensionOf, parsePemChain } from "../attest/certificate.ts";
import { readDer } from "../attest/der.ts";
import { refuse } from "../core/attestation.ts";

/** 1.3.6.1.4.1.62397.1.1: the quote; .1.8: the attestation of dstack 0.6, which contains it. */
const QUOTE = "2b0601040183e73d0101";
const ATTESTATION = "2b0601040183e73d0108";
/** Version 4, ECDSA P-256, TDX. */
const QUOTE_START = Buffer.from("0400020081000000", "hex");

/** The quote in the first certificate of a PEM chain, hex. @throws Refusal `attest-quote` if there is none */
export function quoteInCertificate(pem: string): string {
  const [leaf] = parsePemChain(pem);
  if (!leaf) return refuse("attest-quote", "certificate", "the CVM showed no certificate");
  try {
    return readDer(extensionOf(leaf, QUOTE)).body.toString("hex");
  } catch {
    const attestation = extensionOf(leaf, ATTESTATION);
    const start = attestation.indexOf(QUOTE_START);
    if (start === -1) refuse("attest-quote", "certificate", "the certificate holds no TDX quote");
    const signed = start + 48 + 584;
    const end = signed + 4 + attestation.readUInt32LE(signed);
    return attestation.toString("hex", start, end);
  }
}

export type RaTls = {
  /** ms since 1970: when the certificate was issued. */
  readonly issuedAt: number;
  /** The CA's SubjectPublicKeyInfo, DER, hex. */
  readonly caSpki: string;
};

/**
 * @param reportData of the verified quote, hex
 * @throws Refusal if the quote does not attest the certificate's key, or the chain is invalid
 */
export function verifyRaTls(pem: string, reportData: string): RaTls {
  const chain = parsePemChain(pem);
  const [leaf] = chain;
  const ca = chain.at(-1);
  const incomplete = "the CVM's certificate comes without the KMS's CA";
  if (!leaf || !ca || chain.length < 2) return refuse("attest-quote", "certificate", incomplete);
  const hash = createHash("sha512").update("ratls-cert:").update(spkiOf(leaf)).digest("hex");
  if (hash !== reportData)
    refuse("attest-quote", "report-data", "the quote does not vouch for the CVM's certificate");
  for (const [index, certificate] of chain.slice(0, -1).entries()) {
    const issuer = chain[index + 1];
    const isIssued = issuer?.ca === true && certificate.verify(issuer.publicKey);
    if (!isIssued)
      refuse("attest-quote", "certificate", "the CVM's certificate is not signed by its CA");
  }
  return { issuedAt: Date.parse(leaf.validFrom), caSpki: spkiOf(ca).toString("hex") };
}

const spkiOf = (certificate: X509Certificate): Buffer =>
  certificate.publicKey.export({ type: "spki", format: "der" });
