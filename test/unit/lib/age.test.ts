import { expect, test } from "vitest";
import { formatAge } from "../../../src/lib/age.ts";

const S = 1000;
test.each([
  [-5 * S, "0s"],
  [119 * S, "119s"],
  [120 * S, "2m"],
  [119 * 60 * S, "119m"],
  [120 * 60 * S, "2h"],
  [47 * 3600 * S, "47h"],
  [48 * 3600 * S, "2d"],
])("%i ms is %s", (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});
