/**
 * The journal's chain. A record ends with a seal: `"digest"`, the SHA-256 of every byte of the file between the digest
 * before it (its digits included) and its own. So a seal covers each byte exactly once: a flipped bit, a line that is
 * gone or was moved, and what stood before the first seal (records of format 1 have none). Pure.
 */
import { createHash, hash } from "node:crypto";
import { parseJson } from "../lib/json.ts";

const OPENING = ',"digest":"';
const DIGEST_LENGTH = 64;
const CLOSING = '"}';
const SEAL_LENGTH = OPENING.length + DIGEST_LENGTH + CLOSING.length;
const NEWLINE = 0x0a;

export type JournalLine = {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** False for a line of format 1, which was written without a seal. */
  readonly sealed: boolean;
  /** Whether a newline ends it. */
  readonly ended: boolean;
};

/** Lines of which at least one is not what was written there. */
export type Damage = { readonly first: number; readonly last: number };

type Span = { readonly number: number; readonly start: number; readonly end: number };

/** A record's line. `covered`: the file's bytes from where `coveredFrom` says to its end. */
export function sealLine(json: string, covered: Uint8Array): string {
  const body = json.slice(0, -1);
  return `${body}${OPENING}${createHash("sha256").update(covered).update(body).digest("hex")}${CLOSING}`;
}

/** Where the digits of the last seal begin; undefined where there is none. */
export function coveredFrom(bytes: Buffer): number | undefined {
  let at = bytes.lastIndexOf(OPENING);
  while (at !== -1) {
    const end = at + SEAL_LENGTH;
    const ends = end === bytes.length || bytes[end] === NEWLINE;
    if (ends && sealAt(bytes, end) !== undefined) return at + OPENING.length;
    at = at === 0 ? -1 : bytes.lastIndexOf(OPENING, at - 1);
  }
  return undefined;
}

/**
 * The lines of a journal, up to the first damage. Left out is what a crash cut off: an end that nothing follows, or a
 * line that was there when the seal behind it was made.
 */
export function readSealedLines(bytes: Buffer): {
  lines: readonly JournalLine[];
  damage: Damage | undefined;
} {
  const lines: JournalLine[] = [];
  let unsealed: Span[] = [];
  let from: number | undefined;
  for (const span of spansOf(bytes)) {
    const seal = sealAt(bytes, span.end, span.start);
    if (seal === undefined) {
      unsealed.push(span);
      continue;
    }
    if (sha256(bytes.subarray(from ?? 0, span.end - SEAL_LENGTH)) !== seal) {
      return { lines, damage: { first: unsealed[0]?.number ?? span.number, last: span.number } };
    }
    if (from === undefined) lines.push(...unsealed.map((each) => lineOf(bytes, each, false)));
    // It was sealed over, and no crash leaves a whole document: another program wrote it.
    const foreign = from === undefined ? undefined : unsealed.find((each) => isDocument(bytes, each));
    if (foreign) return { lines, damage: { first: foreign.number, last: foreign.number } };
    lines.push(lineOf(bytes, span, true));
    unsealed = [];
    from = span.end - SEAL_LENGTH + OPENING.length;
  }
  if (from === undefined) {
    return { lines: unsealed.map((each) => lineOf(bytes, each, false)), damage: undefined };
  }
  return { lines, damage: damageBehindSeals(bytes, unsealed) };
}

/** Behind the last seal only a crash leaves something: one line, without a newline and without a whole record. */
function damageBehindSeals(bytes: Buffer, unsealed: readonly Span[]): Damage | undefined {
  const [first] = unsealed;
  const last = unsealed.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const torn = first === last && last.end === bytes.length && !holdsSeal(bytes, last);
  return torn ? undefined : { first: first.number, last: last.number };
}

/** A whole record whose newline was replaced is not what a crash leaves. */
function holdsSeal(bytes: Buffer, { start, end }: Span): boolean {
  return /,"digest":"[0-9a-f]{64}"\}/.test(bytes.toString("latin1", start, end));
}

const isDocument = (bytes: Buffer, { start, end }: Span): boolean =>
  parseJson(bytes.toString("utf8", start, end)) !== undefined;

function* spansOf(bytes: Buffer): Generator<Span> {
  let start = 0;
  let number = 1;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    yield { number, start, end };
    start = end + 1;
    number += 1;
  }
  if (start < bytes.length) yield { number, start, end: bytes.length };
}

function lineOf(bytes: Buffer, { number, start, end }: Span, sealed: boolean): JournalLine {
  return { number, text: bytes.toString("utf8", start, end), sealed, ended: end < bytes.length };
}

/** The digest of the seal that ends at `end`. */
function sealAt(bytes: Buffer, end: number, start = 0): string | undefined {
  if (end - SEAL_LENGTH < start) return undefined;
  const seal = bytes.toString("latin1", end - SEAL_LENGTH, end);
  if (!seal.startsWith(OPENING) || !seal.endsWith(CLOSING)) return undefined;
  const digest = seal.slice(OPENING.length, -CLOSING.length);
  return /^[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

/** The one-shot hash is three times as fast for short texts. */
const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");
