/** What the commands answer, in the very shape of `--json`. See `schemas/` and docs/json.md. */
import type { Threshold } from "../orchestrator/migrate.ts";
import type { HistoryProblem } from "../state/history-chain.ts";
import type { HistoryRecord } from "../state/history.ts";
import type { Assessment } from "../status/model.ts";
import type { Registry } from "../steps/registry.ts";
import type { AppCompose } from "../app-compose.ts";
import type { AppComposeDifference } from "../compose/app-compose-difference.ts";
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

export function registryResult(registry: Registry, mode: string): RegistryResult {
  const { name, appId, vmUuid, url, nodeName, baseDomain } = registry;
  return { name, app_id: appId, vm_uuid: vmUuid, url, node: nodeName, base_domain: baseDomain, mode };
}

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

export type RotateHashResult = {
  readonly ok: true;
  readonly command: "rotate-hash";
  readonly cluster: string;
  readonly registry: RegistryResult;
  /** False: the list and all else were as they should be, and nothing was touched. */
  readonly changed: boolean;
  readonly runner_compose_hash: string;
  /** As this machine had recorded them; empty where it had nothing recorded. */
  readonly previous_compose_hashes: readonly string[];
  readonly approved_compose_hashes: readonly string[];
  /** `api`: in the running registry's memory only, until its next restart. */
  readonly approved_via: "restart" | "api";
  readonly registry_compose_changed: boolean;
  readonly runners_cut_off: readonly {
    readonly name: string;
    readonly app_id: string | null;
    readonly compose_hash: string;
  }[];
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

/** `rotate-hash --plan`: the dry run, and the differences in full. */
export type RotatePlanResult = Omit<DryRunResult, "command"> & {
  readonly command: "rotate-hash";
  readonly compose_hash: {
    /** Null: only a temporary runner can tell. */
    readonly value: string | null;
    readonly from: "recorded" | "predicted" | "unknown" | "restored";
    /** What a prediction rests on. */
    readonly basis: string | null;
  };
  readonly approved_compose_hashes: {
    readonly before: readonly string[];
    readonly after: readonly string[];
    readonly added: readonly string[];
    readonly removed: readonly string[];
  };
  /** Lines with `-` or `+` before them. `runner` is null where there is nothing to compare with. */
  readonly compose_changes: {
    readonly registry: readonly string[];
    readonly runner: readonly string[] | null;
  };
  readonly environment_names: {
    readonly registry: { readonly before: readonly string[]; readonly after: readonly string[] };
    readonly runner: readonly string[];
  };
  /** The live ones, and whether they stay accepted. */
  readonly runners: readonly {
    readonly name: string;
    readonly app_id: string | null;
    readonly compose_hash: string;
    readonly accepted: boolean;
  }[];
};

export type DoctorResult = {
  readonly ok: boolean;
  readonly command: "doctor";
  readonly checks: readonly CheckResult[];
  readonly warnings: readonly Warning[];
};

/** One approval, as it is on disk, with the number of its line and the line's SHA-256. */
export type HistoryEntryResult = HistoryRecord & { readonly line: number; readonly hash: string };

export type HistoryResult = {
  readonly ok: boolean;
  readonly command: "history";
  readonly cluster: string;
  readonly file: string;
  /** To keep elsewhere: it stands for everything up to here. Null in an empty history. */
  readonly head: string | null;
  /** Null without `--verify`. */
  readonly verified: boolean | null;
  readonly problem: HistoryProblem | null;
  /** Also where `--limit` leaves entries out. */
  readonly total: number;
  readonly entries: readonly HistoryEntryResult[];
  readonly warnings: readonly Warning[];
};

export type ConfigMigrateResult = {
  readonly ok: true;
  readonly command: "config migrate";
  readonly file: string;
  /** What was, or with `--dry-run` would be, written; null where there is nothing to do. */
  readonly output: string | null;
  readonly previous_schema: "v1" | "v2";
  readonly changed: boolean;
  /** False where nothing is to do, and with `--dry-run`. */
  readonly written: boolean;
  readonly capacity_threshold: Threshold | null;
  /** Lines that go (`- `) and come (`+ `), in order. */
  readonly diff: readonly string[];
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
export type StatusResult = {
  /** False for any finding of severity `error`; with `--strict` for warnings too. */
  readonly ok: boolean;
  readonly command: "status";
  readonly cluster: string;
  /** When it was looked at: ISO 8601, by this machine's clock. */
  readonly at: string;
} & Assessment;

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

export type SuccessResult =
  | InitResult
  | RotateHashResult
  | RotatePlanResult
  | DryRunResult
  | StatusResult
  | DoctorResult
  | HistoryResult
  | DestroyResult
  | ConfigMigrateResult
  | HashResult
  | HashExplanation
  | HashExport
  | SandboxResult;
export type CommandResult = SuccessResult | FailureResult;
