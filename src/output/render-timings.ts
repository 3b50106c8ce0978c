/** The table of `--timings`: a row per step, a column per part. */
import type { Timings } from "../core/results.ts";
import { stepInfo } from "../core/steps.ts";
import { duration, truncate } from "../lib/text.ts";
import type { Theme } from "./theme.ts";

type Key = "cloud_ms" | "api_ms" | "phala_ms" | "ours_ms" | "operator_ms" | "lock_ms";

const COLUMNS: readonly (readonly [key: Key, title: string])[] = [
  ["cloud_ms", "cloud"],
  ["api_ms", "API"],
  ["phala_ms", "phala"],
  ["ours_ms", "ours"],
  ["operator_ms", "answers"],
  ["lock_ms", "lock"],
];
/** Shown only if they took time. */
const RARE: ReadonlySet<Key> = new Set(["operator_ms", "lock_ms"]);
const MIN_SHOWN_MS = 100;
const INDENT = "  ";
const MIN_TITLE = 12;

/** @param room cells of a line; titles of steps are shortened if the table is wider */
export function renderTimings(timings: Timings, theme: Theme, room: number): string[] {
  const columns = COLUMNS.filter(([key]) => !RARE.has(key) || timings[key] >= MIN_SHOWN_MS);
  const inSteps = timings.steps.filter(({ id }) => id !== null);
  const outside = timings.steps.filter(({ id }) => id === null);
  const row = (title: string, ms: Pick<Timings, Key | "total_ms">): string[] => [
    title,
    ...columns.map(([key]) => duration(ms[key])),
    duration(ms.total_ms),
  ];
  const share = (ms: number): string =>
    timings.total_ms === 0 ? "" : `${Math.round((100 * ms) / timings.total_ms)}%`;
  const rows = [
    ["", ...columns.map(([, title]) => title), "total"],
    ...inSteps.map((step) => row(step.id === null ? "" : stepInfo(step.id).title, step)),
    ...outside.map((rest) => row(inSteps.length === 0 ? "All of it" : "Outside the steps", rest)),
    ...(inSteps.length === 0 ? [] : [row("Total", timings)]),
    ["", ...columns.map(([key]) => share(timings[key])), ""],
  ];
  return ["", theme.bold("Where the time went:"), ...aligned(rows, room, theme), countsOf(timings)];
}

function countsOf({ phala_starts: starts, api_requests: requests }: Timings): string {
  const times = starts === 1 ? "once" : `${starts} times`;
  const started = starts === 0 ? "phala was not started" : `phala was started ${times}`;
  const count = `${requests} ${requests === 1 ? "request" : "requests"}`;
  return `  ${started}; ${count} to Phala's API`;
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[], room: number, theme: Theme): string[] {
  const widthOf = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const right = rows.map(([, ...cells]) =>
    cells.map((cell, index) => `  ${cell.padStart(widthOf(index + 1))}`).join(""),
  );
  const left = room - INDENT.length - Math.max(...right.map((cells) => cells.length));
  const width = Math.min(widthOf(0), Math.max(left, MIN_TITLE));
  return rows.map(([title = ""], at) => {
    const shown = truncate(title, width, theme.symbols.ellipsis).padEnd(width);
    return `${INDENT}${shown}${right[at]}`.trimEnd();
  });
}
