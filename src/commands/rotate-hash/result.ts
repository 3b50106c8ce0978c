/** The answers of `rotate-hash`. */
import type { Warning } from "../../core/events.ts";
import type { StepReport } from "../../core/steps.ts";
import type { RegistryResult, DryRunResult } from "../shared/result.ts";

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
