import { describe, expect, test } from "vitest";
import { shellQuote } from "../../../src/lib/shell-quote.ts";
import { cellWidth, duration, truncate, wrap } from "../../../src/lib/text.ts";
import { supportsUnicode } from "../../../src/output/theme.ts";

test.each([
  [0, "0.0s"],
  [-5, "0.0s"],
  [949, "0.9s"],
  [59_940, "59.9s"],
  [59_960, "1m 00s"],
  [65_000, "1m 05s"],
  [3_599_600, "1h 00m"],
  [7_380_000, "2h 03m"],
])("%i ms are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("width counts cells, not characters", () => {
  expect(cellWidth("prod10")).toBe(6);
  expect(cellWidth("漢字")).toBe(4);
  expect(cellWidth("e\u0301")).toBe(1);
  expect(cellWidth("🦜")).toBe(2);
});

describe("truncate", () => {
  test.each([
    ["short", 5, "short"],
    ["too long", 7, "too lo…"],
    ["too long", 5, "too…"],
    ["漢字漢字", 4, "漢…"],
    ["any", 0, ""],
  ])("%s to %i cells", (text, cells, expected) => {
    expect(truncate(text, cells)).toBe(expected);
  });
});

test("wrap breaks between words and leaves a long one whole", () => {
  expect(wrap("one two https://example.org/long three\nfour", 9)).toEqual([
    "one two",
    "https://example.org/long",
    "three",
    "four",
  ]);
});

test("wrap leaves every word as it is: a path may have decomposed characters", () => {
  expect(wrap("mv /home/Jose\u0301/a  /home/Jose\u0301/b", 16)).toEqual([
    "mv /home/Jose\u0301/a",
    "/home/Jose\u0301/b",
  ]);
});

test("wrap counts cells, and none for colours", () => {
  expect(wrap("\u001b[31m漢字\u001b[39m 漢字 漢字", 9)).toEqual([
    "\u001b[31m漢字\u001b[39m 漢字",
    "漢字",
  ]);
});

test.each([
  ["orchestrator.yml", "orchestrator.yml"],
  ["a b", "'a b'"],
  ["$HOME", "'$HOME'"],
  ["", "''"],
])("%s for a shell", (text, word) => {
  expect(shellQuote(text)).toBe(word);
});

test.each([
  [{ LANG: "en_US.UTF-8" }, true],
  [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, false],
  [{ LC_ALL: "", LC_CTYPE: "C.utf8" }, true],
  [{ LANG: "en_US.UTF-8", TERM: "linux" }, false],
  [{}, false],
])("%j speaks Unicode: %s", (environment, expected) => {
  expect(supportsUnicode(environment, "linux")).toBe(expected);
});
