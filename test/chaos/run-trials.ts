/** Runs many trials side by side and keeps what came of them. */
import { isSlow } from "./faults.ts";
import type { Results } from "./results.ts";
import { runTrial, type Trial, type TrialReport } from "./trial.ts";

type Run = {
  readonly jobs: number;
  readonly results: Results;
  /** When no further one is begun any more; as of `performance.now()`. */
  readonly until: number;
  /** Aborted: those under way are brought to their end, but don't count, and no further one is begun. */
  readonly signal: AbortSignal;
  readonly onReport: (report: TrialReport) => void;
};

/** `jobs` of those that keep a processor busy, and as many of those that mostly sleep. */
export async function runTrials(
  trials: readonly Trial[],
  { jobs, results, until, signal, onReport }: Run,
): Promise<void> {
  const isOver = (): boolean => signal.aborted || performance.now() >= until;
  const work = async (queue: Trial[]): Promise<void> => {
    while (!isOver()) {
      const trial = queue.shift();
      if (trial === undefined) return;
      const report = await runTrial(trial);
      // A Ctrl-C in the terminal has reached the programs of the trials as well.
      if (signal.aborted) break;
      await results.add({ report });
      onReport(report);
    }
  };
  const busy = trials.filter(({ fault }) => !isSlow(fault));
  const slow = trials.filter(({ fault }) => isSlow(fault));
  const workers = [busy, slow].flatMap((queue) => Array.from({ length: jobs }, () => work(queue)));
  await Promise.all(workers);
}
