/** Runs many trials side by side and keeps what came of them. */
import { isSlow } from "./faults.ts";
import type { Results } from "./results.ts";
import { runTrial, type Trial, type TrialReport } from "./trial.ts";

/** `jobs` of those that keep a processor busy, and as many of those that mostly sleep. */
export async function runTrials(
  trials: readonly Trial[],
  { jobs, results, onReport }: { jobs: number; results: Results; onReport: (report: TrialReport) => void },
): Promise<void> {
  const work = async (queue: Trial[]): Promise<void> => {
    for (let trial = queue.shift(); trial; trial = queue.shift()) {
      const report = await runTrial(trial);
      await results.add({ report });
      onReport(report);
    }
  };
  const busy = trials.filter(({ fault }) => !isSlow(fault));
  const slow = trials.filter(({ fault }) => isSlow(fault));
  const workers = [busy, slow].flatMap((queue) => Array.from({ length: jobs }, () => work(queue)));
  await Promise.all(workers);
}
