/** When a read is repeated, after which pause, and for how long at all. */
import { describe, expect, test } from "vitest";
import { NetworkError, type NetworkCause } from "../../../../src/platform/net/network-error.ts";
import {
  isWorthRetrying,
  isWorthRetryingError,
  pauseBefore,
  retryAfter,
  RetryBudget,
} from "../../../../src/platform/net/retry.ts";

const POLICY = { tries: 5, firstPauseMs: 200, maxPauseMs: 1_000 };

test.each([
  ["the first", 2, 100, 200],
  ["the second", 3, 200, 400],
  ["the third", 4, 400, 800],
  ["later ones are no longer than the longest", 5, 500, 1_000],
])("%s pause is random between half of it and all of it", (_, next, least, most) => {
  const pauses = Array.from({ length: 200 }, () => pauseBefore(next, POLICY, undefined));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
  expect(new Set(pauses).size).toBeGreaterThan(100);
  // Both ends of the range are used: 200 draws miss a tenth of it once in a billion times.
  expect(Math.min(...pauses)).toBeLessThan(least * 1.1);
  expect(Math.max(...pauses)).toBeGreaterThan(most * 0.95);
});

test("what the server asks for comes first, up to the longest pause", () => {
  expect(pauseBefore(2, POLICY, 700)).toBe(700);
  expect(pauseBefore(2, POLICY, 0)).toBe(0);
  expect(pauseBefore(2, POLICY, 60_000)).toBe(1_000);
});

const NOW = Date.parse("2026-01-01T00:00:00Z");
test.each([
  ["seconds", "7", 7_000],
  ["minutes, in seconds", "120", 120_000],
  ["seconds with blanks", " 7 ", 7_000],
  ["none", "0", 0],
  ["a date", "Thu, 01 Jan 2026 00:00:05 GMT", 5_000],
  ["a date that is over", "Wed, 31 Dec 2025 23:59:00 GMT", 0],
  ["several of them: the first", ["3", "9"], 3_000],
  ["nothing", undefined, undefined],
  ["an empty one", "", undefined],
  ["blanks", "  ", undefined],
  ["no number", "soon", undefined],
  ["a number and something else", "7 s", undefined],
  ["a text that is read as a date long ago", "about:7", 0],
  ["an empty list", [], undefined],
])("Retry-After: %s", (_, header, expected) => {
  expect(retryAfter(header, NOW)).toBe(expected);
});

test.each([
  [429, true],
  [500, true],
  [503, true],
  [499, false],
  [404, false],
  [428, false],
  [200, false],
])("HTTP %d is worth another try: %s", (status, expected) => {
  expect(isWorthRetrying(status)).toBe(expected);
});

const error = (code: NetworkCause): NetworkError =>
  Object.assign(Object.create(NetworkError.prototype) as NetworkError, { code });

describe("an error", () => {
  test.each<[NetworkCause, boolean]>([
    ["connection-refused", true],
    ["tls-untrusted", false],
    ["ca-file-invalid", false],
    ["proxy-auth-required", false],
    ["answer-too-large", false],
  ])("%s is worth another try: %s", (code, expected) => {
    expect(isWorthRetryingError(error(code))).toBe(expected);
  });

  test("of another kind is not", () => {
    expect(isWorthRetryingError(new Error("x"))).toBe(false);
  });
});

const taken = (budget: RetryBudget): number => {
  let count = 0;
  while (count < 100 && budget.take()) count += 1;
  return count;
};

describe("the budget of all retries together", () => {
  test("ends where nothing goes well", () => {
    expect(taken(new RetryBudget())).toBe(20);
  });

  test("grows by one for five requests that went well, and not beyond its size", () => {
    const budget = new RetryBudget();
    taken(budget);
    // One more than five: fractions don't add up exactly.
    for (let request = 0; request < 6; request += 1) budget.give();
    expect(taken(budget)).toBe(1);
    for (let request = 0; request < 1_000; request += 1) budget.give();
    expect(taken(budget)).toBe(20);
  });
});
