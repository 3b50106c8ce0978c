/**
 * The journal: what a run intended before every mutating call, and what came of it after. Append-only, one JSON
 * document a line, each line on disk (fsync) before the call that it announces, and sealed: see journal-seal.ts.
 * Holds no secret.
 */
import { randomUUID } from "node:crypto";
import { parseJson } from "../lib/json.ts";
import {
  dictionary,
  either,
  boolean,
  integer,
  kinds,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type Of,
} from "../lib/shape.ts";
import {
  readSealedLines,
  sealLine,
  coveredFrom,
  type Damage,
  type JournalLine,
  type Sealed,
} from "./journal-seal.ts";
import { appendLine, readBytes } from "./line-file.ts";
import { damaged, tooNew, type StateDirectory } from "./state-directory.ts";

/** Raised whenever an older program could misread a record, or break the chain. Format 1 (0.1.0) has no seals. */
export const JOURNAL_VERSION = 2;

const base = { v: integer, at: string, run: string };

export const recordShape = kinds(base, {
  "run-started": { command: string, pid: number, host: string },
  intent: {
    intent: string,
    action: oneOf("create-cvm", "update-cvm", "delete-cvm", "approve-hashes"),
    name: string,
    app_id: nullable(string),
    /** SHA-256 of the compose file that it is given; with the creation of a CVM. */
    compose_digest: optional(string),
    /** Environment names that it is given without a value; with a creation. */
    empty_names: optional(list(string)),
  },
  outcome: {
    intent: string,
    outcome: oneOf("done", "failed", "unknown"),
    app_id: nullable(string),
    vm_uuid: nullable(string),
    /** Of the operation that an update started, from the answer to it. */
    correlation_id: optional(nullable(string)),
  },
  /** What the CVM of a creation will be, if it comes to exist: on disk before the request that makes it is sent. */
  provisioned: {
    intent: string,
    app_id: string,
    compose_hash: string,
    /** The public key that its environment was sealed with. */
    env_key: nullable(string),
  },
  /** A registry that the operator told us to take over (`--adopt`). */
  adopted: { name: string, app_id: string },
  /** A compose hash that was read back and checked; its app-compose is in a file of its own. */
  "compose-hash": {
    hash: string,
    compose_digest: string,
    allowed_envs: list(string),
    /** Its app-compose could not be read: approved by the operator's word. */
    unchecked: optional(boolean),
  },
  /** The approved list that a registry is about to be given: where the update fails, both lists are known. */
  approving: {
    app_id: string,
    hashes: list(string),
    via: oneOf("restart", "api"),
    settings: dictionary(string),
    /** The registry's newest update before it (correlation id); null where it had none. */
    after: nullable(string),
    /** `at` of the approval that a rollback goes back to. */
    restores: nullable(string),
  },
  /** It came to nothing: the platform or the registry refused it. */
  "approval-refused": { app_id: string },
  /** The approved list that a registry was given, and by which update. */
  approved: {
    app_id: string,
    hashes: list(string),
    via: oneOf("restart", "api"),
    /** Of the update operation; null where the platform did not tell. */
    correlation_id: nullable(string),
    /** What else the registry was given, without secrets: see `registrySettings`. */
    settings: dictionary(string),
    /** Hash of the history's last entry then; null where the list was recorded without one. */
    history_head: optional(nullable(string)),
  },
  /** What the registry ran before an update; its app-compose is in a file of its own. */
  "registry-compose": { hash: string },
  /** The settings of an init that came to its end, by the names of their flags; never a secret. */
  settings: { app_id: string, values: dictionary(either(string, list(string))) },
  verified: { app_id: string, hashes: list(string) },
  "run-finished": { outcome: oneOf("done", "failed"), code: nullable(string) },
});

type WrittenRecord = Of<typeof recordShape>;

/** `sealed: false` marks a record of format 1: nothing shows that it is what was written. */
export type JournalRecord = WrittenRecord & { readonly sealed?: false };
type WithoutEnvelope<T> = T extends unknown ? Omit<T, "v" | "at" | "run" | "sealed"> : never;
export type JournalEntry = WithoutEnvelope<JournalRecord>;

