/** X.509 certificates and revocation lists, as Intel issues them. */
import { X509Certificate, createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { BIT_STRING, SEQUENCE, byOid, childrenOf, readDer, timeOf, type DerNode } from "./der.ts";
import { requireFresh, requireQuote } from "./refusal.ts";

export const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** Certificates of a PEM text, leaf first. Nothing but PEM blocks in their canonical base64 is accepted. */
export function parsePemChain(text: string): X509Certificate[] {
  const blocks = text.split(/(?<=-----END CERTIFICATE-----)\n*/).filter((block) => block !== "");
  return blocks.map((block) => {
    const match =
      /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----$/.exec(block);
    const base64 = match?.[1]?.replaceAll("\n", "") ?? "";
    const raw = Buffer.from(base64, "base64");
    requireQuote(
      raw.length > 0 && raw.toString("base64") === base64,
      "pem",
      "a certificate is not valid PEM",
    );
    try {
      const certificate = new X509Certificate(block);
      // Of a DER text that holds PEM (an RA-TLS certificate does) OpenSSL reads the inner one.
      requireQuote(certificate.raw.equals(raw), "x509", "a certificate is not what its PEM says");
      return certificate;
    } catch {
      return requireQuote(false, "x509", "a certificate is not readable");
    }
  });
}

export const nameOf = (certificate: X509Certificate): string =>
  /(?:^|\n)CN=(.*)/.exec(certificate.subject)?.[1] ?? certificate.subject;

/** @throws Refusal unless `issuer` made and signed `certificate` and both are valid at `at` (ms) */
export function assertIssued(
  certificate: X509Certificate,
  issuer: X509Certificate,
  at: number,
): void {
  const name = nameOf(certificate);
  const isByName = certificate.checkIssued(issuer) && issuer.ca;
  requireQuote(isByName, "chain", `"${name}" was not issued by "${nameOf(issuer)}"`);
  const isGenuine = certificate.verify(issuer.publicKey);
  requireQuote(
    isGenuine,
    "chain-signature",
    `the signature of the certificate "${name}" is invalid`,
  );
  const dates = [certificate, issuer].map((one) => [
    Date.parse(one.validFrom),
    Date.parse(one.validTo),
  ]);
  const isValid = dates.every(
    ([from = Number.NaN, until = Number.NaN]) => from <= at && at <= until,
  );
  requireQuote(
    isValid,
    "chain-dates",
    `"${name}" or its issuer is not valid at ${new Date(at).toISOString()}`,
  );
}

/** Fields of a certificate's signed part: serial, algorithm, issuer, validity, subject, key, ..., extensions. */
function fieldsOf(certificate: X509Certificate): DerNode[] {
  const [tbs] = childrenOf(readDer(certificate.raw));
  return childrenOf(tbs).slice(1);
}

/** The content of an extension (`oid`: the identifier's content in hex). @throws Refusal where absent */
export function extensionOf(certificate: X509Certificate, oid: string): Buffer {
  const [list] = childrenOf(fieldsOf(certificate).find(({ tag }) => tag === 0xa3));
  const value = byOid(list).get(oid);
  requireQuote(value !== undefined, "x509", `"${nameOf(certificate)}" lacks the extension ${oid}`);
  return value.body;
}

const P256_SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");

/** A P-256 key of its 64 raw bytes (x and y). */
export function p256Key(point: Buffer): KeyObject {
  try {
    return createPublicKey({ key: Buffer.concat([P256_SPKI, point]), format: "der", type: "spki" });
  } catch {
    return requireQuote(false, "key", "a public key is not a point of P-256");
  }
}

/** Intel's raw signatures: r and s, 32 bytes each. */
export function isSigned(data: Buffer, key: KeyObject, signature: Buffer): boolean {
  const isP256 = key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  return isP256 && verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
}

/** `nextUpdate` in ms; `revoked`: serial numbers, hex. */
export type Crl = ReturnType<typeof parseCrl>;

const CRL_EXTENSIONS = new Set(["551d14", "551d23"]); // number, authority key identifier

/** A CRL of this issuer, valid at `at`. @throws Refusal: empty, forged, of another issuer, partial, out of date */
export function parseCrl(raw: Buffer, issuer: X509Certificate, at: number) {
  const outer = readDer(raw);
  const [tbs, algorithm, signature] = childrenOf(outer);
  const [, inner, name, thisUpdate, nextUpdate, ...rest] = childrenOf(tbs);
  const of = `the revocation list of "${nameOf(issuer)}"`;
  const isOfIssuer = name !== undefined && fieldsOf(issuer)[4]?.raw.equals(name.raw) === true;
  requireQuote(isOfIssuer && tbs !== undefined, "crl-issuer", `${of} is from another issuer`);
  const isFramed =
    outer.tag === SEQUENCE &&
    algorithm !== undefined &&
    inner?.raw.equals(algorithm.raw) === true &&
    signature?.tag === BIT_STRING &&
    signature.body[0] === 0;
  requireQuote(isFramed, "crl-form", `${of} is not a revocation list`);
  const isGenuine = verify("sha256", tbs.raw, issuer.publicKey, signature.body.subarray(1));
  requireQuote(isGenuine, "crl-signature", `${of} is forged`);
  const until = timeOf(nextUpdate);
  requireFresh(timeOf(thisUpdate), until, at, of);
  const wrapper = rest.find(({ tag }) => tag === 0xa0);
  const extensions = wrapper === undefined ? [] : [...byOid(childrenOf(wrapper)[0]).keys()];
  const isWhole = extensions.every((id) => CRL_EXTENSIONS.has(id));
  requireQuote(isWhole, "crl-partial", `${of} is not a whole one`);
  const list = rest.find(({ tag }) => tag === SEQUENCE);
  const entries = list === undefined ? [] : childrenOf(list).map((entry) => childrenOf(entry)[0]);
  return {
    nextUpdate: until,
    revoked: new Set(entries.map((serial) => serialOf(serial?.body.toString("hex")))),
  };
}

/** As numbers: DER has a sign byte, OpenSSL pads to whole bytes. */
const serialOf = (hex: string | undefined): string => BigInt(`0x${hex ?? ""}`).toString(16);

export const isRevoked = ({ revoked }: Crl, { serialNumber }: X509Certificate): boolean =>
  revoked.has(serialOf(serialNumber));
