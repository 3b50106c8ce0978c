/** Progress on a terminal: lines of finished steps, and a live line of the current one. */
import type { Rendered } from "../core/command-hint.ts";
import type { CheckLine } from "../core/events.ts";
import type { StepId } from "../core/steps.ts";
import { LiveLine } from "./live-line.ts";
import type { SafeStream } from "./output.ts";
import type { Progress, ShownEvent } from "./reporter.ts";
import { ELAPSED, stepLabel, type StepLabel } from "./layout.ts";
import { cellWidth, duration, hanging, oneLine, truncate } from "../lib/text.ts";
import type { Theme } from "./theme.ts";

/** Cells; a shorter part of a message is useless. */
const MIN_MESSAGE = 8;

/** The content of the live line. */
type Current = {
  /** Undefined outside of the steps. */
  readonly step: StepId | undefined;
  readonly label: StepLabel;
  readonly startedAt: number;
  message: string;
};

type StepEnd = Extract<ShownEvent, { type: "step-finished" | "step-failed" }>;

export class InteractiveProgress implements Progress {
  readonly #theme: Theme;
  readonly #now: () => number;
  readonly #err: SafeStream;
  readonly #live: LiveLine;
  #command: string | undefined;
  #current: Current | undefined;
  #suspended = false;
  #stopped = false;

  constructor(err: SafeStream, theme: Theme, now: () => number) {
    this.#err = err;
    this.#theme = theme;
    this.#now = now;
    this.#live = new LiveLine(err, theme, (cells) => this.#liveText(cells));
  }

  show(event: ShownEvent): void {
    switch (event.type) {
      case "run-started":
        this.#command = event.command;
        return this.#live.print(`${this.#theme.bold(oneLine(event.headline))}\n`);
      case "step-started":
        return this.#begin(event.step, stepLabel(event.step, this.#command));
      case "activity":
        if (event.message !== null)
          return this.#begin(undefined, { count: "", title: oneLine(event.message) });
        this.#current = undefined;
        return this.#live.stop();
      case "step-progress":
        if (this.#current?.step === event.step) this.#current.message = oneLine(event.message);
        return;
      case "step-finished":
      case "step-failed":
        this.#current = undefined;
        this.#live.stop();
        return this.#err.line(this.#stepEnd(event));
      default:
        return this.#live.print(this.#sideLine(event));
    }
  }

  suspend(): void {
    this.#suspended = true;
    this.#live.stop();
  }

  restore(): void {
    this.#suspended = false;
    if (this.#current) this.#startLive();
  }

  stop(): void {
    this.#stopped = true;
    this.#live.stop();
  }

  #begin(step: StepId | undefined, label: StepLabel): void {
    this.#current = { step, label, startedAt: this.#now(), message: "" };
    this.#startLive();
  }

  #startLive(): void {
    if (!this.#suspended && !this.#stopped) this.#live.start();
  }

  /** `[3/10] Deploy registry CVM  12.3s  waiting for …`; the message is shortened first, then the title. */
  #liveText(cells: number): string {
    if (!this.#current) return "";
    const { symbols, dim, cyan } = this.#theme;
    const { count, title } = this.#current.label;
    const elapsed = duration(this.#now() - this.#current.startedAt);
    const lead = count === "" ? "" : `${count} `;
    const room = cells - cellWidth(lead) - elapsed.length - 2;
    if (room < MIN_MESSAGE) return truncate(`${lead}${title}`, cells, symbols.ellipsis);
    const shown = truncate(title, room, symbols.ellipsis);
    const left = room - cellWidth(shown) - 2;
    const message =
      left < MIN_MESSAGE ? "" : shortened(this.#current.message, left, symbols.ellipsis);
    return `${dim(lead)}${shown}  ${cyan(elapsed)}${message === "" ? "" : `  ${dim(message)}`}`;
  }

  #stepEnd(event: StepEnd): string {
    const { dim, red } = this.#theme;
    const { count, title } = stepLabel(event.step, this.#command);
    const failed = event.type === "step-failed";
    const head = `${this.#mark(event)} ${count === "" ? "" : `${dim(count)} `}${title}`;
    // Failed checks are listed at the end.
    const isChecks = failed && event.step === "verify-prerequisites";
    const outcome = isChecks ? "" : oneLine(failed ? event.message : event.summary);
    // The full message comes at the end; here it explains why the clean-up begins.
    const shown = failed
      ? red(truncate(outcome, this.#outcomeRoom(event), this.#theme.symbols.ellipsis))
      : outcome;
    return `${head}${outcome === "" ? "" : `  ${shown}`} ${dim(`(${duration(event.durationMs)})`)}`;
  }

  #outcomeRoom(event: StepEnd): number {
    const { count, title } = stepLabel(event.step, this.#command);
    const taken = cellWidth(`x ${count} ${title}    (${duration(event.durationMs)})`);
    return Math.max(20, this.#err.columns - taken);
  }

  #mark(event: StepEnd): string {
    const { symbols, red, green, cyan, dim } = this.#theme;
    if (event.type === "step-failed") return red(symbols.failed);
    if (event.status === "reused") return cyan(symbols.reused);
    return event.status === "skipped" ? dim(symbols.skipped) : green(symbols.done);
  }

  #sideLine(
    event: Extract<
      ShownEvent,
      { type: "check-finished" | "warning" | "note" | "detail" | "cleanup" }
    >,
  ): string {
    const { symbols, dim, yellow } = this.#theme;
    switch (event.type) {
      case "check-finished":
        return this.#check(event.check);
      case "warning":
        return yellow(`${symbols.warning} ${hanging(event.warning.message, "  ")}`);
      case "detail":
        return dim(`  ${hanging(event.message, "  ")}`);
      case "note":
      case "cleanup":
        return hanging(event.message, "  ");
      default:
        return event satisfies never;
    }
  }

  #check(check: Rendered<CheckLine>): string {
    const { symbols, dim, red, yellow } = this.#theme;
    const text = `${oneLine(check.title)}${check.detail === "" ? "" : `: ${oneLine(check.detail)}`}`;
    if (check.status === "passed") return dim(`  ${symbols.done} ${text}`);
    if (check.status !== "failed") return dim(`  ${symbols.skipped} ${text}`);
    const minor = check.severity === "warning";
    const line = minor
      ? yellow(`  ${symbols.warning} ${text}`)
      : red(`  ${symbols.failed} ${text}`);
    return check.remedy ? `${line}\n      ${hanging(check.remedy, "      ")}` : line;
  }
}

/** Shortens a message, but keeps the elapsed time and timeout at its end. */
function shortened(message: string, cells: number, ellipsis: string): string {
  const [limit = ""] = ELAPSED.exec(message) ?? [];
  const room = cells - cellWidth(limit);
  if (limit === "" || room < MIN_MESSAGE) return truncate(message, cells, ellipsis);
  return `${truncate(message.slice(0, -limit.length), room, ellipsis)}${limit}`;
}
