/** SIGINT, SIGTERM and a terminal that is closed: the first one ends the run in order, the second one at once. */
import { Interruption, type SignalName } from "../errors.ts";
import { EXIT_CODES } from "./exit-codes.ts";

const SIGNALS: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** @param onSecond says its last words, synchronously. */
export function watchSignals(onSecond: (signal: SignalName) => void): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const handle = (name: SignalName): void => {
    if (!controller.signal.aborted) {
      controller.abort(new Interruption(name));
      return;
    }
    // The shell and the kernel each send one when a terminal is closed: nobody is in a hurry.
    if (name === "SIGHUP") return;
    onSecond(name);
    process.exit(EXIT_CODES[name === "SIGINT" ? "interrupted" : "terminated"]);
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    stop() {
      for (const name of SIGNALS) process.removeListener(name, handle);
    },
  };
}
