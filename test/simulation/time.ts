/** Virtual time: waits are free. It moves on only when every command waits for it, and no file is being read or written. */
import type { Clock } from "../../src/core/ports.ts";

type Timer = { readonly at: number; readonly order: number; readonly fire: () => void };

/** Ms since the epoch at the beginning of every history. */
export const EPOCH = Date.parse("2026-03-01T00:00:00Z");
/** A run that takes longer in virtual time waits for something that never comes. */
const LONGEST_MS = 6 * 3_600_000;
/** Without a timer: what waits for the event loop itself, or for a module, may still go on. 10 ms each. */
const IDLE_ROUNDS = 500;

export class VirtualTime {
  /** Ms since the beginning of the history. */
  now = 0;
  readonly #timers = new Set<Timer>();
  #order = 0;

  /** @returns how to cancel it. */
  at(ms: number, fire: () => void): () => void {
    const timer = { at: ms, order: (this.#order += 1), fire };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel();
        reject(signal?.reason as Error);
      };
      const cancel = this.at(this.now + Math.max(0, ms), () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }

  deadline(ms: number): AbortSignal {
    const controller = new AbortController();
    this.at(this.now + ms, () => controller.abort(new DOMException("timed out", "TimeoutError")));
    return controller.signal;
  }

  /** Moves on until `work` is done. @returns false where nothing is left to wait for, or it takes for ever. */
  async drive(work: Promise<unknown>): Promise<boolean> {
    let open = true;
    const close = (): void => void (open = false);
    work.then(close, close);
    const end = this.now + LONGEST_MS;
    for (let idle = 0; idle < IDLE_ROUNDS && this.now <= end;) {
      await quiet();
      if (!open) return true;
      idle = this.#next() ? 0 : idle + 1;
      if (idle > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return false;
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.drive(this.sleep(ms));
  }

  #next(): boolean {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    if (first === undefined) return false;
    this.#timers.delete(first);
    this.now = Math.max(this.now, first.at);
    first.fire();
    return true;
  }
}

/** Resolves when the event loop has nothing to do but wait: no microtask, no file operation. */
export async function quiet(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (
    process.getActiveResourcesInfo().some((kind) => kind.startsWith("FS") || kind.includes("Close"))
  );
}

/** One machine's clocks: its wall clock may be wrong, and jump. */
export class MachineClock {
  /** Added to the true time; ms. */
  offset = 0;
  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** @param isAlive a killed process waits for ever. */
  clockOf(isAlive: () => boolean): Clock {
    const time = this.#time;
    return {
      now: () => EPOCH + time.now + this.offset,
      monotonic: () => time.now,
      deadline: (ms) => time.deadline(ms),
      sleep: async (ms, signal) => {
        await time.sleep(ms, signal);
        if (!isAlive()) await new Promise(() => undefined);
      },
    };
  }
}
