/** What the commands answer, in the very shape of `--json`. See `schemas/` and docs/json.md. */
import type { CvmRole } from "../domain.ts";
import type { CheckResult, Warning } from "../workflow/events.ts";
import type { StepId, StepReport } from "../workflow/steps.ts";

export type RegistryResult = {
  readonly name: string;
  readonly app_id: string;
  readonly vm_uuid: string;
  readonly url: string;
  readonly node: string;
  readonly base_domain: string;
  readonly mode: string;
};

export type InitResult = {
  readonly ok: true;
  readonly command: "init";
  readonly cluster: string;
  readonly registry: RegistryResult;
  readonly runner_compose_hash: string;
  readonly approved_compose_hashes: readonly string[];
  readonly orchestrator_config: string;
  readonly steps: readonly StepReport[];
  readonly warnings: readonly Warning[];
};

/** One resource that a run would create, change, delete or leave alone. */
export type PlannedAction = {
  readonly action: "create" | "update" | "delete" | "write" | "reuse" | "none";
  readonly resource: string;
  readonly detail: string;
};

/** `--dry-run` of any command. */
export type DryRunResult = {
  readonly ok: true;
  readonly command: string;
  readonly cluster: string;
  readonly dry_run: true;
  readonly actions: readonly PlannedAction[];
  readonly warnings: readonly Warning[];
};

export type DoctorResult = {
  readonly ok: boolean;
  readonly command: "doctor";
  readonly checks: readonly CheckResult[];
  readonly warnings: readonly Warning[];
};

export type DestroyResult = {
  readonly ok: true;
  readonly command: "destroy";
  readonly cluster: string;
  /** What this run deleted, in that order. */
  readonly deleted: readonly {
    readonly name: string;
    readonly app_id: string | null;
    readonly role: CvmRole;
  }[];
  readonly warnings: readonly Warning[];
};

export type SandboxResult = { readonly ok: true; readonly command: "sandbox" };

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

export type SuccessResult = InitResult | DryRunResult | DoctorResult | DestroyResult | SandboxResult;
export type CommandResult = SuccessResult | FailureResult;
