/** Renders `doctor`: every check, each failure with its remedy and the id for `--ignore`. */
import type { DoctorResult } from "./result.ts";
import type { Rendered } from "../../core/command-hint.ts";
import type { CheckResult } from "../../core/events.ts";
import { cellWidth, hanging, oneLine, padEnd } from "../../lib/text.ts";
import type { Theme } from "../../output/theme.ts";
import { marks, table, type Row, type View } from "../../output/layout.ts";

type Shown = Rendered<CheckResult>;

/** In the order of the summary. */
const OUTCOMES = ["passed", "failed", "warning", "note", "skipped", "ignored"] as const;
type Outcome = (typeof OUTCOMES)[number];

export function renderDoctor(result: Rendered<DoctorResult>, view: View): string[] {
  const shown = view.quiet
    ? result.checks.filter((check) => check.status === "failed")
    : result.checks;
  const lines = shown.length === 0 ? [] : checkLines(shown, view);
  return view.quiet ? lines : [...lines, "", summary(result.checks)];
}

/** One table, so that the columns align; a remedy goes below its row and is not wrapped. */
function checkLines(checks: readonly Shown[], view: View): string[] {
  const rows = checks.map((check, index) => rowOf(check, checks[index - 1], view.theme));
  const width = Math.max(...rows.map((row) => cellWidth(row.cells[1] ?? "")));
  return rows.flatMap((row, index) => {
    const [mark = "", title = ""] = row.cells;
    const check = checks[index];
    const remedy = check?.status === "failed" ? check.remedy : undefined;
    const lines = table([{ ...row, cells: [mark, padEnd(title, width)] }], view);
    return remedy ? [...lines, `     ${hanging(remedy, "     ")}`] : lines;
  });
}

/** A check with several findings has its title once. */
function rowOf(check: Shown, before: Shown | undefined, theme: Theme): Row {
  const [mark, paint] = marks(theme)[outcomeOf(check)];
  return {
    cells: [mark, before?.id === check.id ? "" : oneLine(check.title)],
    text: textOf(check),
    paint,
  };
}

function textOf({ id, finding, status, detail }: Shown): string {
  if (status === "ignored") return `ignored: ${detail}`;
  return status === "failed" ? `${detail} [${finding ?? id}]` : detail;
}

function outcomeOf({ status, severity }: Shown): Outcome {
  if (status === "failed" && severity === "warning") return "warning";
  return status === "passed" && severity === "note" ? "note" : status;
}

function summary(checks: readonly Shown[]): string {
  const parts = OUTCOMES.map((outcome) => {
    const count = checks.filter((check) => outcomeOf(check) === outcome).length;
    const plural = count !== 1 && (outcome === "warning" || outcome === "note") ? "s" : "";
    return `${count} ${outcome}${plural}`;
  });
  // Passed and failed are counted even where there are none.
  return `${parts.filter((part, index) => index < 2 || !part.startsWith("0 ")).join(", ")}.`;
}
