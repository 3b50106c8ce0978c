import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/ports.ts";

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  deadline: (ms) => AbortSignal.timeout(ms),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      // The promise rejects with an AbortError; the reason behind it says why.
      if (signal.aborted) throw signal.reason;
      throw error;
    }
  },
};
