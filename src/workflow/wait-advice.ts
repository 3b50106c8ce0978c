/** Advice on a step that takes long, each once: that this is normal, and where to look. */
import { command, hint, type Words } from "../core/command-hint.ts";
import type { StepId } from "../core/steps.ts";
import { formatDuration } from "./wait.ts";

/** What waits are compared with. */
export type Usual = {
  readonly cluster: string;
  /** ms that the steps took last time on this platform. */
  readonly durations: Partial<Record<StepId, number>>;
};

const NORMAL_AFTER_MS = 8_000;
const LOG_AFTER_MS = 30_000;
/** Up to this factor of the last duration is as usual. */
const TOLERANCE = 1.5;

const BOOT = "a CVM takes a minute or two to boot";

/** What each step that waits for the platform waits for, and the arguments of `logs` that show more. */
const WAITING: Partial<Record<StepId, { readonly what: string; readonly log: readonly string[] }>> =
  {
    "deploy-registry": { what: BOOT, log: ["--serial"] },
    "wait-for-registry": { what: BOOT, log: [] },
    "deploy-temporary-runner": { what: BOOT, log: ["runner-temp", "--serial"] },
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
  readonly #given = new Set<string>();

  constructor(step: StepId, usual: Usual | undefined) {
    this.#step = step;
    this.#usual = usual;
  }

  /** The advice that is due after that time and was not given yet. */
  after(elapsedMs: number): readonly Words[] {
    const waiting = WAITING[this.#step];
    if (waiting === undefined || this.#usual === undefined) return [];
    const { cluster, durations } = this.#usual;
    const last = durations[this.#step];
    const isLong = last !== undefined && elapsedMs >= Math.max(last * TOLERANCE, NORMAL_AFTER_MS);
    const took = last === undefined ? undefined : `it took ${formatDuration(last)} last time`;
    const log = command("logs", ...waiting.log, "--cluster-name", cluster);
    const due: Record<string, Words | false> = {
      normal: elapsedMs >= NORMAL_AFTER_MS && !isLong && `still normal: ${took ?? waiting.what}`,
      long: isLong && `longer than usual: ${took}`,
      log: elapsedMs >= LOG_AFTER_MS && hint`its log, in another terminal: ${log}`,
    };
    return Object.entries(due).flatMap(([kind, words]) => {
      if (words === false || this.#given.has(kind)) return [];
      this.#given.add(kind);
      return [words];
    });
  }
}
