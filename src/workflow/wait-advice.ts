/** What is said once of a step that takes its time: that this is normal, and where to look. */
import { command, hint, type Words } from "../core/command-hint.ts";
import type { StepId } from "../core/steps.ts";
import { formatDuration } from "./wait.ts";

/** What waits are compared with. */
export type Usual = {
  readonly cluster: string;
  /** ms that the steps took last time on this platform. */
  readonly durations: Partial<Record<StepId, number>>;
};

/** Before that nobody wonders. */
const NORMAL_AFTER_MS = 8_000;
const LOG_AFTER_MS = 30_000;
/** So much longer than last time is still as usual. */
const TOLERANCE = 1.5;

/** What each of the steps that wait for the platform waits for, and whose log tells more. */
const WAITING: Partial<Record<StepId, { readonly what: string; readonly log: readonly string[] }>> =
  {
    "deploy-registry": { what: "a CVM takes a minute or two to boot", log: ["--serial"] },
    "wait-for-registry": { what: "a CVM takes a minute or two to boot", log: [] },
    "deploy-temporary-runner": {
      what: "a CVM takes a minute or two to boot",
      log: ["runner-temp", "--serial"],
    },
    "delete-temporary-runner": { what: "a deletion takes up to half a minute", log: [] },
    "approve-compose-hash": {
      what: "an update restarts the CVM, which takes a minute or two",
      log: [],
    },
    "verify-registry": { what: "a restart takes a minute or two", log: [] },
  };

export class WaitAdvice {
  readonly #step: StepId;
  readonly #usual: Usual | undefined;
  readonly #said = new Set<"normal" | "long" | "log">();

  constructor(step: StepId, usual: Usual | undefined) {
    this.#step = step;
    this.#usual = usual;
  }

  /** What there is to say by now that was not said yet. */
  after(elapsedMs: number): readonly Words[] {
    const waiting = WAITING[this.#step];
    if (waiting === undefined || this.#usual === undefined) return [];
    const { cluster, durations } = this.#usual;
    const last = durations[this.#step];
    const limit = Math.max((last ?? 0) * TOLERANCE, NORMAL_AFTER_MS);
    const took = last === undefined ? "" : `it took ${formatDuration(last)} last time`;
    return [
      ...this.#once(
        "normal",
        elapsedMs >= NORMAL_AFTER_MS && (last === undefined || elapsedMs < limit),
        [`still normal: ${took === "" ? waiting.what : took}`],
      ),
      ...this.#once("long", last !== undefined && elapsedMs >= limit, [
        `longer than usual: ${took}`,
      ]),
      ...this.#once("log", elapsedMs >= LOG_AFTER_MS, [
        hint`its log, in another terminal: ${command("logs", ...waiting.log, "--cluster-name", cluster)}`,
      ]),
    ];
  }

  #once(
    what: "normal" | "long" | "log",
    isDue: boolean,
    words: readonly Words[],
  ): readonly Words[] {
    if (!isDue || this.#said.has(what)) return [];
    this.#said.add(what);
    return words;
  }
}
