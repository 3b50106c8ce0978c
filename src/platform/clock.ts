import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/ports.ts";

/** The clocks of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Like `performance.now()`, for which Node 20 would load a dozen modules.
  monotonic: () => process.uptime() * 1_000,
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
