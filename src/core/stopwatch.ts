/**
 * Attributes the wall time of a run. At any moment exactly one part is charged, so that the parts add up to the total: of
 * concurrent waits the first in `WAITS` counts, and the rest is our own time.
 */
import type { RunEvent } from "./events.ts";
import type { Timings } from "./results.ts";
import type { StepId } from "./steps.ts";

/**
 * `operator`: a question to the operator. `lock`: another run on the same cluster. `api`: a request to Phala's API, also
 * by a child. `cloud`: a pause between two polls, or a request to a CVM. `phala`: the CLI is running or starting.
 */
export const WAITS = ["operator", "lock", "api", "cloud", "phala"] as const;
export type Wait = (typeof WAITS)[number];
export type Part = Wait | "ours";
const PARTS: readonly Part[] = [...WAITS, "ours"];
const NO_WAITS: Readonly<Record<Wait, number>> = {
  operator: 0,
  lock: 0,
  api: 0,
  cloud: 0,
  phala: 0,
};

type Row = Record<Part, number>;
/** Null: outside of the steps. */
type Section = StepId | null;

export class Stopwatch {
  readonly #now: () => number;
  readonly #running = { ...NO_WAITS };
  readonly #begun = { ...NO_WAITS };
  readonly #rows = new Map<Section, Row>();
  #section: Section = null;
  #since: number;

  /** @param now monotonic ms. @param startedAt start of the run by the same clock. */
  constructor(now: () => number, startedAt = now()) {
    this.#now = now;
    this.#since = startedAt;
  }

  /** Charges the time of `work` to a part, unless one with precedence is in progress too. */
  async measure<T>(part: Wait, work: () => Promise<T>): Promise<T> {
    this.#settle();
    this.#running[part] += 1;
    this.#begun[part] += 1;
    try {
      return await work();
    } finally {
      this.#settle();
      this.#running[part] -= 1;
    }
  }

  /** The same for synchronous work; it is not counted as a start or a request. */
  block<T>(part: Wait, work: () => T): T {
    this.#settle();
    this.#running[part] += 1;
    try {
      return work();
    } finally {
      this.#settle();
      this.#running[part] -= 1;
    }
  }

  /** Charges the current step. */
  observe(event: RunEvent): void {
    if (event.type === "step-started") this.#enter(event.step);
    if (event.type === "step-finished" || event.type === "step-failed") this.#enter(null);
  }

  /** Totals so far, in whole ms that add up. */
  report(): Timings {
    this.#settle();
    const steps = [...this.#rows].map(([id, row]) => ({ id, ...inMs(row) }));
    const total = Object.fromEntries(
      PARTS.map((part) => [part, steps.reduce((sum, step) => sum + step[`${part}_ms`], 0)]),
    ) as Row;
    return {
      ...inMs(total),
      phala_starts: this.#begun.phala,
      api_requests: this.#begun.api,
      steps,
    };
  }

  #enter(section: Section): void {
    this.#settle();
    this.#section = section;
  }

  /** Charges the time since the last call. */
  #settle(): void {
    const now = this.#now();
    const part = WAITS.find((wait) => this.#running[wait] > 0) ?? "ours";
    const row = this.#rows.get(this.#section) ?? noTime();
    row[part] += Math.max(0, now - this.#since);
    this.#rows.set(this.#section, row);
    this.#since = now;
  }
}

const noTime = (): Row => ({ ours: 0, ...NO_WAITS });

function inMs(row: Row) {
  const ms = {
    ours_ms: Math.round(row.ours),
    phala_ms: Math.round(row.phala),
    api_ms: Math.round(row.api),
    cloud_ms: Math.round(row.cloud),
    operator_ms: Math.round(row.operator),
    lock_ms: Math.round(row.lock),
  };
  return { total_ms: Object.values(ms).reduce((sum, part) => sum + part, 0), ...ms };
}
