/** Progress as a log for pipes, CI and `--json`: a line per event, no colors, no cursor movement. */
import type { Rendered } from "../core/command-hint.ts";
import type { CheckLine } from "../core/events.ts";
import type { StepId } from "../core/steps.ts";
import type { SafeStream } from "./output.ts";
import type { Progress, ShownEvent } from "./reporter.ts";
import { ELAPSED, stepText } from "./layout.ts";
import { duration, hanging, oneLine } from "../lib/text.ts";

/** Interval of lines for an unchanged wait, which show that the run is alive. */
const HEARTBEAT_MS = 30_000;
/** Minimum interval of changed messages: a wait polls every two seconds. */
const MIN_INTERVAL_MS = 10_000;

type Current = {
  readonly step: StepId;
  readonly startedAt: number;
  printedAt: number;
  printed: string;
  /** The message to print next. */
  next: string;
};

export class PlainProgress implements Progress {
  readonly #err: SafeStream;
  readonly #now: () => number;
  #command: string | undefined;
  #current: Current | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(err: SafeStream, now: () => number) {
    this.#err = err;
    this.#now = now;
  }

  show(event: ShownEvent): void {
    // For live lines only; notes report the outcome.
    if (event.type === "activity") return;
    if (event.type === "run-started") this.#command = event.command;
    if (event.type === "step-progress") return this.#progress(event.step, oneLine(event.message));
    if (event.type === "step-started") {
      const now = this.#now();
      this.#current = { step: event.step, startedAt: now, printedAt: now, printed: "", next: "" };
    }
    if (event.type === "step-finished" || event.type === "step-failed") this.#current = undefined;
    this.#err.line(lineOf(event, this.#command));
    this.#beat();
  }

  suspend(): void {
    this.#cancelTimer();
  }

  restore(): void {
    this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  /** Prints a changed message, at once or after the minimum interval. */
  #progress(step: StepId, message: string): void {
    const current = this.#current;
    if (!current || current.step !== step || message === current.printed) return;
    current.next = message;
    this.#beat();
  }

  /** Prints if the interval is over, and schedules the next line. */
  #beat(): void {
    this.#cancelTimer();
    const current = this.#current;
    if (!current || this.#stopped) return;
    const { next, printed, printedAt } = current;
    const isNew = next !== "" && next.replace(ELAPSED, "") !== printed.replace(ELAPSED, "");
    const wait = printedAt + (isNew ? MIN_INTERVAL_MS : HEARTBEAT_MS) - this.#now();
    if (wait <= 0) return this.#print(current);
    this.#timer = setTimeout(() => this.#beat(), wait);
    this.#timer.unref();
  }

  #print(current: Current): void {
    const isOld = current.next === current.printed;
    const message = isOld ? current.next.replace(ELAPSED, "") || "in progress" : current.next;
    current.printed = current.next;
    current.printedAt = this.#now();
    const elapsed = duration(current.printedAt - current.startedAt);
    const shown = ELAPSED.test(message) ? message : `${message} (${elapsed})`;
    this.#err.line(`${stepText(current.step, this.#command)}: ${shown}`);
    this.#beat();
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function lineOf(
  event: Exclude<ShownEvent, { type: "step-progress" | "activity" }>,
  command: string | undefined,
): string {
  switch (event.type) {
    case "run-started":
      return oneLine(event.headline);
    case "step-started":
      return stepText(event.step, command);
    case "step-finished": {
      const summary = event.summary === "" ? "" : `: ${oneLine(event.summary)}`;
      return `${stepText(event.step, command)}: ${event.status} (${duration(event.durationMs)})${summary}`;
    }
    case "step-failed": {
      const head = `${stepText(event.step, command)}: failed (${duration(event.durationMs)})`;
      // Failed checks are listed at the end.
      return event.step === "verify-prerequisites" ? head : `${head}: ${oneLine(event.message)}`;
    }
    case "check-finished":
      return checkLine(event.check);
    case "warning":
      return `Warning: ${hanging(event.warning.message, "  ")}`;
    case "note":
    case "cleanup":
      return hanging(event.message, "  ");
    case "detail":
      return `  ${hanging(event.message, "  ")}`;
    default:
      return event satisfies never;
  }
}

const CHECK_WORDS = { passed: "ok  ", skipped: "skip", ignored: "skip", failed: "FAIL" } as const;

function checkLine(check: Rendered<CheckLine>): string {
  const minor = check.status === "failed" && check.severity === "warning";
  const word = minor ? "warn" : CHECK_WORDS[check.status];
  const found = check.detail === "" ? "" : `: ${oneLine(check.detail)}`;
  const remedy =
    check.status === "failed" && check.remedy
      ? `\n        ${hanging(check.remedy, "        ")}`
      : "";
  return `  ${word}  ${oneLine(check.title)}${found}${remedy}`;
}
