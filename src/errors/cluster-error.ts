/** Failures that the user is told about: what happened, with which value, and what to do now. */
import {
  AGAIN,
  command,
  hint,
  renderHint,
  type CommandHint,
  type Words,
} from "../core/command-hint.ts";
import type { Code, KindOf } from "./catalogue.ts";
import { DEFAULT_CONFIG_FILE } from "../core/settings.ts";
import type { StepId } from "../core/steps.ts";

/** What kind of failure it is; `exit-codes.ts` turns it into the exit code of the contract. */
export type FailureKind =
  | "internal"
  | "input"
  | "prerequisite"
  | "platform" // Phala refused or failed
  | "timeout"
  | "conflict"
  | "verification"
  | "interrupted"
  | "terminated";

export type FailureDetail = { readonly message: Words; readonly remedy?: Words | undefined };

export type FailureDetails = {
  /** What went wrong and with which value. One sentence, no stack, no secret. */
  readonly message: Words;
  /** What to do now, as a command where there is one. */
  readonly hint?: Words | undefined;
  /** Where several things went wrong: each with its own remedy. */
  readonly details?: readonly FailureDetail[];
  /** The step during which it happened; the workflow fills it in. */
  readonly step?: StepId | undefined;
  readonly cause?: unknown;
};

/** Every expected failure of this program. Anything else that is thrown is an internal error. */
export class ClusterError<C extends Code = Code> extends Error {
  readonly kind: FailureKind;
  readonly code: Code;
  /** Message and hint as they were given: rendered with how the program was invoked. */
  readonly said: Words;
  readonly advice: Words | undefined;
  readonly details: readonly FailureDetail[];
  step: StepId | undefined;

  /**
   * @param kind one of those that the catalogue gives the code
   * @param code stable, kebab-case, for scripts: `registry-exists`
   */
  constructor(kind: KindOf<C>, code: C, failure: FailureDetails) {
    const { message, hint: advice, details = [], step, cause } = failure;
    super(renderHint(message), cause === undefined ? undefined : { cause });
    this.name = "ClusterError";
    this.kind = kind satisfies string as FailureKind;
    this.code = code;
    this.said = message;
    this.advice = advice;
    this.details = details;
    this.step = step;
  }

  /** The hint in words, with commands as the docs have them. */
  get hint(): string | undefined {
    return this.advice === undefined ? undefined : renderHint(this.advice);
  }
}

/** Something that must not happen, and is not caused by the user, by Phala or by the machine. */
export class InternalError extends ClusterError<"internal-error"> {
  constructor(thrown: unknown) {
    super("internal", "internal-error", {
      message: `internal error: ${messageOf(thrown)}`,
      hint: "please report it, with the output of the same command and --verbose",
      cause: thrown,
    });
    this.name = "InternalError";
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What ends a run from outside and is cleaned up after; SIGHUP: its terminal was closed. */
export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The reason that an aborted signal of ours carries. */
export class Interruption extends ClusterError<"interrupted" | "terminated"> {
  readonly signalName: SignalName;

  constructor(signalName: SignalName) {
    const code = signalName === "SIGINT" ? "interrupted" : "terminated";
    super(code, code, { message: `${code} (${signalName})`, hint: hint`${AGAIN}; it resumes` });
    this.signalName = signalName;
  }
}

/** A question was declined, or left by Ctrl-C, end of input or a closed terminal. What exists is added at the end. */
export class Cancellation extends ClusterError<"cancelled"> {
  /**
   * @param saved the file that the answers were written to.
   * @param leftOut flags that are not in it, since their values may hold a key.
   */
  constructor(saved?: string, leftOut: readonly string[] = []) {
    super("interrupted", "cancelled", {
      message: "cancelled",
      hint:
        saved &&
        hint`the answers are in ${saved}${withoutFlags(leftOut)}; resume with: ${initWith(saved)}`,
    });
  }
}

const withoutFlags = (flags: readonly string[]): string =>
  flags.length === 0 ? "" : `, without --${flags.join(" and --")}: there may be a key in its URL`;

const initWith = (file: string): CommandHint =>
  file === DEFAULT_CONFIG_FILE ? command("init") : command("init", "--config", file);
