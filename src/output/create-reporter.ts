/** The reporter of a run: chooses the kind of progress, filters events and prints the result. */
import type { AnyResult, FailureResult } from "../core/results.ts";
import type { CheckLine, RunEvent, Warning } from "../core/events.ts";
import { renderHint, renderHints, type Rendered } from "../core/command-hint.ts";
import { cleanForTerminal } from "./clean.ts";
import type { View } from "./layout.ts";
import { LiveResult } from "./live-result.ts";
import { SafeStream } from "./output.ts";
import { PlainProgress } from "./plain.ts";
import type { Progress, Reporter, ReporterOptions, ShownEvent } from "./reporter.ts";
import { renderFailure } from "./render-failure.ts";
import { renderTimings } from "./render-timings.ts";
import { allowsColor, allowsLiveLines, createTheme, supportsUnicode, type Theme } from "./theme.ts";

/** Wider results are hard to read. */
const MAX_RESULT_COLUMNS = 100;

/** Codes of a run that was stopped by a signal. */
const SIGNALS: ReadonlySet<string> = new Set(["interrupted", "terminated"]);

type Screen = {
  readonly out: SafeStream;
  readonly err: SafeStream;
  readonly outTheme: Theme;
  readonly errTheme: Theme;
  readonly progress: Progress;
  readonly liveResult: LiveResult;
  readonly unicode: boolean;
};

/** Progress with a live line; a parameter, so that it is loaded only on a terminal. */
type LiveProgress = new (err: SafeStream, theme: Theme, now: () => number) => Progress;

/**
 * The reporter for these streams: JSON with `--json`, a live line where stderr is a terminal that wants one,
 * lines otherwise. Never throws for what the streams do.
 */
export function createReporter(options: ReporterOptions, Live?: LiveProgress): Reporter {
  return new RunReporter(options, createScreen(options, Live));
}

function createScreen(options: ReporterOptions, Live: LiveProgress | undefined): Screen {
  const environment = options.environment ?? process.env;
  const unicode = supportsUnicode(environment);
  const { redactor } = options;
  const err = new SafeStream({ redactor, stream: options.stderr });
  const out = new SafeStream({
    redactor,
    stream: options.stdout,
    verbatim: options.verbatim,
    onLost: (error) => {
      err.line(`Error: the answer could not be written to stdout: ${error.message}`);
      options.onResultLost?.();
    },
  });
  const mayColor = options.color && !options.json && allowsColor(environment);
  const live = mayColor && err.isTTY && allowsLiveLines(environment);
  const outTheme = createTheme({ color: mayColor && out.isTTY, unicode });
  const errTheme = createTheme({ color: live, unicode });
  const now = (): number => options.now();
  const progress = live && Live ? new Live(err, errTheme, now) : new PlainProgress(err, now);
  // Output of --verbose on the same terminal would be mixed into the result.
  const inPlace = mayColor && out.isTTY && allowsLiveLines(environment) && !options.verbose;
  const liveResult = new LiveResult(out, outTheme, inPlace);
  return { out, err, outTheme, errTheme, progress, liveResult, unicode };
}

class RunReporter implements Reporter {
  readonly #options: ReporterOptions;
  readonly #screen: Screen;
  readonly #warned = new Set<string>();
  #command: string | undefined;
  /** Whether the headline, which ends with an empty line, was printed last. */
  #headlineLast = false;
  /** Whether a result was shown that the next one replaces. */
  #watched = false;
  /** Whether the result was printed. */
  #finished = false;
  /** Events during a prompt, which are shown after it. */
  #waiting: ShownEvent[] | undefined;

  constructor(options: ReporterOptions, screen: Screen) {
    this.#options = options;
    this.#screen = screen;
  }

