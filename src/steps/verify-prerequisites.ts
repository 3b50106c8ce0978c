/** Step 1: everything that can be known to go wrong is known before anything is made. */
import { clusterChecks } from "../checks/cluster-checks.ts";
import { platformChecks } from "../checks/platform-checks.ts";
import type { ClusterFacts, Facts } from "../checks/check.ts";
import { refuseFailures, runChecks, type CheckOutcome } from "../checks/run-checks.ts";
import type { Emit } from "../workflow/events.ts";
import { done, type StepOutcome, type StepRunner } from "../workflow/step.ts";

/** The checks that need no cluster, and those of the cluster where its inputs are known already. */
export async function verifyPrerequisites(
  facts: Facts,
  cluster: ClusterFacts | undefined,
  report: { readonly emit: Emit; readonly steps: StepRunner; readonly strict: boolean },
): Promise<StepOutcome<undefined>> {
  const [platform, own] = await Promise.all([
    runChecks(platformChecks, facts, (check) => report.emit({ type: "check-finished", check })),
    cluster ? verifyCluster(cluster, report) : [],
  ]);
  const outcomes = [...platform, ...own];
  refuseFailures(outcomes, report.strict);
  warnOf(outcomes, report.steps);
  const count = outcomes.filter(({ status }) => status === "passed").length;
  return done(undefined, `${count} checks passed`);
}

/** The checks of the cluster alone: the wizard runs them once its answers are there. */
export function verifyCluster(
  facts: ClusterFacts,
  report: { readonly emit: Emit },
): Promise<readonly CheckOutcome[]> {
  return runChecks(clusterChecks, facts, (check) => report.emit({ type: "check-finished", check }));
}

export function warnOf(outcomes: readonly CheckOutcome[], steps: StepRunner): void {
  for (const { id, status, detail, remedy } of outcomes) {
    if (status === "failed") steps.warn(id, remedy ? `${detail}; ${remedy}` : detail);
  }
}
