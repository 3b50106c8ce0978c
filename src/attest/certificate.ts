/** X.509 certificates and revocation lists, as Intel issues them. */
import { X509Certificate, createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { refuse } from "../core/attestation.ts";
import { BIT_STRING, SEQUENCE, byOid, childrenOf, readDer, timeOf, type DerNode } from "./der.ts";
import { ensure, ensureFresh, isoDate } from "./refusal.ts";

export const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** By their text: each verification uses Intel's root in three chains, and most of its time is parsing. */
const parsed = new Map<string, X509Certificate>();
const MAX_PARSED = 64;

/** Certificates of a PEM text, leaf first. Nothing but PEM in its canonical form is accepted. */
export function parsePemChain(text: string): X509Certificate[] {
  const blocks = text.split(/(?<=-----END CERTIFICATE-----)\n*/).filter((block) => block !== "");
  return blocks.map((block) => {
    const certificate = parsed.get(block) ?? parsePem(block);
    if (parsed.size === MAX_PARSED) parsed.clear();
    parsed.set(block, certificate);
    return certificate;
  });
}

function parsePem(block: string): X509Certificate {
  try {
    const certificate = new X509Certificate(block);
    // An RA-TLS certificate contains certificates, and OpenSSL may find one of them first.
    if (certificate.toString() === `${block}\n`) return certificate;
  } catch {
    // refused below
  }
  return refuse("attest-quote", "pem", "a certificate is not valid PEM");
}

export const nameOf = (certificate: X509Certificate): string =>
  /(?:^|\n)CN=(.*)/.exec(certificate.subject)?.[1] ?? certificate.subject;

/** `role`: the required name, so that a platform's key can't sign TCB info; `crl`: the issuer's; `at`: ms. */
type Issuance = { readonly role: RegExp; readonly crl: Crl; readonly at: number };

/** @throws Refusal unless `issuer` has issued the certificate for this purpose, and it is valid at that time */
export function ensureIssued(
  certificate: X509Certificate,
  issuer: X509Certificate,
  { role, crl, at }: Issuance,
): void {
  const name = `the certificate "${nameOf(certificate)}"`;
  const isIssued = certificate.checkIssued(issuer) && issuer.ca;
  ensure(isIssued, "chain", `${name} was not issued by "${nameOf(issuer)}"`);
  const isGenuine = certificate.verify(issuer.publicKey);
  ensure(isGenuine, "chain-signature", `the signature of ${name} is invalid`);
  const isInDate = [certificate, issuer].every(
    ({ validFrom, validTo }) => Date.parse(validFrom) <= at && at <= Date.parse(validTo),
  );
  ensure(isInDate, "chain-dates", `${name} or its issuer is not valid at ${isoDate(at)}`);
  const isRevoked = crl.revoked.has(serialOf(certificate.serialNumber));
  ensure(!isRevoked, "revoked", `Intel has revoked ${name}`);
  ensure(role.test(nameOf(certificate)), "chain-role", `${name} is not for this purpose`);
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
  ensure(value, "x509", `"${nameOf(certificate)}" lacks the extension ${oid}`);
  return value.body;
}

const P256_SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");

/** A P-256 key of its 64 raw bytes (x and y). */
export function p256Key(point: Buffer): KeyObject {
  try {
    return createPublicKey({ key: Buffer.concat([P256_SPKI, point]), format: "der", type: "spki" });
  } catch {
    return refuse("attest-quote", "key", "a public key is not a point of P-256");
  }
}

/** Intel's raw signatures: r and s, 32 bytes each. */
export function isSigned(data: Buffer, key: KeyObject, signature: Buffer): boolean {
  const isP256 = key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  return isP256 && verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
}

/** `nextUpdate` in ms; `revoked`: serial numbers, hex. */
export type Crl = { readonly nextUpdate: number; readonly revoked: ReadonlySet<string> };

const CRL_EXTENSIONS = new Set(["551d14", "551d23"]); // number, authority key identifier

/** The list in hex. @throws Refusal: empty, forged, of another issuer, partial, out of date at `at` (ms) */
export function parseCrl(hex: string, issuer: X509Certificate, at: number): Crl {
  const of = `the revocation list of "${nameOf(issuer)}"`;
  const outer = readDer(Buffer.from(hex, "hex"));
  const [tbs, algorithm, signature] = childrenOf(outer);
  const [, inner, name, thisUpdate, nextUpdate, ...rest] = childrenOf(tbs);
  const isOfIssuer = name && fieldsOf(issuer)[4]?.raw.equals(name.raw);
  ensure(isOfIssuer && tbs, "crl-issuer", `${of} is from another issuer`);
  const isFramed = outer.tag === SEQUENCE && signature?.tag === BIT_STRING;
  const isSameAlgorithm = algorithm && inner?.raw.equals(algorithm.raw);
  ensure(isFramed && isSameAlgorithm && signature.body[0] === 0, "crl-form", `${of} is malformed`);
  const isGenuine = verify("sha256", tbs.raw, issuer.publicKey, signature.body.subarray(1));
  ensure(isGenuine, "crl-signature", `${of} is forged`);
  ensureFresh(timeOf(thisUpdate), timeOf(nextUpdate), at, of);
  const wrapper = rest.find(({ tag }) => tag === 0xa0);
  const extensions = wrapper ? [...byOid(childrenOf(wrapper)[0]).keys()] : [];
  const isWhole = extensions.every((id) => CRL_EXTENSIONS.has(id));
  ensure(isWhole, "crl-partial", `${of} is not a whole one`);
  const list = rest.find(({ tag }) => tag === SEQUENCE);
  const entries = list ? childrenOf(list).map((entry) => childrenOf(entry)[0]) : [];
  const revoked = entries.map((serial) => serialOf(serial?.body.toString("hex") ?? ""));
  return { nextUpdate: timeOf(nextUpdate), revoked: new Set(revoked) };
}

/** As numbers: DER has a sign byte, OpenSSL pads to whole bytes. */
const serialOf = (hex: string): string => BigInt(`0x0${hex}`).toString(16);
