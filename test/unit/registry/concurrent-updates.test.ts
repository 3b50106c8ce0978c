/** Whether somebody else has updated the registry between two looks. */
import { expect, test } from "vitest";
import type { ApprovalAttempt } from "../../../src/state/record.ts";
import { hasForeignUpdate } from "../../../src/registry/concurrent-updates.ts";
import { update } from "../../helpers/journal-records.ts";

const open = (after: string | null): ApprovalAttempt => ({
  appId: "a".repeat(40),
  hashes: [],
  via: "restart" as const,
  settings: {},
  outcome: "open",
  verified: false,
  after,
  restores: null,
  vouched: true,
});

test.each([
  ["nothing new", ["b", "a"], "b", undefined, false],
  ["no update at all, then and now", [], null, undefined, false],
  ["one more, and no attempt of ours is open", ["c", "b"], "b", undefined, true],
  ["the first one, and no attempt of ours is open", ["a"], null, undefined, true],
  ["one more, which our open attempt may have started", ["c", "b"], "b", open("b"), false],
  ["the first one, which our open attempt may have started", ["a"], null, open(null), false],
  ["two more: one of them is not ours", ["d", "c", "b"], "b", open("b"), true],
  ["one more, but that of our open attempt was seen before", ["c", "b", "a"], "b", open("a"), true],
] as const)("%s", (_, updates, seen, attempt, meddled) => {
  expect(hasForeignUpdate(updates.map(update), seen, attempt)).toBe(meddled);
});
