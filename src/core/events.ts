/** Events that commands emit. Only reporters print. */
import type { CheckCode, WarningCode } from "../errors/catalogue.ts";
import type { Words } from "./command-hint.ts";
import type { Severity } from "./finding.ts";
import type { StepId, StepStatus } from "./steps.ts";

export type Warning = { readonly code: WarningCode; readonly message: Words };

/** The result of a check of step 1 or of `doctor`; a check with several findings has several results. */
export type CheckResult = {
  readonly id: CheckCode;
  /** The code of the finding: `image-not-pinned`. */
  readonly finding?: string | undefined;
  readonly title: string;
  readonly severity: Severity;
  /** How a failure ends a run: invalid input (exit 2), failed prerequisite (3), or conflict (6). */
  readonly kind: "input" | "prerequisite" | "conflict";
  /** `ignored`: failed, and excluded by `doctor --ignore`. */
  readonly status: "passed" | "failed" | "skipped" | "ignored";
  /** A version, a path, the reason of the failure. */
  readonly detail: string;
  /** What to do about it, as a command where there is one. */
  readonly remedy?: Words | undefined;
};

/** A check as a line of output: of step 1, or of an attestation. */
export type CheckLine = Omit<CheckResult, "id"> & { readonly id: string };

export type RunEvent =
  | { readonly type: "run-started"; readonly command: string; readonly headline: string }
  | { readonly type: "step-started"; readonly step: StepId }
  /** What the step is doing or waiting for; replaces the previous message on a live line. */
  | { readonly type: "step-progress"; readonly step: StepId; readonly message: string }
  | {
      readonly type: "step-finished";
      readonly step: StepId;
      readonly status: StepStatus;
      readonly durationMs: number;
      /** The outcome in a few words: `bird-tracker-registry on prod10`. */
      readonly summary: string;
    }
  | {
      readonly type: "step-failed";
      readonly step: StepId;
      readonly durationMs: number;
      readonly message: string;
    }
  /** An activity outside of the steps, for a live line; null ends it. */
  | { readonly type: "activity"; readonly message: string | null }
  | { readonly type: "check-finished"; readonly check: CheckLine }
  | { readonly type: "warning"; readonly warning: Warning }
  /** Printed to stderr, except with `--quiet`. */
  | { readonly type: "note"; readonly message: Words }
  /** Printed with `--verbose` only: requests, child processes, decisions. */
  | { readonly type: "detail"; readonly message: string }
  /** Progress of the clean-up after an interruption or failure. */
  | {
      readonly type: "cleanup";
      readonly message: string;
      /** Printed with `--quiet` too. */
      readonly urgent?: boolean | undefined;
    };

export type Emit = (event: RunEvent) => void;