  emit(event: RunEvent): void {
    if (event.type === "run-started") this.#command = event.command;
    if (!this.#wanted(event)) return;
    const clean = this.#clean(renderHints(event, this.#options.invocation));
    if (this.#waiting) this.#waiting.push(clean);
    else this.#show(clean);
  }

  update(result: AnyResult, changed: boolean): boolean {
    const { liveResult, out } = this.#screen;
    this.#watched = true;
    liveResult.show({ lines: this.#render(this.#clean(this.#renderHints(result))), changed });
    return !out.lost;
  }

  line(text: string): boolean {
    const { out } = this.#screen;
    this.#watched = true;
    out.line(this.#clean(text));
    return !out.lost;
  }

  finish(bare: AnyResult | FailureResult): void {
    const { timings, showTimings } = this.#options;
    const result = timings ? { ...bare, timings: timings() } : bare;
    this.close();
    const late = this.#finished;
    this.#finished = true;
    const rendered = this.#renderHints(result);
    if (this.#options.json && !late)
      return this.#screen.out.document(rendered, this.#options.serialize);
    this.#printForPeople(this.#clean(rendered), late);
    if (!showTimings || late || !result.timings) return;
    const { err, errTheme } = this.#screen;
    const room = err.isTTY ? err.columns : Infinity;
    this.#print(err, renderTimings(result.timings, errTheme, room));
  }

  #printForPeople(clean: Rendered<AnyResult | FailureResult>, late: boolean): void {
    if (isFailure(clean)) return this.#fail(clean);
    if (late) return;
    // The results of `doctor` and `config show` contain their warnings.
    const isShown = "checks" in clean || "inputs" in clean;
    this.#printNewWarnings(isShown ? [] : (clean.warnings ?? []));
    const { out, err } = this.#screen;
    // Separates the result from the progress on the same terminal; a file must not begin with an empty line.
    const below = out.isTTY && err.isTTY && !this.#options.quiet && !this.#headlineLast;
    if (below) err.line("");
    this.#print(out, this.#render(clean));
  }

  close(): void {
    this.#screen.progress.stop();
    this.#screen.liveResult.stop();
    this.resume();
  }

  pause(): void {
    this.#waiting ??= [];
    this.#screen.progress.suspend();
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#screen.progress.restore();
    for (const event of waiting) this.#show(event);
  }

  #fail(failure: FailureResult): void {
    if (this.#watched && SIGNALS.has(failure.error.code)) return;
    this.#print(this.#screen.err, renderFailure(failure, this.#screen.errTheme));
  }

  #render(result: Rendered<AnyResult>): readonly string[] {
    const { out, outTheme: theme } = this.#screen;
    const columns = Math.min(out.isTTY ? out.columns : 80, MAX_RESULT_COLUMNS);
    const { quiet, invocation } = this.#options;
    const hint: View["hint"] = (words) => renderHint(words, invocation);
    const sandbox = invocation?.sandbox === true;
    return this.#options.render(result, { theme, columns, quiet, hint, sandbox });
  }

  #renderHints<T>(result: T): Rendered<T> {
    return renderHints(result, this.#options.invocation);
  }

  #clean<T>(value: T): T {
    return cleanForTerminal(value, this.#options.redactor, this.#screen.unicode);
  }

  #show(event: ShownEvent): void {
    if (event.type === "warning") {
      const key = warningKey(event.warning);
      if (this.#warned.has(key)) return;
      this.#warned.add(key);
    }
    if (event.type === "check-finished") this.#warned.add(warningKey(warningOf(event.check)));
    this.#headlineLast = event.type === "run-started";
    this.#screen.progress.show(event);
  }

  #wanted(event: RunEvent): boolean {
    if (this.#options.quiet) return event.type === "cleanup" && event.urgent === true;
    if (event.type === "detail") return this.#options.verbose;
    // The result of `doctor` is a table of these checks.
    if (event.type === "check-finished") return this.#options.json || this.#command !== "doctor";
    return true;
  }

  /** Prints the warnings of the result that were not printed as events. */
  #printNewWarnings(warnings: readonly Rendered<Warning>[]): void {
    if (this.#options.quiet) return;
    for (const warning of warnings) {
      if (!this.#warned.has(warningKey(warning))) this.#show({ type: "warning", warning });
    }
  }

  #print(stream: SafeStream, lines: readonly string[]): void {
    if (lines.length > 0) stream.line(lines.join("\n"));
  }
}

/** The warning that the result has of a check; its line is printed already. */
const warningOf = ({ id, detail, remedy }: Rendered<CheckLine>): WarningLine => ({
  code: id,
  message: remedy ? `${detail}; ${remedy}` : detail,
});

type WarningLine = { readonly code: string; readonly message: string };

const warningKey = (warning: WarningLine): string => `${warning.code}\n${warning.message}`;

const isFailure = (result: Rendered<AnyResult> | FailureResult): result is FailureResult =>
  "left_behind" in result;
