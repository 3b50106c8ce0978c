/** What `npm run chaos -- --write` puts into docs/. */
import type { Baseline } from "./plan.ts";
import { pointCounts, pointTable, runTable, summaryTable, totalsOf } from "./tables.ts";
import type { Trial, TrialReport } from "./trial.ts";

/** Of which program the results are, and how much of everything was tried. */
export type Origin = { readonly commit: string; readonly lot: string };

/** Empty where everything was tried. */
export function lotsOf(
  all: readonly Trial[],
  reports: readonly TrialReport[],
  seed: number,
): string {
  if (reports.length === all.length) return "";
  const part = (what: string, belongs: (trial: Trial) => boolean): string =>
    `${reports.filter(belongs).length} of ${all.filter(belongs).length} trials ${what}`;
  const ofPoints = part("of a fault at a point", ({ at }) => at !== "run");
  const ofRuns = part("of a fault of the whole run", ({ at }) => at === "run");
  return `**A sample, not everything**: ${ofPoints}, ${ofRuns}, drawn by lot with seed ${seed}.`;
}

const MARKERS = ["<!-- chaos: begin -->", "<!-- chaos: end -->"] as const;

/** What docs/reliability.md has between its markers. */
export function totals(
  reports: readonly TrialReport[],
  baselines: readonly Baseline[],
  { commit, lot }: Origin,
): string {
  const { survived, tried, notReached } = totalsOf(reports);
  return [
    ...(lot === "" ? [] : [lot]),
    `${survived} of ${tried} trials survived. ${notReached} further points were not reached: their runs were over before.\n` +
      `Run on commit \`${commit}\`; [every point](reliability-chaos.md) is in a table of its own.`,
    pointCounts(baselines),
    summaryTable(reports, baselines),
  ].join("\n\n");
}

/** @throws Error where the page has not both markers. */
export function withTotals(page: string, text: string): string {
  const [begin, end] = [page.indexOf(MARKERS[0]), page.indexOf(MARKERS[1])];
  if (begin < 0 || end < begin)
    throw new Error(`the page has not both of ${MARKERS.join(" and ")}`);
  return `${page.slice(0, begin + MARKERS[0].length)}\n\n${text}\n\n${page.slice(end)}`;
}

/** The whole of docs/reliability-chaos.md. */
export function pointsDocument(
  reports: readonly TrialReport[],
  baselines: readonly Baseline[],
  { commit, lot }: Origin,
): string {
  const head = `# Every fault at every point

Written by \`npm run chaos -- --write\` on commit \`${commit}\`; [Reliability](reliability.md) says what
the faults are and has the totals. \`✓\`: survived, \`✗\`: a promise was broken, \`–\`: the run did not
come to that point, empty: the fault can't strike there${lot === "" ? "" : ", or was not tried"}.`;
  const tables = baselines.flatMap((baseline) => [
    `## Every point of \`${baseline.command}\``,
    pointTable(reports, baseline),
  ]);
  const ofRuns = ["## Faults of a whole run", runTable(reports, baselines)];
  return `${[head, ...(lot === "" ? [] : [lot]), ...ofRuns, ...tables].join("\n\n")}\n`;
}
