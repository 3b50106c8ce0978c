/** Two versions of a text, line by line: what an update would change in a file. Pure. */

/** Lines with `-` (goes) or `+` (comes) before them, in order; empty where nothing changes. Unchanged lines are left out. */
export function diffLines(before: string, after: string): readonly string[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  const common = commonLengths(old, young);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      i += 1;
      j += 1;
    } else if (j >= young.length || (i < old.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push(`- ${old[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${young[j]}`);
      j += 1;
    }
  }
  return lines;
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/));

const at = (table: readonly (readonly number[])[], i: number, j: number): number => table[i]?.[j] ?? 0;

/** `[i][j]`: length of the longest common subsequence of what follows line i of one and j of the other. */
function commonLengths(old: readonly string[], young: readonly string[]): number[][] {
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
