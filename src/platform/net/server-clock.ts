/** The server's time, from the `Date` of its answers: no decision depends on this machine's clock. */
import type { ServerClock, ServerTime } from "../../core/ports.ts";
import type { HttpAnswer } from "./http.ts";

/** How far the server's clock is ahead of our monotonic clock, from one answer. */
type Sample = { readonly offsetMs: number; readonly uncertaintyMs: number };

const SAMPLES = 9;
/** `Date` is truncated to whole seconds. */
const RESOLUTION_MS = 1000;

export class SampledServerClock implements ServerClock {
  readonly #samples: Sample[] = [];
  readonly #clock: { now(): number; monotonic(): number };

  constructor(clock: { now(): number; monotonic(): number }) {
    this.#clock = clock;
  }

  /**
   * Records the time of an answer to a request that was sent at `sentAtMs` (monotonic). Cached answers (`Age`) are
   * ignored.
   */
  record(answer: Pick<HttpAnswer, "headers">, sentAtMs: number): void {
    const { date, age } = answer.headers;
    const ms = date === undefined ? Number.NaN : Date.parse(date);
    if (Number.isNaN(ms) || (age !== undefined && age !== "0")) return;
    const answeredAtMs = this.#clock.monotonic();
    const halfTripMs = (answeredAtMs - sentAtMs) / 2;
    this.#samples.push({
      offsetMs: ms + RESOLUTION_MS / 2 - (sentAtMs + halfTripMs),
      uncertaintyMs: RESOLUTION_MS / 2 + halfTripMs,
    });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** From the median of the last answers, so that one server with a wrong clock has no effect. */
  now(): ServerTime | null {
    const sorted = this.#samples.toSorted((a, b) => a.offsetMs - b.offsetMs);
    const median = sorted[Math.floor((sorted.length - 1) / 2)];
    if (median === undefined) return null;
    return { ms: this.#clock.monotonic() + median.offsetMs, uncertaintyMs: median.uncertaintyMs };
  }

  skewMs(): number | null {
    const now = this.now();
    return now === null ? null : now.ms - this.#clock.now();
  }
}
