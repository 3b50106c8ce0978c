/** What the commands answer, in the very shape of `--json`. See `schemas/` and docs/json.md. */
import type { Assessment } from "../status/model.ts";
import type { Registry } from "../steps/registry.ts";
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

export type StatusResult = {
  /** False for any finding of severity `error`; with `--strict` for warnings too. */
  readonly ok: boolean;
  readonly command: "status";
  readonly cluster: string;
  /** When it was looked at: ISO 8601, by this machine's clock. */
  readonly at: string;
} & Assessment;

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
  | SandboxResult;
export type CommandResult = SuccessResult | FailureResult;
