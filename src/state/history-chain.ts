/** Whether a history is what was appended to it, byte for byte, by its chain and the heads in the journal. Pure. */
import { NO_PREVIOUS, type HistoryLine } from "./history.ts";

/** The first inconsistency. */
export type HistoryProblem = {
  /** From 1; one more than there are lines where the end is missing. */
  readonly line: number;
  readonly reason: "edited" | "missing" | "reordered" | "truncated" | "torn";
  readonly message: string;
};

/**
 * Undefined where everything fits. `recordedHeads`: the heads that the journal recorded, oldest first; each must be
 * the hash of a line.
 */
export function verifyHistory(
  lines: readonly HistoryLine[],
  recordedHeads: readonly string[],
): HistoryProblem | undefined {
  return chainProblem(lines) ?? headProblem(lines, recordedHeads) ?? openEnd(lines, recordedHeads);
}

/** Lines that were cut off in the middle, and sealed by the line after them: what a power cut leaves. */
export function cutOffLines(lines: readonly HistoryLine[]): readonly number[] {
  return lines.filter((_, index) => isCutOff(lines, index)).map(({ number }) => number);
}

/** The hash of the newest whole line: the one to keep elsewhere. Null in an empty history. */
export function headOf(lines: readonly HistoryLine[]): string | null {
  return lines.findLast(({ record }) => record !== undefined)?.hash ?? null;
}

const problem = (
  line: number,
  reason: HistoryProblem["reason"],
  message: string,
): HistoryProblem => ({ line, reason, message });

function chainProblem(lines: readonly HistoryLine[]): HistoryProblem | undefined {
  for (const [index, line] of lines.entries()) {
    const { number, record } = line;
    if (record === undefined) {
      if (isCutOff(lines, index) || !line.ended) continue;
      return problem(
        number,
        "edited",
        `line ${number} was edited: it is not what was written there`,
      );
    }
    const before = lines[index - 1];
    if (record.previous !== (before?.hash ?? NO_PREVIOUS))
      return misplaced(line, record.previous, lines);
  }
  return undefined;
}

function isCutOff(lines: readonly HistoryLine[], index: number): boolean {
  const line = lines[index];
  return line?.record === undefined && line?.hash === lines[index + 1]?.record?.previous;
}

/** The problem of a whole line that does not follow the line it was written after. */
function misplaced(
  { number }: HistoryLine,
  previous: string,
  lines: readonly HistoryLine[],
): HistoryProblem {
  const home = lines.find(({ hash }) => hash === previous);
  if (home) {
    const message = `line ${number} was written after line ${home.number}: lines were moved or repeated`;
    return problem(number, "reordered", message);
  }
  if (previous === NO_PREVIOUS) {
    const message = `line ${number} was written as the first one: lines were moved, or put before it`;
    return problem(number, "reordered", message);
  }
  const message =
    number === 1
      ? "line 1 was not written as the first one: what stood before it is gone"
      : `line ${number} was not written after line ${number - 1}: a line between them is gone, or line ${number - 1} was replaced`;
  return problem(number, "missing", message);
}

/** The problem of a head that the journal has and no line has: the chain may be whole, but it is another one. */
function headProblem(
  lines: readonly HistoryLine[],
  recordedHeads: readonly string[],
): HistoryProblem | undefined {
  const at = new Map(lines.map(({ hash, number }) => [hash, number]));
  const lost = recordedHeads.findIndex((head) => !at.has(head));
  if (lost === -1) return undefined;
  const line = Math.max(0, ...recordedHeads.slice(0, lost).map((head) => at.get(head) ?? 0)) + 1;
  const which = `the journal has an approval whose line (SHA-256 ${recordedHeads[lost]?.slice(0, 12)}…) is not in the history`;
  const isNewest = recordedHeads.slice(lost).every((head) => !at.has(head));
  return isNewest
    ? problem(line, "truncated", `${which}: from line ${line} on it was cut off or replaced`)
    : problem(line, "missing", `${which}: it was cut off before line ${line}, and went on`);
}

/** The problem of a last line without a newline. An append that ended, as the journal shows, had written one. */
function openEnd(
  lines: readonly HistoryLine[],
  recordedHeads: readonly string[],
): HistoryProblem | undefined {
  const last = lines.at(-1);
  if (last === undefined || last.ended) return undefined;
  const { number: line } = last;
  if (recordedHeads.includes(last.hash))
    return problem(line, "edited", `line ${line} was edited: the newline after it is missing`);
  const message = `line ${line} has no end: it was cut off while it was written, or is being written right now`;
  return problem(line, "torn", message);
}
