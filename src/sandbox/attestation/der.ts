/** Writes DER (X.690): as much of it as certificates and revocation lists need. */

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

/** UTCTime until 2049, then GeneralizedTime, as RFC 5280 has it. */
export function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return text < "2050" ? tlv(23, Buffer.from(text.slice(2))) : tlv(24, Buffer.from(text));
}
