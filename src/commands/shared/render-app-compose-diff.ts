/** How one app-compose departs from another, in lines. */
import type { AppComposeDiff } from "../hash/result.ts";
import { wrap } from "../../lib/text.ts";
import type { Theme } from "../../output/theme.ts";
import type { View } from "../../output/layout.ts";

/** A change of more lines than these is another file. */
const LINES_SHOWN = 40;

/** The changed lines of a compose text, below an empty line; nothing where there are none. */
export function changedLines(lines: readonly string[], theme: Theme): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - LINES_SHOWN;
  return [
    "",
    ...lines.slice(0, LINES_SHOWN).map((line) => `  ${paint(line, theme)}`),
    ...(more > 0 ? [theme.dim(`  and ${more} more`)] : []),
  ];
}

/** What differs: the compose text line by line, all else in words. */
export function renderAppComposeDiff(
  departure: AppComposeDiff,
  { theme, columns }: View,
): string[] {
  const { differences, compose_changes: lines } = departure;
  if (differences.length === 0) return ["  no difference"];
  const told = differences.filter(
    ({ field }) => field !== "docker_compose_file" || lines.length === 0,
  );
  const words = told.flatMap(({ message }) =>
    wrap(message, columns - 2).map((line) => `  ${line}`),
  );
  const changed = changedLines(lines, theme);
  return words.length === 0 ? changed.slice(1) : [...words, ...changed];
}

function paint(line: string, theme: Theme): string {
  return line.startsWith("+") ? theme.green(line) : theme.red(line);
}
