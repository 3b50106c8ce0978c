/** What `tee-cluster status` says of a cluster, in the very shape of `--json`. See docs/status.md. */
import type { AppComposeDifference } from "../../app-compose/diff.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import type { CvmRole } from "../../core/domain.ts";

/** One CVM of the cluster. `null` is "not known", or "does not apply". */
export type CvmStatus = {
  readonly name: string;
  readonly role: CvmRole;
  readonly app_id: string | null;
  readonly vm_uuid: string | null;
  /** The platform's word: `running`, `starting`, `stopped`, … */
  readonly status: string;
  readonly in_progress: boolean;
  readonly node: string | null;
  readonly instance_type: string | null;
  /** ISO 8601. */
  readonly created_at: string | null;
  /** By the server's clock. */
  readonly age_seconds: number | null;
  /** Base URL of its spawntee. */
  readonly url: string | null;
  /** What `/health` says; null where nobody answered or nobody was asked. */
  readonly health: string | null;
  readonly mode: string | null;
  readonly uptime_seconds: number | null;
  /** Why `/health`, though asked, gave no answer. */
  readonly unanswered: string | null;
  readonly capacity: CapacityStatus | null;
  readonly compose_hash: string | null;
  /** Whether the app-compose that the API gives hashes to the compose hash that it gives. */
  readonly compose_hash_checked: boolean | null;
  /** Of runners: whether the registry approves its compose hash. With schema v2 what is not on our list is not known. */
  readonly approved: boolean | null;
  /** In what it differs from what our list has; null where it is on the list, or that is not known. */
  readonly refusal: Refusal | null;
  /** Of a temporary runner: whose it is. */
  readonly leftover: "in-use" | "ours" | "abandoned" | null;
};

export type CapacityStatus = {
  readonly accepting_new_models: boolean;
  readonly running_models: number | null;
  readonly total_memory_mb: number | null;
};

/** In what a refused runner's app-compose departs from the one it is most like. */
export type Refusal = {
  /** Null: there was nothing to compare with. */
  readonly compared_with: { readonly kind: "approved" | "predicted"; readonly compose_hash: string } | null;
  readonly differences: readonly AppComposeDifference[];
};

/** What this machine knows of the list that the registry approves. */
export type ApprovedListStatus = {
  /**
   * `confirmed`: the registry's last update is the recorded one. `unconfirmed`: that can't be told.
   * `outdated`: its last update is not recorded here. `unknown`: nothing is.
   */
  readonly standing: "confirmed" | "unconfirmed" | "outdated" | "unknown";
  /** As recorded, the newest last; null where nothing is. */
  readonly compose_hashes: readonly string[] | null;
  /** Pushed through the registry's API and lost since, with a restart. */
  readonly lost: readonly string[];
  readonly via: "restart" | "api" | null;
  /** ISO 8601. */
  readonly recorded_at: string | null;
};

/** The local runner compose file against that list. */
export type Drift = {
  readonly runner_compose: string;
  /** Null where there is nothing that a prediction could rest on. */
  readonly predicted_compose_hash: string | null;
  readonly status: "approved" | "not-approved" | "unknown";
  readonly basis: {
    readonly kind: "recorded" | "live-runner";
    readonly compose_hash: string;
    /** When it was recorded: ISO 8601. */
    readonly at: string | null;
    /** Of the live runner. */
    readonly name: string | null;
  } | null;
};

/** Something to know or to do. An `error` is what makes the exit code 7. */
export type StatusFinding = {
  readonly code: StatusCode;
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
  /** What to do, as a command where there is one. */
  readonly remedy: string | null;
  /** The name of the CVM that it is about. */
  readonly cvm: string | null;
};

/** The whole of it, as it was at one moment. */
export type Assessment = {
  /** The registry first, then temporary and other runners, oldest first. */
  readonly cvms: readonly CvmStatus[];
  readonly approved_list: ApprovedListStatus;
  /** Null where there is no usable runner compose file; a finding says why. */
  readonly drift: Drift | null;
  /** Errors first, then warnings, then notes. */
  readonly findings: readonly StatusFinding[];
};
