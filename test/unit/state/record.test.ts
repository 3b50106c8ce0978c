/** What the journal adds up to, as far as approvals and rollbacks go. */
import { describe, expect, test } from "vitest";
import type { JournalEntry, JournalRecord } from "../../../src/state/journal.ts";
import {
  approvalBefore,
  lastUpdate,
  openAttempt,
  recordedHashes,
  summarizeJournal,
  type ClusterRecord,
} from "../../../src/state/record.ts";

const APP = "a".repeat(40);
const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];

/** A journal with one record a second. */
function record(...entries: readonly JournalEntry[]): ClusterRecord {
  const records = entries.map((entry, index): JournalRecord => ({
    v: 1,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    run: "run",
    ...entry,
  }));
  return summarizeJournal(records, "bird");
}

type Given = {
  readonly via?: "restart" | "api";
  readonly settings?: Record<string, string>;
  readonly restores?: string | null;
};

const approving = (hashes: string[], { via = "restart", settings = {}, restores = null }: Given = {}) =>
  ({ type: "approving", app_id: APP, hashes, via, settings, after: "c0", restores }) as const;
const approved = (hashes: string[], { via = "restart", settings = {} }: Given = {}) =>
  ({ type: "approved", app_id: APP, hashes, via, settings, correlation_id: "c1" }) as const;
const verified = (hashes: string[]) => ({ type: "verified", app_id: APP, hashes }) as const;
const refused = { type: "approval-refused", app_id: APP } as const;
const whole = (hashes: string[], given: Given = {}) => [
  approving(hashes, given),
  approved(hashes, given),
  verified(hashes),
];

describe("what a rollback goes back to", () => {
  test("the list before the last one that was healthy", () => {
    expect(approvalBefore(record(...whole([A]), ...whole([A, B])), APP)?.hashes).toEqual([A]);
    expect(approvalBefore(record(...whole([A])), APP)).toBeUndefined();
    expect(approvalBefore(record(...whole([A]), ...whole([A, B])), "b".repeat(40))).toBeUndefined();
  });

  test("a list that was announced and never healthy counts as the last, a refused one does not", () => {
    expect(approvalBefore(record(...whole([A]), approving([A, B])), APP)?.hashes).toEqual([A]);
    const refusedAfter = record(...whole([A]), ...whole([A, B]), approving([A, B, C]), refused);
    expect(approvalBefore(refusedAfter, APP)?.hashes).toEqual([A]);
  });

  test("the same list with other settings is another one", () => {
    const before = record(...whole([A], { settings: { x: "1" } }), ...whole([A], { settings: { x: "2" } }));
    expect(approvalBefore(before, APP)?.settings).toEqual({ x: "1" });
  });

  test("an interrupted rollback is gone on with, a finished one can be undone", () => {
    const before = [...whole([A]), ...whole([A, B])];
    const restores = record(...before).approvals[0]?.at ?? "";
    const announced = record(...before, approving([A], { restores }));
    expect(approvalBefore(announced, APP)?.hashes).toEqual([A]);
    const unhealthy = record(...before, approving([A], { restores }), approved([A]));
    expect(approvalBefore(unhealthy, APP)?.hashes).toEqual([A]);
    const finished = record(...before, ...whole([A], { restores }));
    expect(approvalBefore(finished, APP)?.hashes).toEqual([A, B]);
  });

  test("a list that was never healthy is not made so by the same list with another file later", () => {
    const [good, bad] = [{ settings: { file: "good" } }, { settings: { file: "bad" } }];
    const after = record(...whole([A], good), approving([A], bad), approved([A], bad), ...whole([A], good));
    expect(after.approvals.map((approval) => approval.verified)).toEqual([true, false, true]);
    expect(approvalBefore(after, APP)).toBeUndefined();
  });
});

describe("an attempt", () => {
  test("is open until its end is recorded", () => {
    expect(openAttempt(record(approving([A])), APP)).toMatchObject({ hashes: [A], after: "c0" });
    expect(openAttempt(record(...whole([A])), APP)).toBeUndefined();
    expect(openAttempt(record(approving([A]), refused), APP)).toBeUndefined();
    expect(openAttempt(record(approving([A]), refused, approving([B])), APP)?.hashes).toEqual([B]);
  });
});

test("a pushed list is the newest, and the last update is still what the environment has", () => {
  const pushed = record(...whole([A]), ...whole([A, B], { via: "api" }));
  expect(recordedHashes(pushed, APP)).toEqual([A, B]);
  expect(lastUpdate(pushed, APP)?.hashes).toEqual([A]);
});
