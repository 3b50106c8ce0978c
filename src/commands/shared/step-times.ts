/** Waits of this run against those of the last one. */
import type { Preparation } from "../../session/preparation.ts";
import { readStepDurations, rememberStepDurations } from "../../state/step-durations.ts";
import type { StepRunner } from "../../workflow/step.ts";

/** Runs the steps that wait for the platform, and keeps how long each took. */
export async function withStepTimes<T>(
  steps: StepRunner,
  cluster: string,
  { connection, stateHost }: Pick<Preparation, "connection" | "stateHost">,
  body: () => Promise<T>,
): Promise<T> {
  const { stateDir } = connection;
  steps.compareWith({ cluster, durations: await readStepDurations(stateDir, stateHost) });
  try {
    return await body();
  } finally {
    await rememberStepDurations(stateDir, stateHost, steps.reports);
  }
}
