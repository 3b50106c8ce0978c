/** What `hash`, `hash --explain` and `hash --export` work with. */
import type { CvmSettings } from "../../core/settings.ts";
import type { Origin } from "../../inputs/resolve.ts";
import type { ClusterSettings } from "../../core/settings.ts";
import type { KnownHashes } from "../../state/known-hashes.ts";

/** The inputs that the predicted hash depends on. */
export const HASH_INPUTS = [
  "clusterName",
  "runnerCompose",
  "orchestratorSchema",
  "coordinatorWallet",
] as const;

export type HashSettings = Pick<ClusterSettings, (typeof HASH_INPUTS)[number]>;

export type HashWork = {
  readonly settings: HashSettings;
  /** Of the runner that Phala provisions for `--exact`. */
  readonly cvm: CvmSettings;
  /** Where the path of the runner compose file comes from. */
  readonly composeOrigin: Origin | undefined;
  /** Environment names of the runners, in order. */
  readonly names: readonly string[];
  readonly apiHost: string;
  readonly known: KnownHashes;
  readonly fromFile: boolean;
  readonly stateDir: string;
};
