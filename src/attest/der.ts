/** A strict reader of DER (X.690): definite lengths in their shortest form, nothing after the last byte. */
import { ensure } from "./refusal.ts";

/** `body`: the content octets; `raw`: with the header, as signed. */
export type DerNode = { readonly tag: number; readonly body: Buffer; readonly raw: Buffer };

export const SEQUENCE = 0x30;
export const BIT_STRING = 3;
const OID = 6;
const UTC_TIME = 23;

/** Exactly one node. @throws Refusal for anything else */
export function readDer(bytes: Buffer): DerNode {
  const [node, ...rest] = readAll(bytes);
  ensure(node && rest.length === 0, "der", "DER: expected exactly one value");
  return node;
}

/** The children of a constructed node. @throws Refusal if it is absent or primitive */
export function childrenOf(node: DerNode | undefined): DerNode[] {
  ensure(node && (node.tag & 0x20) !== 0, "der", "DER: expected a constructed value");
  return readAll(node.body);
}

function readAll(bytes: Buffer): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes.readUInt8(at);
    const { start, end } = extentOf(bytes, at);
    ensure((tag & 0x1f) !== 0x1f, "der", "DER: unsupported tag");
    ensure(end <= bytes.length, "der", "DER: a value is longer than what holds it");
    nodes.push({ tag, body: bytes.subarray(start, end), raw: bytes.subarray(at, end) });
    at = end;
  }
  return nodes;
}

/** Where the content of the node at `at` begins and ends. */
function extentOf(bytes: Buffer, at: number): { start: number; end: number } {
  const first = bytes[at + 1];
  ensure(first !== undefined, "der", "DER: a length is missing");
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  const start = at + 2 + size;
  ensure(size >= 1 && size <= 4 && start <= bytes.length, "der", "DER: unsupported length");
  const length = bytes.readUIntBE(at + 2, size);
  const isShortest = length >= 0x80 && (size === 1 || length >= 2 ** (8 * (size - 1)));
  ensure(isShortest, "der", "DER: a length is not in its shortest form");
  return { start, end: start + length };
}

/** A sequence of `{OBJECT IDENTIFIER, ..., value}` by the identifier's content in hex: the last of each entry. */
export function byOid(list: DerNode | undefined): Map<string, DerNode> {
  const entryOf = (entry: DerNode): [string, DerNode] => {
    const [id, ...rest] = childrenOf(entry);
    const value = rest.at(-1);
    ensure(id?.tag === OID && value, "der", "DER: expected an identifier and a value");
    return [id.body.toString("hex"), value];
  };
  return new Map(childrenOf(list).map(entryOf));
}

/** UTCTime or GeneralizedTime, in ms since 1970. */
export function timeOf(node: DerNode | undefined): number {
  const text = node?.body.toString("latin1") ?? "";
  const full = node?.tag === UTC_TIME ? (text < "50" ? "20" : "19") + text : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  ensure(match, "der", "DER: expected a time");
  const [year = 0, month = 0, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}
