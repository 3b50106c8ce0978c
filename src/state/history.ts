/**
 * The history: who approved which compose hashes, when, by which command and why. One JSON document a line, only
 * ever appended to. Each line carries the SHA-256 of the line before it, and ends with a digest of its own, so that an
 * edit is found where it was made. See docs/history.md for what that proves.
 */
import { hostname, userInfo } from "node:os";
import { ATTEST_MODES } from "../core/attestation.ts";
import { sha256Hex } from "../core/compose-hash.ts";
import { parseJson } from "../lib/json.ts";
import {
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type ObjectOf,
  type Of,
} from "../lib/shape.ts";
import { appendLine, readLines, type Lines } from "./line-file.ts";
import { tooNew, type StateDirectory } from "./state-directory.ts";

/** Raised whenever an older program could misread an entry. */
const HISTORY_VERSION = 1;

/** The `previous` of the first line. */
export const NO_PREVIOUS = "0".repeat(64);

const scriptTrust = object({
  sha256: string,
  /** The CVM that was seen with it first in this run. */
  of: string,
  why: oneOf("first-use", "trusted-before", "pinned", "trust-script"),
});

/** A pre-launch script that was trusted, and why. */
export type ScriptTrust = Of<typeof scriptTrust>;

const attestation = object({
  mode: oneOf(...ATTEST_MODES),
  /** Of the registry before it was given anything; null with `off`. */
  result: nullable(oneOf("verified", "partly", "none")),
  scripts: list(scriptTrust),
});

const ENTRY = {
  who: object({
    /** The Phala account, where it is known. */
    login: nullable(string),
    /** Of the operating system. */
    user: string,
    host: string,
  }),
  command: string,
  action: oneOf("approve"),
  registry_app_id: string,
  /** The whole approved list after it; `added` and `removed` are its difference from the one before. */
  hashes: list(string),
  added: list(string),
  removed: list(string),
  via: oneOf("restart", "api"),
  /** The hash that the orchestrator's runners have. */
  runner_hash: string,
  /** SHA-256 of the compose file that it stands for. */
  compose_digest: string,
  reason: nullable(string),
  /** Absent in entries of earlier versions. */
  attestation: optional(attestation),
};

const recordShape = object({
  v: oneOf(HISTORY_VERSION),
  at: string,
  ...ENTRY,
  /** SHA-256 of the line before. */
  previous: string,
  /** SHA-256 of this line's JSON without this member. */
  digest: string,
});

const VERSIONED = object({ v: number });

/** One approval, without the members that `append` adds. */
export type HistoryEntry = ObjectOf<typeof ENTRY>;
export type HistoryRecord = Of<typeof recordShape>;

export type HistoryLine = {
  /** From 1. */
  readonly number: number;
  /** SHA-256 of the line's exact bytes: what the next line must have as `previous`. */
  readonly hash: string;
  /** Undefined where the line is not one that this tool wrote, and wrote whole. */
  readonly record: HistoryRecord | undefined;
  /** Whether a newline ends it. */
  readonly ended: boolean;
};

/** A history on disk. `append` resolves when the line is on disk; `head` is its SHA-256. */
export type History = {
  /** Reads it. @throws ClusterError where nothing could be appended to it. */
  check(): Promise<void>;
  append(entry: HistoryEntry): Promise<{ head: string }>;
};

/** The caller holds the cluster's lock: two appends at once would give two lines the same predecessor. */
export function openHistory(directory: StateDirectory, now: () => number): History {
  return {
    async check() {
      await readHistory(directory);
    },
    async append(entry) {
      const last = (await readHistory(directory)).at(-1);
      const at = new Date(now()).toISOString();
      const line = sealed({
        v: HISTORY_VERSION,
        at,
        ...entry,
        previous: last?.hash ?? NO_PREVIOUS,
      });
      await appendLine(directory.history, line);
      return { head: sha256Hex(line) };
    },
  };
}

/**
 * All lines, those included that are no entries; a missing file has none. Nothing is verified but each line's own
 * digest: see `verifyHistory`.
 * @throws ClusterError `state-too-new` (prerequisite).
 */
export async function readHistory(directory: StateDirectory): Promise<readonly HistoryLine[]> {
  return parseHistory(await readLines(directory.history), directory.history);
}

/** `file` is for messages. */
export function parseHistory({ lines, torn }: Lines, file: string): readonly HistoryLine[] {
  const all = torn === undefined ? lines : [...lines, torn];
  return all.map((bytes, index) => ({
    number: index + 1,
    hash: sha256Hex(bytes),
    record: recordIn(bytes, file),
    ended: index < lines.length,
  }));
}

/**
 * The operator on this machine. `login`: the Phala account, where it is known.
 * @param passwdName may throw: a container's user may have no passwd entry.
 */
export function operator(
  login: string | null,
  passwdName = (): string => userInfo().username,
): HistoryEntry["who"] {
  let user = `uid ${process.getuid?.() ?? "unknown"}`;
  try {
    user = passwdName();
  } catch {
    // The uid has to do.
  }
  return { login, user, host: hostname() };
}

/** The line of a record: its JSON with the digest of that JSON put in as the last member. */
function sealed(record: Omit<HistoryRecord, "digest">): string {
  const json = JSON.stringify(record);
  return `${json.slice(0, -1)}${sealOf(json)}`;
}

const sealOf = (json: string | Buffer): string => `,"digest":"${sha256Hex(json)}"}`;
const SEAL_LENGTH = sealOf("").length;

function recordIn(bytes: Buffer, file: string): HistoryRecord | undefined {
  const json = Buffer.concat([bytes.subarray(0, -SEAL_LENGTH), Buffer.from("}")]);
  // Checked first, and as bytes: in an edited line the version can't be trusted either.
  if (bytes.subarray(-SEAL_LENGTH).toString("latin1") !== sealOf(json)) return undefined;
  const value = parseJson(bytes.toString());
  if (VERSIONED.is(value) && value.v > HISTORY_VERSION)
    throw tooNew(file, value.v, HISTORY_VERSION);
  return recordShape.is(value) ? recordShape.copy(value) : undefined;
}
