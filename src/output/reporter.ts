/** What a command talks to while it runs: one stream of events in, one answer at the end. */
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
   * Shows an answer that the next one replaces. A log gets it only where `changed` says that it is another one.
   * Whoever ends such a run by a signal has seen all there is: `finish` then says nothing more.
   * @returns false once nobody reads.
   */
  answer(result: AnyResult, changed: boolean): boolean;
  /** A line of an answer that has no end, on stdout. @returns false once nobody reads any more. */
  line(text: string): boolean;
  /**
   * Prints the answer (stdout) or the failure, once. Of what comes after that only a failure is told, in words on
   * stderr. Works after `close()` too.
   */
  finish(result: AnyResult | FailureResult): void;
  /** Stops every live line, restores the cursor. Idempotent; called also on a second Ctrl-C and on a crash. */
  close(): void;
  /** A prompt owns the terminal from here on: nothing is printed, events wait. */
  pause(): void;
  resume(): void;
};

export type ReporterOptions = {
  /** One document on stdout and nothing else; JSON, or what `serialize` makes of it. */
  readonly json: boolean;
  readonly serialize?: Serialize | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Where the time went; each answer and failure gets it. */
  readonly timings?: (() => Timings) | undefined;
  /** Also as a table on stderr, below what is for people. */
  readonly showTimings?: boolean;
  /** False with `--no-color`. `NO_COLOR`, `--json` and a pipe switch colours off by themselves. */
  readonly color: boolean;
  readonly stdout: WriteStreamLike;
  readonly stderr: WriteStreamLike;
  readonly redactor: Redactor;
  /** With what commands in hints begin and end; absent: they stand as in the docs. */
  readonly invocation?: Invocation | undefined;
  /** The lines of a command's result, for people; without a newline at their ends. */
  render(result: Rendered<AnyResult>, view: View): readonly string[];
  /** The answer is a script, a file or a log: its lines stay as they are. */
  readonly verbatim?: boolean | undefined;
  /** Called when stdout did not take the whole answer, for another reason than a reader that has gone. */
  readonly onAnswerLost?: (() => void) | undefined;
  /** Monotonic ms, for elapsed times on live lines. */
  now(): number;
  /** Where `CI`, `TERM`, `NO_COLOR` and the locale are looked up; `process.env` unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
};

/** What is shown: its hints are text. */
export type ShownEvent = Rendered<RunEvent>;

/** How progress is shown on stderr. Gets events that are already cleaned and filtered. */
export type Progress = {
  show(event: ShownEvent): void;
  /** Takes the live line off the terminal and keeps it off until `restore()`. */
  suspend(): void;
  restore(): void;
  /** For good: no timer, no live line, a visible cursor. Idempotent. */
  stop(): void;
};
