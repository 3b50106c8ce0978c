/** The answer of `doctor`: every check, each failure with its remedy. */
import type { DoctorResult } from "../../commands/results.ts";
import type { CheckResult } from "../../workflow/events.ts";
import { cellWidth, hanging, oneLine, padEnd } from "../text.ts";
import type { Theme } from "../theme.ts";
import { table, type Row, type View } from "./layout.ts";

type Outcome = "passed" | "warning" | "failed" | "skipped";

export function renderDoctor(result: DoctorResult, view: View): string[] {
  const shown = view.quiet ? result.checks.filter((check) => check.status === "failed") : result.checks;
  const lines = shown.length === 0 ? [] : checkLines(shown, view);
  return view.quiet ? lines : [...lines, "", summary(result.checks)];
}

/** All checks share one table so that the columns agree; a remedy goes under its row and is not wrapped. */
function checkLines(checks: readonly CheckResult[], view: View): string[] {
  const rows = checks.map((check) => rowOf(check, view.theme));
  const width = Math.max(...rows.map((row) => cellWidth(row.cells[1] ?? "")));
  return rows.flatMap((row, index) => {
    const [mark = "", title = ""] = row.cells;
    const check = checks[index];
    const remedy = check?.status === "failed" ? check.remedy : undefined;
    const lines = table([{ ...row, cells: [mark, padEnd(title, width)] }], view);
    return remedy ? [...lines, `     ${hanging(remedy, "     ")}`] : lines;
  });
}

function rowOf(check: CheckResult, theme: Theme): Row {
  const { symbols, green, yellow, red, dim } = theme;
  const looks = {
    passed: [symbols.done, green],
    warning: [symbols.warning, yellow],
    failed: [symbols.failed, red],
    skipped: [symbols.skipped, dim],
  } as const;
  const [mark, paint] = looks[outcomeOf(check)];
  return { cells: [mark, oneLine(check.title)], text: check.detail, paint };
}

function outcomeOf({ status, severity }: CheckResult): Outcome {
  return status === "failed" && severity === "warning" ? "warning" : status;
}

function summary(checks: readonly CheckResult[]): string {
  const count = (outcome: Outcome): number => checks.filter((check) => outcomeOf(check) === outcome).length;
  const warnings = count("warning");
  const parts = [
    `${count("passed")} passed`,
    `${count("failed")} failed`,
    warnings === 1 ? "1 warning" : `${warnings} warnings`,
    `${count("skipped")} skipped`,
  ];
  const total = checks.length === 1 ? "1 check" : `${checks.length} checks`;
  return `${total}: ${parts.filter((part, index) => index < 2 || !part.startsWith("0 ")).join(", ")}.`;
}
