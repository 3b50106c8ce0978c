/** Two versions of a text, line by line: what an update would change in a file. Pure. */
import { diffArrays } from "diff";

/** ms; what takes longer, two large files with little in common, is shown as replaced as a whole. */
const LIMIT_MS = 1000;

/** Lines with `-` (goes) or `+` (comes) before them, in order; empty where nothing changes. Unchanged lines are left out. */
export function diffLines(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const [old, young] = [linesOf(before), linesOf(after)];
  const changes = diffArrays(old, young, { timeout: LIMIT_MS });
  if (changes === undefined) return [...old.map(removed), ...young.map(added)];
  return changes.flatMap((change) => {
    if (change.removed) return change.value.map(removed);
    return change.added ? change.value.map(added) : [];
  });
}

const removed = (line: string): string => `- ${line}`;
const added = (line: string): string => `+ ${line}`;

const linesOf = (text: string): string[] =>
  text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
