/** The answers of `hash`. */
import type { AppCompose } from "../../core/compose-hash.ts";
import type { AppComposeDifference } from "../../app-compose/diff.ts";
import type { Warning } from "../../core/events.ts";

/** In which fields an app-compose departs from another one; and the lines of its compose text, with `-` and `+`. */
export type AppComposeDiff = {
  readonly differences: readonly AppComposeDifference[];
  readonly compose_changes: readonly string[];
};

/** `hash`: what the compose hash of the local runner compose file would be. */
export type HashResult = AppComposeDiff & {
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
  /** Whether Phala was asked and computes the same hash (`--exact`). */
  readonly exact?: boolean;
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
  readonly local: (AppComposeDiff & { readonly runner_compose: string }) | null;
  /** This one in the place of the hash that was approved before it; null where none is recorded. */
  readonly previous: (AppComposeDiff & { readonly compose_hash: string }) | null;
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
