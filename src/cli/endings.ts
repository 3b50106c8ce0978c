/**
 * What ends a run before its end: SIGINT, SIGTERM, a terminal that is closed, a crash of ours. The first one ends
 * it in order, so that no temporary runner stays; a second signal at once.
 */
import { Fault, Interruption, type ClusterError, type SignalName } from "../errors/cluster-error.ts";
import { CLEANUP_BUDGET_MS } from "../workflow/cleanup.ts";
import type { CrashGuard } from "./crashes.ts";
import { EXIT_CODES } from "./exit-codes.ts";

const SIGNALS: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** A crash may have taken with it what the run waits for: after the cleanup's own time nothing more will come. */
const CRASHED_RUN_MS = CLEANUP_BUDGET_MS + 5_000;

export type Endings = {
  /** Aborted by the first one. */
  readonly signal: AbortSignal;
  /** Why the run ended before its end; a crash counts before a signal. Undefined: it did not. */
  reason(): ClusterError | undefined;
  stop(): void;
};

/**
 * @param crashes is taken over; somebody else must take it when the run has ended.
 * @param onHurry says the run's last words, synchronously, when it can't be waited for.
 */
export function watchEndings(crashes: CrashGuard, onHurry: (reason: ClusterError) => void): Endings {
  const controller = new AbortController();
  let crash: Fault | undefined;
  let deadline: NodeJS.Timeout | undefined;
  const leave = (reason: ClusterError): never => {
    onHurry(reason);
    process.exit(EXIT_CODES[reason.kind]);
  };
  let signalled = false;
  const onSignal = (name: SignalName): void => {
    // Also the first one after a crash, whose cleanup is under way.
    if (!signalled) {
      signalled = true;
      return controller.abort(new Interruption(name));
    }
    // The shell and the kernel each send one when a terminal is closed: nobody is in a hurry.
    if (name !== "SIGHUP") leave(crash ?? new Interruption(name));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  crashes.handOver((error) => {
    // A timer that throws does so again and again: that must not cut the cleanup short.
    if (crash) return;
    const fault = new Fault(error);
    crash = fault;
    // Holds the process: a run that waits for nothing any more would end without a word, and with 0.
    deadline = setTimeout(() => leave(fault), CRASHED_RUN_MS);
    controller.abort(fault);
  });
  return {
    signal: controller.signal,
    reason: () => crash ?? (controller.signal.reason as ClusterError | undefined),
    stop() {
      clearTimeout(deadline);
      for (const name of SIGNALS) process.removeListener(name, onSignal);
    },
  };
}
