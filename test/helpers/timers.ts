/** A limit that runs out when the test says so, and not while a slow machine has yet to come to what it is about. */
import { onTestFinished } from "vitest";

/** Timers of just so many ms that this process starts from now on; `runOut` ends those at once. */
export function holdTimers(ms: number): { runOut(): void } {
  const { setTimeout: start } = globalThis;
  const held: (() => void)[] = [];
  const startHeld = (run: () => void, after?: number): NodeJS.Timeout => {
    if (after === ms) held.push(run);
    return start(run, after);
  };
  globalThis.setTimeout = Object.assign(startHeld, start);
  onTestFinished(() => void (globalThis.setTimeout = start));
  return {
    runOut() {
      for (const run of held.splice(0)) run();
    },
  };
}
