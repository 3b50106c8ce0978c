/** Which compose hashes a registry shall approve. Pure. */

export type ApprovedListParts = {
  /** What the record says was approved, oldest first. */
  readonly recorded: readonly string[];
  /** What live runners of the cluster have. */
  readonly live: readonly string[];
  /** The runner's hash that was just read back and checked. */
  readonly fresh: string;
};

/** Recorded and live hashes keep their runners; no duplicates; a stable order with the newest last. */
export function approvedList({ recorded, live, fresh }: ApprovedListParts): readonly string[] {
  const older = [...recorded, ...live.toSorted()].filter((hash) => hash !== fresh);
  return [...new Set(older), fresh];
}
