/** SIGINT and SIGTERM: the first one ends the run in order, the second one at once. */
import { Interruption } from "../errors.ts";
import { EXIT_CODES } from "./exit-codes.ts";

type SignalName = "SIGINT" | "SIGTERM";

/** @param onSecond says its last words, synchronously. */
export function watchSignals(onSecond: (signal: SignalName) => void): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const handle = (name: SignalName): void => {
    if (!controller.signal.aborted) {
      controller.abort(new Interruption(name));
      return;
    }
    onSecond(name);
    process.exit(EXIT_CODES[name === "SIGINT" ? "interrupted" : "terminated"]);
  };
  const onInterrupt = (): void => handle("SIGINT");
  const onTerminate = (): void => handle("SIGTERM");
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  return {
    signal: controller.signal,
    stop() {
      process.removeListener("SIGINT", onInterrupt);
      process.removeListener("SIGTERM", onTerminate);
    },
  };
}
