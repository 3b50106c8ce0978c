/** The one stream of events that commands emit and a reporter observes. Only reporters print. */
import type { CheckCode, WarningCode } from "../errors/catalogue.ts";
import type { Words } from "./command-hint.ts";
import type { Severity } from "./finding.ts";
import type { StepId, StepStatus } from "./steps.ts";

export type Warning = { readonly code: WarningCode; readonly message: Words };

/** How one check of step 1 or of `doctor` came out. A check that finds several things has several results. */
export type CheckResult = {
  readonly id: CheckCode;
  /** Which of the things that the check looks for: `image-not-pinned`. */
  readonly finding?: string | undefined;
  readonly title: string;
  readonly severity: Severity;
  /** What a failure is to a run: wrong input (exit 2), a prerequisite (3), or a name that is taken (6). */
  readonly kind: "input" | "prerequisite" | "conflict";
  /** `ignored`: looked at, and not counted because `doctor` was told so. */
  readonly status: "passed" | "failed" | "skipped" | "ignored";
  /** What was found: a version, a path, the reason of the failure. */
  readonly detail: string;
  /** What to do about it, as a command where there is one. */
  readonly remedy?: Words | undefined;
};

/** The same as a line: of step 1, or of an attestation. */
export type CheckLine = Omit<CheckResult, "id"> & { readonly id: string };

export type RunEvent =
  | { readonly type: "run-started"; readonly command: string; readonly headline: string }
  | { readonly type: "step-started"; readonly step: StepId }
  /** What the step is waiting for or doing right now; replaces the one before on a live line. */
  | { readonly type: "step-progress"; readonly step: StepId; readonly message: string }
  | {
      readonly type: "step-finished";
      readonly step: StepId;
      readonly status: StepStatus;
      readonly durationMs: number;
      /** What came of it, in a few words: `bird-tracker-registry on prod10`. */
      readonly summary: string;
    }
  | {
      readonly type: "step-failed";
      readonly step: StepId;
      readonly durationMs: number;
      readonly message: string;
    }
  /** What is being done outside of the steps, for a live line; null: that is over. */
  | { readonly type: "activity"; readonly message: string | null }
  | { readonly type: "check-finished"; readonly check: CheckLine }
  | { readonly type: "warning"; readonly warning: Warning }
  /** Said on stderr at every verbosity but `--quiet`. */
  | { readonly type: "note"; readonly message: Words }
  /** Said with `--verbose` only: requests, child processes, decisions. */
  | { readonly type: "detail"; readonly message: string }
  /** An interruption or failure is being cleaned up after. */
  | {
      readonly type: "cleanup";
      readonly message: string;
      /** Said with `--quiet`, too. */
      readonly urgent?: boolean | undefined;
    };

export type Emit = (event: RunEvent) => void;
