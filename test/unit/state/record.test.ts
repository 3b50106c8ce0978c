/** What the journal adds up to, as far as approvals and rollbacks go. */
import { describe, expect, test } from "vitest";
import type { JournalEntry } from "../../../src/state/journal.ts";
import {
  approvalBefore,
  lastUpdate,
  openAttempt,
  openAttempts,
  possibleUpdates,
  recordedHashes,
} from "../../../src/state/record.ts";
import {
  APP,
  approved,
  approving,
  recordFrom,
  refused,
  whole,
} from "../../helpers/journal-records.ts";

const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];

describe("what a rollback goes back to", () => {
  test("the list before the last one that was healthy", () => {
    expect(approvalBefore(recordFrom(...whole([A]), ...whole([A, B])), APP)?.hashes).toEqual([A]);
    expect(approvalBefore(recordFrom(...whole([A])), APP)).toBeUndefined();
    expect(
      approvalBefore(recordFrom(...whole([A]), ...whole([A, B])), "b".repeat(40)),
    ).toBeUndefined();
  });

  test("a list that was announced and never healthy counts as the last, a refused one does not", () => {
    expect(approvalBefore(recordFrom(...whole([A]), approving([A, B])), APP)?.hashes).toEqual([A]);
    const refusedAfter = recordFrom(...whole([A]), ...whole([A, B]), approving([A, B, C]), refused);
    expect(approvalBefore(refusedAfter, APP)?.hashes).toEqual([A]);
  });

  test("the same list with other settings is another one", () => {
    const before = recordFrom(
      ...whole([A], { settings: { x: "1" } }),
      ...whole([A], { settings: { x: "2" } }),
    );
    expect(approvalBefore(before, APP)?.settings).toEqual({ x: "1" });
  });

  test("an interrupted rollback is gone on with, a finished one can be undone", () => {
    const before = [...whole([A]), ...whole([A, B])];
    const restores = recordFrom(...before).approvals[0]?.at ?? "";
    const announced = recordFrom(...before, approving([A], { restores }));
    expect(approvalBefore(announced, APP)?.hashes).toEqual([A]);
    const unhealthy = recordFrom(...before, approving([A], { restores }), approved([A]));
    expect(approvalBefore(unhealthy, APP)?.hashes).toEqual([A]);
    const finished = recordFrom(...before, ...whole([A], { restores }));
    expect(approvalBefore(finished, APP)?.hashes).toEqual([A, B]);
  });

  test("a list that was never healthy is not made so by the same list with another file later", () => {
    const [good, bad] = [{ settings: { file: "good" } }, { settings: { file: "bad" } }];
    const after = recordFrom(
      ...whole([A], good),
      approving([A], bad),
      approved([A], bad),
      ...whole([A], good),
    );
    expect(after.approvals.map((approval) => approval.verified)).toEqual([true, false, true]);
    expect(approvalBefore(after, APP)).toBeUndefined();
  });
});

const lists =
  (attemptsIn: typeof openAttempts) =>
  (...entries: readonly JournalEntry[]): unknown =>
    attemptsIn(recordFrom(...entries), APP).map(({ hashes }) => hashes);

describe("an attempt", () => {
  test("is open until its end is recorded", () => {
    expect(openAttempt(recordFrom(approving([A])), APP)).toMatchObject({
      hashes: [A],
      after: "c0",
    });
    expect(openAttempt(recordFrom(...whole([A])), APP)).toBeUndefined();
    expect(openAttempt(recordFrom(approving([A]), refused), APP)).toBeUndefined();
    expect(openAttempt(recordFrom(approving([A]), refused, approving([B])), APP)?.hashes).toEqual([
      B,
    ]);
  });

  test("is not closed by a later one that was refused, nor by one that is open too; an approved one replaces it", () => {
    const listsOf = lists(openAttempts);
    expect(listsOf(approving([A]), approving([B]), refused)).toEqual([[A]]);
    expect(listsOf(approving([A]), approving([B]))).toEqual([[A], [B]]);
    expect(listsOf(approving([A]), ...whole([B]))).toEqual([]);
  });

  test("a registry may run on any update since the one that it was seen healthy with", () => {
    const listsOf = lists(possibleUpdates);
    expect(listsOf(...whole([A]), ...whole([B]))).toEqual([[B]]);
    expect(listsOf(...whole([A]), approving([B]), approved([B]), approving([C]))).toEqual([
      [A],
      [B],
      [C],
    ]);
    expect(listsOf(...whole([A]), approving([B]), refused)).toEqual([[A]]);
    expect(listsOf(...whole([A]), ...whole([A, B], { via: "api" }))).toEqual([[A]]);
  });
});

test("a pushed list is the newest, and the last update is still what the environment has", () => {
  const pushed = recordFrom(...whole([A]), ...whole([A, B], { via: "api" }));
  expect(recordedHashes(pushed, APP)).toEqual([A, B]);
  expect(lastUpdate(pushed, APP)?.hashes).toEqual([A]);
});
