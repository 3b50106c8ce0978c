/**
 * The journal's chain. A record ends with a seal: `"digest"`, the SHA-256 of every byte of the file between the digest
 * before it (its digits included) and its own. So a seal covers each byte exactly once: a flipped bit, a line that is
 * gone or was moved, and what stood before the first seal (records of format 1 have none). Pure.
 */
import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import { sha256Hex } from "../core/compose-hash.ts";
import { parseJson } from "../lib/json.ts";
import { NEWLINE } from "./line-file.ts";

const OPENING = ',"digest":"';
const DIGEST_LENGTH = 64;
const CLOSING = '"}';
const SEAL_LENGTH = OPENING.length + DIGEST_LENGTH + CLOSING.length;
/** From where the digits of a seal begin to the end of its line. */
export const SEAL_END = DIGEST_LENGTH + CLOSING.length;
const DIGEST = /^[0-9a-f]{64}$/;

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

/** Where a verified part of a journal ends. */
export type Sealed = {
  /** Where the digits of its last seal begin. */
  readonly from: number;
  /** How many lines it has. */
  readonly lines: number;
};

type Span = { readonly number: number; readonly start: number; readonly end: number };

/** A record's line. `covered`: the file's bytes from where `coveredFrom` says to its end. */
export function sealLine(json: string, covered: Uint8Array): string {
  const body = json.slice(0, -1);
  return `${body}${OPENING}${createHash("sha256").update(covered).update(body).digest("hex")}${CLOSING}`;
}

/** Where the digits of the last seal begin; undefined where there is none. */
export function coveredFrom(bytes: Buffer): number | undefined {
  const latin1 = bytes.toString("latin1");
  let at = bytes.lastIndexOf(OPENING);
  while (at !== -1) {
    const end = at + SEAL_LENGTH;
    const ends = end === bytes.length || bytes[end] === NEWLINE;
    if (ends && DIGEST.test(sealAt(latin1, end) ?? "")) return at + OPENING.length;
    at = at === 0 ? -1 : bytes.lastIndexOf(OPENING, at - 1);
  }
  return undefined;
}

/**
 * Yields the lines of a journal up to the first damage, which it returns. Lines that a crash cut off are left out: an
 * end that nothing follows, or a line that was there when the seal behind it was made. A generator,
 * since a long journal is not held in memory line by line.
 * @param behind read only what stands behind it.
 */
export function* readSealedLines(
  bytes: Buffer,
  behind?: Sealed,
): Generator<JournalLine, Damage | undefined> {
  const { file, ...beginning } = beginOf(bytes, behind);
  const { latin1 } = file;
  let unsealed: Span[] = [];
  let { from, number } = beginning;
  for (let { start } = beginning, end = 0; start < latin1.length; start = end + 1) {
    end = latin1.indexOf("\n", start);
    if (end === -1) end = latin1.length;
    number += 1;
    const seal = sealAt(latin1, end, start);
    const holds =
      seal !== undefined && sha256Hex(file.covered(from ?? 0, end - SEAL_LENGTH)) === seal;
    if (!holds) {
      if (seal === undefined || !DIGEST.test(seal)) {
        unsealed.push({ number, start, end });
        continue;
      }
      return { first: unsealed[0]?.number ?? number, last: number };
    }
    if (unsealed.length > 0) {
      const damage = yield* unsealedBefore(file, unsealed, from === undefined);
      if (damage) return damage;
      unsealed = [];
    }
    yield { number, text: file.slice(start, end), sealed: true, ended: end < latin1.length };
    from = end - SEAL_LENGTH + OPENING.length;
  }
  if (from !== undefined) return damageBehindSeals(file, unsealed);
  for (const each of unsealed) yield lineOf(file, each, false);
  return undefined;
}

type Beginning = {
  readonly file: FileText;
  /** Where the digits of the seal before it begin; undefined where there is none. */
  readonly from: number | undefined;
  readonly start: number;
  /** Of the line before it. */
  readonly number: number;
};

function beginOf(bytes: Buffer, behind: Sealed | undefined): Beginning {
  if (behind === undefined) return { file: textOf(bytes), from: undefined, start: 0, number: 0 };
  const file = textOf(bytes.subarray(behind.from));
  return { file, from: 0, start: SEAL_END + 1, number: behind.lines };
}

/** Lines without a seal before one that has it. `isFirst`: before the first seal stands format 1. */
function* unsealedBefore(
  file: FileText,
  lines: readonly Span[],
  isFirst: boolean,
): Generator<JournalLine, Damage | undefined> {
  if (isFirst) {
    for (const each of lines) yield lineOf(file, each, false);
    return undefined;
  }
  // It was sealed over, and no crash leaves a whole document: another program wrote it.
  const foreign = lines.find((each) => isDocument(file, each));
  return foreign && { first: foreign.number, last: foreign.number };
}

/** Behind the last seal only a crash leaves something: one line, without a newline and without a whole record. */
function damageBehindSeals(file: FileText, unsealed: readonly Span[]): Damage | undefined {
  const [first] = unsealed;
  const last = unsealed.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const torn = first === last && last.end === file.latin1.length && !holdsSeal(file, last);
  return torn ? undefined : { first: first.number, last: last.number };
}

/** A whole record whose newline was replaced is not what a crash leaves. */
function holdsSeal({ latin1 }: FileText, { start, end }: Span): boolean {
  return /,"digest":"[0-9a-f]{64}"\}/.test(latin1.slice(start, end));
}

const isDocument = (file: FileText, { start, end }: Span): boolean =>
  parseJson(file.slice(start, end)) !== undefined;

/** One string for the whole file, of which parts are cheap: places in it are those of its bytes. */
type FileText = {
  readonly latin1: string;
  readonly slice: (start: number, end: number) => string;
  /** What is hashed: of pure ASCII a part of the string, which is twice as fast. */
  readonly covered: (start: number, end: number) => string | Uint8Array;
};

function textOf(bytes: Buffer): FileText {
  const latin1 = bytes.toString("latin1");
  if (isAscii(bytes)) {
    const slice = (start: number, end: number): string => latin1.slice(start, end);
    return { latin1, slice, covered: slice };
  }
  return {
    latin1,
    slice: (start, end) => bytes.toString("utf8", start, end),
    covered: (start, end) => bytes.subarray(start, end),
  };
}

function lineOf(file: FileText, { number, start, end }: Span, sealed: boolean): JournalLine {
  return { number, text: file.slice(start, end), sealed, ended: end < file.latin1.length };
}

/** What stands where the digest of a seal would that ends at `end`. */
function sealAt(latin1: string, end: number, start = 0): string | undefined {
  const at = end - SEAL_LENGTH;
  if (
    at < start ||
    !latin1.startsWith(OPENING, at) ||
    !latin1.startsWith(CLOSING, end - CLOSING.length)
  )
    return undefined;
  return latin1.slice(at + OPENING.length, end - CLOSING.length);
}
