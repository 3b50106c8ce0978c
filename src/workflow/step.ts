/** What a step is, and the runner around it. */
import type { WarningCode } from "../errors/catalogue.ts";
import { joinWords, renderHint, type Words } from "../core/command-hint.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import type { Clock, CloudApi, SpawnteeQueries } from "../core/ports.ts";
import type { History } from "../state/history.ts";
import type { Journal } from "../state/journal.ts";
import type { CleanupSignals } from "./cleanup.ts";
import type { CheckLine, Emit, Warning } from "../core/events.ts";
import type { Mutations } from "./mutations.ts";
import { WaitAdvice, type Usual } from "./wait-advice.ts";
import { stepInfo, type StepId, type StepReport, type StepStatus } from "../core/steps.ts";

export type StepOutcome<O> = {
  readonly status: StepStatus;
  readonly output: O;
  /** The result in a few words, for the step's line. */
  readonly summary: string;
};

/** Typed input in, typed output out; everything else it may touch is in its context. */
export type Step<I, O> = {
  readonly id: StepId;
  run(input: I, context: StepContext): Promise<StepOutcome<O>>;
};

/** What every step may use. */
export type StepDeps = {
  readonly api: CloudApi;
  readonly spawntee: SpawnteeQueries;
  readonly mutations: Mutations;
  readonly journal: Journal;
  /** Who approved what: appended to with each approval. */
  readonly history: History;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly cleanup: CleanupSignals;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** Whether what can't be checked is an error. */
  readonly strict: boolean;
};

/** For reading only: nothing in it can change the cloud. */
export type ReadingDeps = Pick<
  StepDeps,
  "api" | "spawntee" | "clock" | "signal" | "timeoutMs" | "pollIntervalMs" | "strict"
>;

export type StepContext = StepDeps & {
  /** Shows what is in progress or waited for. */
  progress(message: string): void;
  warn(code: WarningCode, message: Words): void;
  note(message: Words): void;
  /** Reports a check and its result on a line of its own. */
  check(result: CheckLine): void;
  /** For `--verbose`: a decision and its reason. */
  detail(message: string): void;
};

export function done<O>(output: O, summary: string): StepOutcome<O> {
  return { status: "done", output, summary };
}

export function reused<O>(output: O, summary: string): StepOutcome<O> {
  return { status: "reused", output, summary };
}

/** Runs steps in order: times them, emits their events and keeps their reports. */
export class StepRunner {
  readonly #emit: Emit;
  readonly #clock: Clock;
  readonly #reports: StepReport[] = [];
  readonly #warnings: Warning[] = [];
  #usual: Usual | undefined;
  readonly #notes: Words[] = [];

  constructor(emit: Emit, clock: Clock) {
    this.#emit = emit;
    this.#clock = clock;
  }

  /** Durations that the waits from here on are compared with. */
  compareWith(usual: Usual): void {
    this.#usual = usual;
  }

  get reports(): readonly StepReport[] {
    return this.#reports;
  }

  get warnings(): readonly Warning[] {
    return this.#warnings;
  }

  /** Notes, which the result contains too: with --json in a pipe nobody would see them otherwise. */
  get notes(): readonly Words[] {
    return this.#notes;
  }

  /** Emits a warning and keeps it for the result; the same one only once. */
  warn(code: WarningCode, message: Words): void {
    const text = renderHint(message);
    if (this.#warnings.some((known) => known.code === code && renderHint(known.message) === text))
      return;
    this.#warnings.push({ code, message });
    this.#emit({ type: "warning", warning: { code, message } });
  }

  note(message: Words): void {
    this.#notes.push(message);
    this.#emit({ type: "note", message });
  }

  /** @throws what the step throws, with the step's id in it. */
  async run<I, O>(step: Step<I, O>, input: I, deps: StepDeps): Promise<O> {
    return this.runWithout(step.id, (progress) => step.run(input, this.contextFor(deps, progress)));
  }

  /** For the steps that come before there is a cloud to work on. */
  async runWithout<O>(
    id: StepId,
    body: (progress: (message: string) => void) => Promise<StepOutcome<O>>,
  ): Promise<O> {
    const started = this.#clock.monotonic();
    this.#emit({ type: "step-started", step: id });
    const advice = new WaitAdvice(id, this.#usual);
    try {
      const outcome = await body((message) => {
        this.#emit({ type: "step-progress", step: id, message });
        for (const words of advice.after(this.#clock.monotonic() - started))
          this.#emit({ type: "note", message: words });
      });
      this.#finish(id, outcome.status, outcome.summary, this.#clock.monotonic() - started);
      return outcome.output;
    } catch (error) {
      if (error instanceof ClusterError) error.step ??= id;
      const durationMs = this.#clock.monotonic() - started;
      this.#emit({ type: "step-failed", step: id, durationMs, message: messageOf(error) });
      throw error;
    }
  }

  /** A step that need not run. */
  pass(id: StepId, status: "skipped" | "reused", summary: string, durationMs = 0): void {
    this.#emit({ type: "step-started", step: id });
    this.#finish(id, status, summary, durationMs);
  }

  /**
   * With `--strict` no temporary runner is made and nothing is approved over a warning.
   * @throws ClusterError (verification), with the first one's code.
   */
  assertNoWarnings({ strict }: Pick<StepDeps, "strict">): void {
    const [first] = this.#warnings;
    if (!strict || first === undefined) return;
    throw new ClusterError("verification", first.code, {
      message: joinWords(
        this.#warnings.map(({ message }) => message),
        "\n",
      ),
      hint: "nothing was approved; without --strict this is a warning",
    });
  }

  /** For a step; between the steps without `progress`. */
  contextFor(deps: StepDeps, progress: (message: string) => void = () => undefined): StepContext {
    return {
      ...deps,
      progress,
      warn: (code, message) => this.warn(code, message),
      note: (message) => this.note(message),
      check: (check) => this.#emit({ type: "check-finished", check }),
      detail: (message) => this.#emit({ type: "detail", message }),
    };
  }

  #finish(id: StepId, status: StepStatus, summary: string, durationMs: number): void {
    this.#reports.push({
      number: stepInfo(id).number,
      id,
      status,
      duration_ms: Math.round(durationMs),
    });
    this.#emit({ type: "step-finished", step: id, status, durationMs, summary });
  }
}
