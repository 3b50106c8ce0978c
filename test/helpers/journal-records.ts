/** Records of a journal, as runs write them, what they add up to, and the updates that the platform lists of them. */
import type { CvmOperation } from "../../src/core/ports.ts";
import type { JournalEntry, JournalRecord } from "../../src/state/journal.ts";
import { summarizeJournal, type ClusterRecord } from "../../src/state/record.ts";

export const APP = "a".repeat(40);

/** A journal with one record a second. */
export function recordFrom(...entries: readonly JournalEntry[]): ClusterRecord {
  const records = entries.map((entry, index): JournalRecord => ({
    v: 2,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    run: "run",
    ...entry,
  }));
  return summarizeJournal(records, "bird");
}

export type Given = {
  readonly via?: "restart" | "api";
  readonly settings?: Record<string, string>;
  readonly restores?: string | null;
  /** The registry's newest update before it. */
  readonly after?: string | null;
  /** Its own update. */
  readonly correlationId?: string | null;
};

export const approving = (
  hashes: string[],
  { via = "restart", settings = {}, restores = null, after = "c0" }: Given = {},
) => ({ type: "approving", app_id: APP, hashes, via, settings, after, restores }) as const;
export const approved = (
  hashes: string[],
  { via = "restart", settings = {}, correlationId = "c1" }: Given = {},
) =>
  ({
    type: "approved",
    app_id: APP,
    hashes,
    via,
    settings,
    correlation_id: correlationId,
  }) as const;
export const verified = (hashes: string[]) => ({ type: "verified", app_id: APP, hashes }) as const;
export const refused = { type: "approval-refused", app_id: APP } as const;
/** An approval from its beginning to its end. */
export const whole = (hashes: string[], given: Given = {}) => [
  approving(hashes, given),
  approved(hashes, given),
  verified(hashes),
];

/** An update of the registry that is done. */
export const update = (correlationId: string): CvmOperation => ({
  correlationId,
  type: "compose_update",
  status: "completed",
  startedAt: null,
  state: "done",
  completedAt: "2026-01-01T00:00:00Z",
  errorMessage: null,
  composeHash: null,
});
