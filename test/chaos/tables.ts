/** What came of the trials, in Markdown. */
import { FAULT_NAMES, faultsAt, PLATFORM_FAULTS, POINTS, type PointKind } from "./faults.ts";
import type { Baseline } from "./plan.ts";
import type { TrialReport } from "./trial.ts";

export type Totals = {
  readonly survived: number;
  readonly tried: number;
  readonly notReached: number;
};

export function totalsOf(reports: readonly TrialReport[]): Totals {
  const tried = reports.filter(({ struck }) => struck !== null);
  const survived = tried.filter(({ broken }) => broken.length === 0).length;
  return { survived, tried: tried.length, notReached: reports.length - tried.length };
}

const AT: Readonly<Record<(typeof POINTS)[number], string>> = {
  request: "every request",
  "phala-request": "every request while `phala` runs",
  start: "every start of `phala`",
};

/** How many points each command has. */
export function pointCounts(baselines: readonly Baseline[]): string {
  return baselines
    .map(({ command, points }) => {
      const [requests, phalaRequests, starts] = POINTS.map((at) => points[at].length);
      return `\`${command}\`: ${requests} requests, ${phalaRequests} of them while \`phala\` runs, and ${starts} starts of \`phala\`.`;
    })
    .join(" ");
}

/** Faults and kinds of points down, commands across; each cell: survived of tried. */
export function summaryTable(
  reports: readonly TrialReport[],
  baselines: readonly Baseline[],
): string {
  const commands = baselines.map(({ command }) => command);
  const row = (at: string, fault: string, ofRow: readonly TrialReport[]): string[] => [
    at,
    fault,
    ...commands.map((command) => cell(ofRow.filter((report) => report.command === command))),
    cell(ofRow),
  ];
  const rows = POINTS.flatMap((at) =>
    faultsAt(at).map((fault) => {
      const ofRow = reports.filter((report) => report.at === at && report.fault === fault);
      return row(AT[at], code(fault), ofRow);
    }),
  );
  return table(
    ["at", "fault", ...commands.map(code), "total"],
    [
      ...rows,
      row(
        "the whole run",
        `each of ${PLATFORM_FAULTS.length}`,
        reports.filter(({ at }) => at === "run"),
      ),
      row("", "**total**", reports),
    ],
  );
}

/** Faults of the whole run down, commands across. */
export function runTable(reports: readonly TrialReport[], baselines: readonly Baseline[]): string {
  const commands = baselines.map(({ command }) => command);
  const rows = PLATFORM_FAULTS.map((fault) => [
    code(fault),
    ...commands.map((command) =>
      mark(reports.find((report) => report.fault === fault && report.command === command)),
    ),
  ]);
  return table(["fault", ...commands.map(code)], rows);
}

function cell(reports: readonly TrialReport[]): string {
  const { survived, tried } = totalsOf(reports);
  return tried === 0 ? "" : `${survived} of ${tried}`;
}

/** Points down, faults across: one table for all points of a command. */
export function pointTable(reports: readonly TrialReport[], baseline: Baseline): string {
  const ofCommand = reports.filter(
    ({ command, at }) => command === baseline.command && at !== "run",
  );
  const faults = FAULT_NAMES.filter((fault) => ofCommand.some((report) => report.fault === fault));
  const rows = (at: PointKind): string[][] => {
    const here = ofCommand.filter((report) => report.at === at);
    const last = Math.max(
      0,
      ...here.filter(({ struck }) => struck !== null).map(({ point }) => point),
    );
    return Array.from({ length: last }, (_, index) => [
      `${at} ${index + 1}`,
      code(baseline.points[at][index]),
      ...faults.map((fault) => mark(here.find((r) => r.fault === fault && r.point === index + 1))),
    ]);
  };
  return table(["point", "in an undisturbed run", ...faults.map(code)], POINTS.flatMap(rows));
}

const code = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);

function mark(report: TrialReport | undefined): string {
  if (report === undefined) return "";
  if (report.struck === null) return "–";
  return report.broken.length === 0 ? "✓" : "✗";
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
