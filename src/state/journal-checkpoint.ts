/**
 * What the records of a long journal add up to, kept in a file beside it, so that the next run reads only the records
 * behind it. It counts only where every byte of the journal before its end is as it was when each seal was verified
 * (one SHA-256 over all of them), and where it is itself what was written (another one). Otherwise the journal is read
 * from its start, which finds what is wrong: without this file, everything works the same.
 */
import { readFile } from "node:fs/promises";
import { sha256Hex } from "../core/compose-hash.ts";
import { parseJson } from "../lib/json.ts";
import { coveredFrom, SEAL_END, type Sealed } from "./journal-seal.ts";
import { NEWLINE } from "./line-file.ts";
import { FOLD_VERSION, type JournalFold } from "./record-fold.ts";
import { replaceStateFile, type StateDirectory } from "./state-directory.ts";

/** A shorter journal is read quickly anyway. */
export const CHECKPOINT_BYTES = 1 << 20;

export type Checkpoint = {
  readonly version: typeof FOLD_VERSION;
  /** How many bytes it covers: up to the end of a sealed record. */
  readonly length: number;
  /** How many lines these are. */
  readonly lines: number;
  /** SHA-256 of these bytes. */
  readonly digest: string;
  readonly fold: JournalFold;
};

/** The checkpoint of this very journal; undefined where there is none that counts. */
export async function findCheckpoint(
  { checkpoint }: StateDirectory,
  journal: Buffer,
): Promise<Checkpoint | undefined> {
  try {
    const [seal, body] = (await readFile(checkpoint, "utf8")).split("\n");
    if (body === undefined || sha256Hex(body) !== seal) return undefined;
    const found = parseJson(body) as Checkpoint;
    const { version, length, digest } = found;
    if (version !== FOLD_VERSION) return undefined;
    if (length < journal.length && journal[length] !== NEWLINE) return undefined;
    return sha256Hex(journal.subarray(0, length)) === digest ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Where the rest of the journal begins. */
export const sealedBy = ({ length, lines }: Checkpoint): Sealed => ({
  from: length - SEAL_END,
  lines,
});

/**
 * Keeps what a verified journal adds up to; under the cluster's lock. It only saves time: where it can't be written, the
 * next run takes longer.
 */
export async function keepCheckpoint(
  directory: StateDirectory,
  journal: Buffer,
  fold: JournalFold,
): Promise<void> {
  const from = coveredFrom(journal);
  if (from === undefined) return;
  const covered = journal.subarray(0, from + SEAL_END);
  const checkpoint: Checkpoint = {
    version: FOLD_VERSION,
    length: covered.length,
    lines: linesIn(covered),
    digest: sha256Hex(covered),
    fold,
  };
  const body = JSON.stringify(checkpoint);
  await replaceStateFile(directory.checkpoint, `${sha256Hex(body)}\n${body}\n`).catch(
    () => undefined,
  );
}

function linesIn(bytes: Buffer): number {
  let lines = 1;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
