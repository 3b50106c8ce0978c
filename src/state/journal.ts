/**
 * The journal: what a run intended before every mutating call, and what came of it after. Append-only, one JSON
 * document a line, each line on disk (fsync) before the call that it announces. Holds no secret.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ClusterError } from "../errors/cluster-error.ts";
import { appendLine, parseJson, readLines } from "./line-file.ts";
import { tooNew, type StateDirectory } from "./state-directory.ts";

/** Raised whenever an older program could misread a record. */
export const JOURNAL_VERSION = 1;

const base = { v: z.number().int(), at: z.string(), run: z.string() };

const recordSchema = z.discriminatedUnion("type", [
  z.object({
    ...base,
    type: z.literal("run-started"),
    command: z.string(),
    pid: z.number(),
    host: z.string(),
  }),
  z.object({
    ...base,
    type: z.literal("intent"),
    intent: z.string(),
    action: z.enum(["create-cvm", "update-cvm", "delete-cvm", "approve-hashes"]),
    name: z.string(),
    app_id: z.string().nullable(),
    /** SHA-256 of the compose file that it is given; with the creation of a CVM. */
    compose_digest: z.string().optional(),
    /** Environment names that it is given without a value; with a creation. */
    empty_names: z.array(z.string()).optional(),
  }),
  z.object({
    ...base,
    type: z.literal("outcome"),
    intent: z.string(),
    outcome: z.enum(["done", "failed", "unknown"]),
    app_id: z.string().nullable(),
    vm_uuid: z.string().nullable(),
  }),
  /** A registry that the operator told us to take over (`--adopt`). */
  z.object({ ...base, type: z.literal("adopted"), name: z.string(), app_id: z.string() }),
  /** A compose hash that was read back and checked; its app-compose is in a file of its own. */
  z.object({
    ...base,
    type: z.literal("compose-hash"),
    hash: z.string(),
    compose_digest: z.string(),
    allowed_envs: z.array(z.string()),
  }),
  /** The approved list that a registry is about to be given: where the update fails, both lists are known. */
  z.object({
    ...base,
    type: z.literal("approving"),
    app_id: z.string(),
    hashes: z.array(z.string()),
    via: z.enum(["restart", "api"]),
    settings: z.record(z.string(), z.string()),
    /** The registry's newest update before it (correlation id); null where it had none. */
    after: z.string().nullable(),
    /** `at` of the approval that a rollback goes back to. */
    restores: z.string().nullable(),
  }),
  /** It came to nothing: the platform or the registry refused it. */
  z.object({ ...base, type: z.literal("approval-refused"), app_id: z.string() }),
  /** The approved list that a registry was given, and by which update. */
  z.object({
    ...base,
    type: z.literal("approved"),
    app_id: z.string(),
    hashes: z.array(z.string()),
    via: z.enum(["restart", "api"]),
    /** Of the update operation; null where the platform did not tell. */
    correlation_id: z.string().nullable(),
    /** What else the registry was given, without secrets: see `registrySettings`. */
    settings: z.record(z.string(), z.string()),
    /** Hash of the history's last entry then; null where the list was recorded without one. */
    history_head: z.string().nullable().optional(),
  }),
  z.object({ ...base, type: z.literal("verified"), app_id: z.string(), hashes: z.array(z.string()) }),
  z.object({
    ...base,
    type: z.literal("run-finished"),
    outcome: z.enum(["done", "failed"]),
    code: z.string().nullable(),
  }),
]);

export type JournalRecord = z.infer<typeof recordSchema>;
type WithoutEnvelope<T> = T extends unknown ? Omit<T, "v" | "at" | "run"> : never;
export type JournalEntry = WithoutEnvelope<JournalRecord>;

/** Appends records of one run. */
export type Journal = {
  append(entry: JournalEntry): Promise<void>;
};

/** A journal on disk. Each `append` resolves only when the line is on disk. */
export function openJournal(directory: StateDirectory, now: () => number): Journal {
  const run = randomUUID();
  let queue: Promise<void> = Promise.resolve();
  return {
    append(entry) {
      const record = { v: JOURNAL_VERSION, at: new Date(now()).toISOString(), run, ...entry };
      // One after the other: deletions side by side must not both find the end of a torn line.
      const turn = queue.then(() => appendLine(directory.journal, JSON.stringify(record)));
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

/**
 * Reads the journal; a missing file is an empty one, a torn last line (power cut) is left out.
 * @throws ClusterError `state-too-new` or `state-damaged` (prerequisite).
 */
export async function readJournal(directory: StateDirectory): Promise<readonly JournalRecord[]> {
  const { lines, torn } = await readLines(directory.journal);
  const records = lines.flatMap((line, index) => parseLine(line.toString(), directory, index + 1));
  return torn === undefined ? records : [...records, ...parseTornLine(torn.toString())];
}

function parseLine(line: string, directory: StateDirectory, number: number): JournalRecord[] {
  if (line.trim() === "") return [];
  const record = parseJson(line);
  // A line that a power cut tore and a later run wrote behind is noise of the same kind.
  if (record === undefined) return [];
  const version = z.object({ v: z.number() }).safeParse(record);
  if (version.success && version.data.v > JOURNAL_VERSION) {
    throw tooNew(directory.journal, version.data.v, JOURNAL_VERSION);
  }
  const parsed = recordSchema.safeParse(record);
  if (parsed.success) return [parsed.data];
  throw new ClusterError({
    kind: "prerequisite",
    code: "state-damaged",
    message: `line ${number} of ${directory.journal} is not a record of this tool`,
    hint: `move the file away; the next run then goes by what Phala's API says (add --adopt to take over the registry)`,
  });
}

function parseTornLine(line: string): JournalRecord[] {
  const parsed = recordSchema.safeParse(parseJson(line));
  return parsed.success ? [parsed.data] : [];
}
