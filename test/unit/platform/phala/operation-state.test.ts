/** What the platform's words for an update mean; api.test.ts has one of each kind, as read. */
import { expect, test } from "vitest";
import { operationState } from "../../../../src/platform/phala/schemas.ts";

test.each([
  "failed",
  "aborted",
  "rejected",
  "rolled_back",
  "Rolled Back",
  "timed-out",
  "cancelled",
])("%s is a failure", (word) => {
  expect(operationState(word, null, null)).toBe("failed");
});

test("a success with an error message is a failure, and what has ended is not running", () => {
  expect(operationState("completed", "no room", null)).toBe("failed");
  expect(operationState("in_progress", null, "2026-11-27T10:00:00Z")).toBe("unknown");
});
