/** The interface of reporters: events during a run, and a result at its end. */
import type { AnyResult, FailureResult, Timings } from "../core/results.ts";
import type { Invocation, Rendered } from "../core/command-hint.ts";
import type { Redactor } from "../core/redact.ts";
import type { RunEvent } from "../core/events.ts";
import type { Serialize } from "./output.ts";
import type { View } from "./layout.ts";
import type { WriteStreamLike } from "./output.ts";

export type Reporter = {
  emit(event: RunEvent): void;
  /**
   * Shows a result that the next one replaces; a log gets it only if it `changed`. If a signal ends such a run, `finish`
   * prints nothing more.
   *
   * @returns false if the reader is gone
   */
  update(result: AnyResult, changed: boolean): boolean;
  /** Prints a line of an endless result to stdout. @returns false if the reader is gone */
  line(text: string): boolean;
  /**
   * Prints the result (stdout) or the failure, once. A failure after that is printed as text on stderr. Also works after
   * `close()`.
   */
  finish(result: AnyResult | FailureResult): void;
  /** Stops every live line, restores the cursor. Idempotent; called also on a second Ctrl-C and on a crash. */
  close(): void;
  /** Holds back events while a prompt uses the terminal. */
  pause(): void;
  resume(): void;
};

export type ReporterOptions = {
  /** Only one document on stdout: JSON, or as `serialize` writes it. */
  readonly json: boolean;
  readonly serialize?: Serialize | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Timings for results and failures. */
  readonly timings?: (() => Timings) | undefined;
  /** Also prints them as a table on stderr. */
  readonly showTimings?: boolean;
  /** False with `--no-color`. `NO_COLOR`, `--json` and a pipe switch colours off by themselves. */
  readonly color: boolean;
  readonly stdout: WriteStreamLike;
  readonly stderr: WriteStreamLike;
  readonly redactor: Redactor;
  /** The context of commands in hints; absent: they are rendered as in the docs. */
  readonly invocation?: Invocation | undefined;
  /** Renders a result as lines without newlines. */
  render(result: Rendered<AnyResult>, view: View): readonly string[];
  /** The result is a script, a file or a log: lines are not wrapped. */
  readonly verbatim?: boolean | undefined;
  /** Called if the result could not be written, unless the reader is gone. */
  readonly onResultLost?: (() => void) | undefined;
  /** Monotonic ms, for elapsed times on live lines. */
  now(): number;
  /** For `CI`, `TERM`, `NO_COLOR` and the locale; default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
};

/** An event with rendered hints. */
export type ShownEvent = Rendered<RunEvent>;

/** Shows progress on stderr. Events are already sanitized and filtered. */
export type Progress = {
  show(event: ShownEvent): void;
  /** Removes the live line until `restore()`. */
  suspend(): void;
  restore(): void;
  /** Ends all timers and the live line and shows the cursor. Idempotent. */
  stop(): void;
};
