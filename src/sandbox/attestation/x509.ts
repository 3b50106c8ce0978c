/** Certificates and revocation lists of the made-up authorities: ECDSA P-256 with SHA-256. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";

const DAY = 24 * 60 * 60 * 1000;

/** A key with its certificate: PKCS#8 and X.509 in PEM. */
export type Issuer = { readonly name: string; readonly key: string; readonly certificate: string };

type CertificateRequest = {
  readonly name: string;
  readonly publicKey: KeyObject;
  /** Absent: self-signed with `selfKey`. */
  readonly issuer?: Issuer | undefined;
  readonly selfKey?: KeyObject | undefined;
  readonly isCa: boolean;
  /** ms since 1970 */
  readonly notBefore: number;
  readonly days: number;
  readonly extensions?: readonly Extension[];
};

export type Extension = {
  readonly id: string;
  readonly value: Buffer;
  readonly critical?: boolean;
};

const parsedKeys = new Map<string, KeyObject>();

/** Parses PKCS#8 in PEM. Cached: parsing takes ten times as long as signing. */
export function privateKeyOf(pemText: string): KeyObject {
  const known = parsedKeys.get(pemText) ?? createPrivateKey(pemText);
  parsedKeys.set(pemText, known);
  return known;
}

export const newP256 = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });

/** PEM, ending in a line feed. */
export function makeCertificate(request: CertificateRequest): string {
  const key = request.selfKey ?? privateKeyOf(request.issuer?.key ?? "");
  const usage: Extension = {
    id: "2.5.29.15",
    critical: true,
    value: Buffer.from(request.isCa ? "03020106" : "03020780", "hex"),
  };
  const constraints: Extension = {
    id: "2.5.29.19",
    critical: true,
    value: request.isCa ? sequence(boolean(true)) : sequence(),
  };
  const tbs = sequence(
    context(0, integer(2)),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    nameOf(request.issuer?.name ?? request.name),
    sequence(time(request.notBefore), time(request.notBefore + request.days * DAY)),
    nameOf(request.name),
    request.publicKey.export({ type: "spki", format: "der" }),
    context(3, extensions([usage, constraints, ...(request.extensions ?? [])])),
  );
  return pem(signed(tbs, key));
}

/** DER. Valid from an hour before `at` for 30 days. `revoked`: serial numbers, hex. */
export function makeCrl(issuer: Issuer, at: number, revoked: readonly string[] = []): Buffer {
  const since = at - DAY / 24;
  const entries = revoked.map((serial) =>
    sequence(integer(Buffer.from(serial, "hex")), time(since)),
  );
  const tbs = sequence(
    integer(1),
    ECDSA_SHA256,
    nameOf(issuer.name),
    time(since),
    time(since + 30 * DAY),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    context(0, extensions([{ id: "2.5.29.20", value: integer(1) }])),
  );
  return signed(tbs, privateKeyOf(issuer.key));
}

function extensions(list: readonly Extension[]): Buffer {
  return sequence(
    ...list.map(({ id, value, critical }) =>
      sequence(oid(id), ...(critical === true ? [boolean(true)] : []), octets(value)),
    ),
  );
}

const nameOf = (name: string): Buffer =>
  sequence(
    set(sequence(oid("2.5.4.3"), utf8(name))),
    set(sequence(oid("2.5.4.10"), utf8("tee-cluster sandbox"))),
  );

const signed = (tbs: Buffer, key: KeyObject): Buffer =>
  sequence(tbs, ECDSA_SHA256, bits(sign("sha256", tbs, key)));

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** A new key pair with its certificate. */
export function newIssuer(
  name: string,
  request: Omit<CertificateRequest, "name" | "publicKey">,
): Issuer {
  const { publicKey, privateKey } = newP256();
  const selfKey = request.issuer ? undefined : privateKey;
  const certificate = makeCertificate({ ...request, name, publicKey, selfKey });
  return { name, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), certificate };
}

/** The public key in DER. */
export const spkiOf = ({ key }: Pick<Issuer, "key">): Buffer =>
  createPublicKey(privateKeyOf(key)).export({ type: "spki", format: "der" });

/** Writes the parts of DER (X.690) that certificates and revocation lists need. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => tlv(0x31, ...parts);
export const octets = (body: Buffer): Buffer => tlv(4, body);
export const bits = (body: Buffer): Buffer => tlv(3, Buffer.from([0]), body);
export const utf8 = (text: string): Buffer => tlv(12, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tlv(1, Buffer.from([value ? 0xff : 0]));
/** `[n]`, constructed. */
export const context = (n: number, ...parts: readonly Buffer[]): Buffer => tlv(0xa0 | n, ...parts);

/** A non-negative INTEGER, of a number or of big-endian bytes. */
export function integer(value: number | Buffer): Buffer {
  const digits = typeof value === "number" ? value.toString(16) : value.toString("hex");
  const body = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return (body[0] ?? 0) >= 0x80 ? tlv(2, Buffer.from([0]), body) : tlv(2, body);
}

/** `1.2.840.10045.4.3.2` */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const base128 = (value: number): number[] =>
    value < 0x80
      ? [value]
      : [...base128(Math.floor(value / 128)).map((byte) => byte | 0x80), value % 128];
  return tlv(6, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime until 2049, then GeneralizedTime (RFC 5280). */
export function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return text < "2050" ? tlv(23, Buffer.from(text.slice(2))) : tlv(24, Buffer.from(text));
}

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
