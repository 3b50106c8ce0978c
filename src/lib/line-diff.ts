/** Line diff of two versions of a text. Pure. */
import { diffArrays } from "diff";

/** Two large files with little in common take longer; they are shown as replaced as a whole. */
const TIMEOUT_MS = 1000;

/** The changed lines with `- ` (removed) or `+ ` (added) before them, in order. */
export function diffLines(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const [oldLines, newLines] = [linesOf(before), linesOf(after)];
  const changes = diffArrays(oldLines, newLines, { timeout: TIMEOUT_MS });
  if (changes === undefined) return [...oldLines.map(removed), ...newLines.map(added)];
  return changes.flatMap((change) => {
    if (change.removed) return change.value.map(removed);
    return change.added ? change.value.map(added) : [];
  });
}

const removed = (line: string): string => `- ${line}`;
const added = (line: string): string => `+ ${line}`;

const linesOf = (text: string): string[] =>
  text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
