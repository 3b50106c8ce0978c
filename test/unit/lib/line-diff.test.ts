import { expect, test } from "vitest";
import { diffLines } from "../../../src/lib/line-diff.ts";

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** Length of the longest common subsequence, by its definition. */
function common([a, ...old]: readonly string[], [b, ...young]: readonly string[]): number {
  if (a === undefined || b === undefined) return 0;
  if (a === b) return 1 + common(old, young);
  return Math.max(common(old, [b, ...young]), common([a, ...old], young));
}

test("is as short as can be, for every pair of texts of up to four lines out of two", () => {
  const texts = [0, 1, 2, 3, 4].flatMap((length) =>
    Array.from({ length: 2 ** length }, (_, bits) =>
      Array.from({ length }, (_line, index) => ((bits >> index) & 1 ? "a" : "b")),
    ),
  );
  for (const old of texts) {
    for (const young of texts) {
      const lines = diffLines(text(old), text(young));
      const kept = common(old, young);
      const counts = ["-", "+"].map((sign) => lines.filter((line) => line.startsWith(sign)).length);
      expect(counts, `${old.join("")} -> ${young.join("")}`).toEqual([
        old.length - kept,
        young.length - kept,
      ]);
    }
  }
  expect(texts).toHaveLength(31);
});

const many = (prefix: string): string[] =>
  Array.from({ length: 50_000 }, (_, index) => `${prefix}${index}`);

test("one line in a file of fifty thousand is found, and as many that all differ are no trouble", () => {
  const old = many("line ");
  expect(diffLines(text(old), text(old.toSpliced(25_000, 1, "other")))).toEqual([
    "- line 25000",
    "+ other",
  ]);
  expect(diffLines(text(old), text(many("other ")))).toHaveLength(100_000);
});
