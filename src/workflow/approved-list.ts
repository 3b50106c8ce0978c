/** Which compose hashes a registry shall approve. Pure. */
import { parseComposeHash, type ComposeHash } from "../domain.ts";

export type ApprovedListParts = {
  /** What the record says was approved, oldest first. */
  readonly recorded: readonly string[];
  /** What live runners of the cluster have. */
  readonly live: readonly ComposeHash[];
  /** The runner's hash that was just read back and checked. */
  readonly fresh: ComposeHash;
};

/** Recorded and live hashes keep their runners; no duplicates; a stable order with the newest last. */
export function approvedList({ recorded, live, fresh }: ApprovedListParts): readonly ComposeHash[] {
  const known = recorded.flatMap((text) => parseComposeHash(text) ?? []);
  const older = [...known, ...live.toSorted()].filter((hash) => hash !== fresh);
  return [...new Set(older), fresh];
}