/** Appends records of one run. */
export type Journal = { append(entry: JournalEntry): Promise<void> };

/**
 * A journal on disk. Each `append` resolves only when the line is on disk.
 * @param guard asked before each intent, see `Lock.assertHeld`; what it throws is what the append throws.
 */
export function openJournal(
  directory: StateDirectory,
  now: () => number,
  guard: () => void = () => undefined,
): Journal {
  const run = randomUUID();
  let queue: Promise<void> = Promise.resolve();
  return {
    append(entry) {
      const write = async (): Promise<void> => {
        if (entry.type === "intent") guard();
        const at = new Date(now()).toISOString();
        const json = JSON.stringify({ v: JOURNAL_VERSION, at, run, ...entry });
        await appendLine(directory.journal, (end) => sealLine(json, end), coveredFrom);
      };
      // One after the other: each seal covers the one before it.
      const turn = queue.then(write);
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

/**
 * Reads and verifies the journal; a missing file is an empty one, and a last line that a crash cut off is left out.
 * @throws ClusterError `state-too-new` or `state-damaged` (prerequisite).
 */
export async function readJournal(directory: StateDirectory): Promise<readonly JournalRecord[]> {
  return [...parseJournal(await readBytes(directory.journal), directory.journal)];
}

/**
 * The same, record by record: a long journal is not held in memory. Act on no record before the last one was read:
 * damage is thrown only where it is reached.
 * @param file for messages.
 * @param behind read only what stands behind it.
 * @throws as `readJournal`, while it is iterated.
 */
export function* parseJournal(
  bytes: Buffer,
  file: string,
  behind?: Sealed,
): Generator<JournalRecord, void> {
  const lines = readSealedLines(bytes, behind);
  let step = lines.next();
  while (step.done !== true) {
    const line: JournalLine = step.value;
    step = lines.next();
    const record = recordIn(line, step.done === true ? undefined : step.value, file);
    if (record) yield record;
  }
  if (step.value) throw brokenChain(bytes, step.value, file);
}

function recordIn(
  line: JournalLine,
  next: JournalLine | undefined,
  file: string,
): JournalRecord | undefined {
  const value = parseJson(line.text);
  assertVersion(value, file);
  if (recordShape.is(value)) return line.sealed ? value : { ...value, sealed: false };
  if (line.text.trim() === "" || (value === undefined && !line.sealed && isCutOff(line, next)))
    return undefined;
  throw damaged(file, `line ${line.number} of ${file} is not a record of this tool`);
}

const RUN_STARTED = object({ type: oneOf("run-started") });

/** Whether a line of format 1 is what a crash leaves: the beginning of a record, behind which another run began. */
function isCutOff({ text, ended }: JournalLine, next: JournalLine | undefined): boolean {
  // One flipped byte at its end, or in the place of its newline, leaves a whole record.
  if ([`${text.slice(0, -1)}}`, text.slice(0, -1)].some((whole) => parseJson(whole) !== undefined))
    return false;
  // The writer of a seal behind it had seen that it was the end.
  if (!ended || next?.sealed === true) return true;
  return (
    RUN_STARTED.is(parseJson(next?.text ?? "")) &&
    text.startsWith("{") &&
    !text.endsWith("}") &&
    !text.includes("\0")
  );
}

function assertVersion(value: unknown, file: string): void {
  const version = typeof value === "object" && value !== null && "v" in value ? value.v : undefined;
  if (typeof version === "number" && version > JOURNAL_VERSION)
    throw tooNew(file, version, JOURNAL_VERSION);
}

/** A newer format may have other seals: only the newer program can judge them. */
function brokenChain(bytes: Buffer, { first, last }: Damage, file: string): Error {
  const text = bytes.toString().split("\n")[first - 1] ?? "";
  if (!text.includes('"digest"')) assertVersion(parseJson(text), file);
  const where = first === last ? `line ${first}` : `one of the lines ${first} to ${last}`;
  return damaged(
    file,
    `${where} of ${file} is not what was written there, or a line before it is gone`,
  );
}
