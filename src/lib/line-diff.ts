/** Two versions of a text, line by line: what an update would change in a file. Pure. */

/** Beyond so many pairs of lines the shortest difference is not looked for: it takes memory for each pair. */
const MAX_PAIRS = 4_000_000;

/** Lines with `-` (goes) or `+` (comes) before them, in order; empty where nothing changes. Unchanged lines are left out. */
export function diffLines(before: string, after: string): readonly string[] {
  const [old, young] = withoutCommonEnds(linesOf(before), linesOf(after));
  if (old.length * young.length > MAX_PAIRS) return [...old.map(removed), ...young.map(added)];
  return shortestDifference(old, young);
}

const removed = (line: string): string => `- ${line}`;
const added = (line: string): string => `+ ${line}`;

const linesOf = (text: string): string[] =>
  text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);

type Lines = readonly string[];

/** Most of two versions of a file is the same: what they begin and end with alike need not be compared in pairs. */
function withoutCommonEnds(old: Lines, young: Lines): [Lines, Lines] {
  const shorter = Math.min(old.length, young.length);
  let start = 0;
  while (start < shorter && old[start] === young[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === young.at(-1 - end)) end += 1;
  return [old.slice(start, old.length - end), young.slice(start, young.length - end)];
}

function shortestDifference(old: Lines, young: Lines): readonly string[] {
  const common = commonLengths(old, young);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      i += 1;
      j += 1;
    } else if (
      j >= young.length ||
      (i < old.length && at(common, i + 1, j) >= at(common, i, j + 1))
    ) {
      lines.push(removed(old[i] ?? ""));
      i += 1;
    } else {
      lines.push(added(young[j] ?? ""));
      j += 1;
    }
  }
  return lines;
}

const at = (table: readonly (readonly number[])[], i: number, j: number): number =>
  table[i]?.[j] ?? 0;

/** `[i][j]`: length of the longest common subsequence of what follows line i of one and j of the other. */
function commonLengths(old: Lines, young: Lines): number[][] {
  const table: number[][] = Array.from({ length: old.length + 1 }, () => []);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = young.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (!row) continue;
      row[j] =
        old[i] === young[j]
          ? at(table, i + 1, j + 1) + 1
          : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}
