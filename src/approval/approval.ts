/** Input and result of step 8, shared by the files that implement it. */
import type { AppCompose } from "../core/compose-hash.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import type { ComposeHash } from "../core/domain.ts";
import type { EnvironmentVariable } from "../core/ports.ts";
import type { HistoryEntry } from "../state/history.ts";
import type { ClusterRecord } from "../state/record.ts";
import type { RegistrySettings } from "../compose/environment.ts";
import type { RegistryAttestation } from "../registry/attester.ts";
import type { Registry } from "../registry/registry.ts";

/**
 * How the list reaches the registry. `restart`: in its environment, which restarts it and stops its models.
 * `api`: pushed to the running registry, which forgets it at its next restart. `auto`: pushed where that is
 * offered and all that has to change, else by a restart.
 */
export type ApproveVia = "auto" | "restart" | "api";

export type ApproveComposeHashInput = {
  readonly registry: Registry;
  /** What the registry runs now, checked against its compose hash. */
  readonly running: AppCompose;
  /** Whether it was there before this run; a new one serves nobody yet. */
  readonly existed: boolean;
  readonly compose: ComposeFile;
  /** Whole, with `APPROVED_COMPOSE_HASH` in it. */
  readonly environment: readonly EnvironmentVariable[];
  readonly hashes: readonly ComposeHash[];
  readonly settings: RegistrySettings;
  readonly record: ClusterRecord;
  readonly via: ApproveVia;
  /** The registry's newest update when this run looked at it first; null where it had none. */
  readonly seen: string | null;
  /** Whether hashes may go from the list, which a push can't do. */
  readonly shortens: boolean;
  /** Update it even where nothing differs: a secret is in no record, so a new one would not be seen. */
  readonly force: boolean;
  /** `at` of the approval that a rollback goes back to; else null. */
  readonly restores: string | null;
  /** The coordinator's RSA key (a path), which a push is signed with; undefined: nothing can be pushed. */
  readonly gatewayKeyPath: string | undefined;
  /** `--allow-debug-registry`: an open `/debug/exec` is only warned of. */
  readonly allowDebug: boolean;
  readonly provenance: Provenance;
  /** Right before the update is sent: throws where runners have appeared that its list would cut off. */
  readonly assertSameRunners?: (() => Promise<void>) | undefined;
  /** Whether it was made without its secrets and has not got them yet: only an update sends them. */
  readonly secretsWithheld: boolean;
  /** Absent with `--attest off`. */
  readonly attestation: RegistryAttestation | undefined;
  /** Asked right before the registry is updated; throws where the operator says no. */
  readonly beforeRestart?: (() => Promise<void>) | undefined;
};

/** Who approves, and where the newest hash of a list is from: for the history. */
export type Provenance = {
  readonly who: HistoryEntry["who"];
  /** `init`, `rotate-hash`. */
  readonly command: string;
  readonly runnerHash: string;
  /** SHA-256 of the runner's compose file. */
  readonly composeDigest: string;
  /** The operator's `--reason`. */
  readonly reason: string | null;
};

/**
 * `correlationId` names the newest update operation of the registry, which for `updated` is the one that step 9
 * waits for; null where the platform does not say.
 */
export type Approval =
  | { readonly kind: "updated"; readonly correlationId: string | null; readonly at: number }
  /** `forgotten`: it had the list before, and is known to have restarted since. */
  | { readonly kind: "pushed"; readonly correlationId: string | null; readonly forgotten: boolean }
  | {
      readonly kind: "unchanged";
      readonly via: "restart" | "api";
      readonly verified: boolean;
      readonly correlationId: string | null;
    };
