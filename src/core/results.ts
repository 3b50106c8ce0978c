/** What the results of all commands have in common; each command's own stands in its `result.ts`. */
import type { Warning } from "./events.ts";
import type { StepId } from "./steps.ts";

/** A result as far as whoever prints it must know it. */
export type AnyResult = {
  readonly ok: boolean;
  readonly command: string;
  readonly warnings?: readonly Warning[];
  readonly [field: string]: unknown;
};

/** `may_exist`: its creation was asked for, and nobody could find out what came of it. */
export type LeftBehind = {
  readonly name: string;
  readonly app_id: string | null;
  readonly may_exist?: true;
};

/** The result of a run that failed. */
export type FailureResult = {
  readonly ok: false;
  readonly command: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly step: StepId | null;
    /** The command that explains the code, to paste. */
    readonly explain?: string;
  };
  readonly left_behind: readonly LeftBehind[];
};
