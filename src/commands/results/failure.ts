/** The answer of a run that failed. */
import type { StepId } from "../../workflow/steps.ts";

export type LeftBehind = { readonly name: string; readonly app_id: string | null };

export type FailureResult = {
  readonly ok: false;
  readonly command: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly step: StepId | null;
  };
  readonly left_behind: readonly LeftBehind[];
};
