/** Step 1: every failure that can be foreseen is reported before anything is created. */
import { clusterChecks } from "../checks/cluster-checks.ts";
import { platformChecks } from "../checks/platform-checks.ts";
import type { ClusterFacts, Facts } from "../session/facts.ts";
import { assertNoFailures, isFailure, runChecks } from "../checks/run-checks.ts";
import { hint } from "../core/command-hint.ts";
import type { CheckResult, Emit } from "../core/events.ts";
import { done, type StepOutcome, type StepRunner } from "../workflow/step.ts";

type Report = {
  readonly emit: Emit;
  readonly steps: StepRunner;
  readonly strict: boolean;
  /** Ids of checks that the command does not need. */
  readonly without?: readonly string[];
};

/** The checks that need no cluster, and those of the cluster where its inputs are known already. */
export async function verifyPrerequisites(
  facts: Facts,
  cluster: ClusterFacts | undefined,
  report: Report,
): Promise<StepOutcome<undefined>> {
  const wanted = clusterChecks.filter(({ id }) => !report.without?.includes(id));
  const reportFinished = ({ title }: CheckResult): void =>
    report.emit({
      type: "step-progress",
      step: "verify-prerequisites",
      message: `${title}: checked`,
    });
  const all = cluster
    ? await runChecks([...platformChecks, ...wanted], cluster, reportFinished)
    : await runChecks(platformChecks, facts, reportFinished);
  // Notes are for `doctor`: they need no action when a cluster is set up.
  const results = all.filter(({ severity }) => severity !== "note");
  // Reported in the order of the list, not of completion: the same run reads the same every time.
  for (const check of results) {
    if (check.status === "skipped") continue;
    // A failure is shown once, with its remedy, at the end of the run.
    const shown = isFailure(check, report.strict)
      ? { ...check, detail: "", remedy: undefined }
      : check;
    report.emit({ type: "check-finished", check: shown });
  }
  assertNoFailures(results, report.strict);
  warnOf(results, report.steps);
  const count = results.filter(({ status }) => status === "passed").length;
  return done(undefined, `${count} checks passed`);
}

export function warnOf(results: readonly CheckResult[], steps: StepRunner): void {
  for (const { id, status, detail, remedy } of results) {
    if (status === "failed") steps.warn(id, remedy ? hint`${detail}; ${remedy}` : detail);
  }
}
