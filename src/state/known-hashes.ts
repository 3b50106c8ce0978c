/** What is known of a cluster's compose hashes: from this machine's record, or from a hash record of another one. */
import type { AppCompose } from "../core/compose-hash.ts";
import { appComposeStore } from "./app-compose-store.ts";
import { readVerifiedState } from "./verified-state.ts";
import type { ApprovedRecord, ComposeHashRecord } from "./record.ts";
import type { StateDirectory } from "./state-directory.ts";

export type KnownHashes = {
  /** Where it is from: a folder or a file. */
  readonly path: string;
  /** Hashes of runners that were read back, newest last. */
  readonly composeHashes: readonly Pick<ComposeHashRecord, "hash" | "at" | "allowedEnvs">[];
  /** Lists that the registry was given, newest last: the last one is what it approves. */
  readonly approvals: readonly Pick<ApprovedRecord, "hashes" | "at" | "verified" | "settings">[];
  /** A list that it was about to be given after that, and may have: how that ended was never recorded. */
  readonly attempted: readonly string[] | undefined;
  /** The app-compose that a hash stands for. Undefined where it is not recorded, or no longer hashes to it. */
  load(hash: string): Promise<AppCompose | undefined>;
};

/**
 * What this machine recorded; nothing where it never saw the cluster.
 * @throws ClusterError `state-too-new` or `state-damaged` (prerequisite).
 */
export async function readKnownHashes(
  directory: StateDirectory,
  cluster: string,
): Promise<KnownHashes> {
  const state = await readVerifiedState(directory, cluster);
  const { composeHashes, approvals, attempts } = state.record;
  const attempt = attempts.findLast(({ outcome }) => outcome !== "refused");
  return {
    path: directory.path,
    composeHashes,
    approvals,
    attempted: attempt?.outcome === "open" ? attempt.hashes : undefined,
    load: appComposeStore(directory, state).load,
  };
}

/** Every hash that is known by name, the newest last. */
export function hashesOf({ composeHashes, approvals }: KnownHashes): readonly string[] {
  return [
    ...new Set([
      ...approvals.flatMap(({ hashes }) => hashes),
      ...composeHashes.map(({ hash }) => hash),
    ]),
  ];
}

/** Whether the registry approves a hash; null where that is unknown, or depends on an update with an unknown outcome. */
export function isApproved(hash: string, { approvals, attempted }: KnownHashes): boolean | null {
  const list = approvals.at(-1)?.hashes;
  const before = list ? list.includes(hash) : null;
  const after = attempted ? attempted.includes(hash) : before;
  return before === after ? before : null;
}
