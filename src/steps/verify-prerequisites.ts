/** Step 1: everything that can be known to go wrong is known before anything is made. */
import { clusterChecks } from "../checks/cluster-checks.ts";
import { platformChecks } from "../checks/platform-checks.ts";
import type { ClusterFacts, Facts } from "../checks/check.ts";
import { refuseFailures, runChecks, type CheckOutcome } from "../checks/run-checks.ts";
import type { Emit } from "../workflow/events.ts";
import { done, type StepOutcome, type StepRunner } from "../workflow/step.ts";

type Report = {
  readonly emit: Emit;
  readonly steps: StepRunner;
  readonly strict: boolean;
  /** Ids of checks that the command has no use for. */
  readonly without?: readonly string[];
};

/** The checks that need no cluster, and those of the cluster where its inputs are known already. */
export async function verifyPrerequisites(
  facts: Facts,
  cluster: ClusterFacts | undefined,
  report: Report,
): Promise<StepOutcome<undefined>> {
  const wanted = clusterChecks.filter(({ id }) => !report.without?.includes(id));
  const [platform, own] = await Promise.all([
    runChecks(platformChecks, facts, ({ title }) => sayFinished(title, report)),
    cluster ? runChecks(wanted, cluster, ({ title }) => sayFinished(title, report)) : [],
  ]);
  const outcomes = [...platform, ...own];
  // Said in the order of the list and not as each came back: the same run reads the same every time.
  for (const { kind: _, ...check } of outcomes) {
    if (check.status !== "skipped") report.emit({ type: "check-finished", check });
  }
  refuseFailures(outcomes, report.strict);
  warnOf(outcomes, report.steps);
  const count = outcomes.filter(({ status }) => status === "passed").length;
  return done(undefined, `${count} checks passed`);
}

function sayFinished(title: string, { emit }: Report): void {
  emit({ type: "step-progress", step: "verify-prerequisites", message: `${title}: looked at` });
}

/** The checks of the cluster alone, each said as it comes back. */
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
