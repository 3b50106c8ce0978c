/** What the commands answer, in the very shape of `--json`. See `schemas/` and docs/json.md. */
import type { AppCompose } from "../app-compose.ts";
import type { AppComposeDifference } from "../compose/app-compose-difference.ts";
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

/** In which fields an app-compose departs from another one; and the lines of its compose text, with `-` and `+`. */
export type Departure = {
  readonly differences: readonly AppComposeDifference[];
  readonly compose_changes: readonly string[];
};

/** `hash`: what the compose hash of the local runner compose file would be. */
export type HashResult = Departure & {
  /** False only with `--check`. */
  readonly ok: boolean;
  readonly command: "hash";
  readonly action: "predict";
  readonly cluster: string;
  readonly compose_hash: string;
  /** The path, as it was given. */
  readonly runner_compose: string;
  readonly environment_names: readonly string[];
  readonly basis: {
    readonly kind: "recorded" | "record-file" | "live-runner";
    readonly compose_hash: string;
    /** When it was read back (ISO 8601); null for a live runner. */
    readonly at: string | null;
    /** The live runner's name, or the folder or file of the record. */
    readonly from: string;
  };
  /** Null where no approved list is known. */
  readonly approved: boolean | null;
  readonly approved_compose_hashes: readonly string[];
  /** What to do where it is not approved. */
  readonly remedy: string | null;
  readonly warnings: readonly Warning[];
};

/** `hash --explain`: what a recorded hash stands for. */
export type HashExplanation = {
  readonly ok: true;
  readonly command: "hash";
  readonly action: "explain";
  readonly cluster: string;
  readonly compose_hash: string;
  /** Hashes to `compose_hash`; the compose text is its `docker_compose_file`. */
  readonly app_compose: AppCompose;
  readonly environment_names: readonly string[];
  /** ISO 8601; null where it was not read back from a temporary runner. */
  readonly read_back_at: string | null;
  readonly approved: boolean | null;
  /** When it was on an approved list for the first time, as far as is known. */
  readonly approved_at: string | null;
  /** The local file in its place; null where there is none. */
  readonly local: (Departure & { readonly runner_compose: string }) | null;
  /** This one in the place of the hash that was approved before it; null where none is recorded. */
  readonly previous: (Departure & { readonly compose_hash: string }) | null;
  readonly warnings: readonly Warning[];
};

/** `hash --export`: a hash record was written, or was there already. */
export type HashExport = {
  readonly ok: true;
  readonly command: "hash";
  readonly action: "export";
  readonly cluster: string;
  readonly file: string;
  readonly changed: boolean;
  readonly basis: { readonly compose_hash: string; readonly at: string };
  readonly approved_compose_hashes: readonly string[];
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

export type SuccessResult =
  | InitResult
  | DryRunResult
  | DoctorResult
  | HashResult
  | HashExplanation
  | HashExport
  | SandboxResult;
export type CommandResult = SuccessResult | FailureResult;
