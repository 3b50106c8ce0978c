/** Which compose hashes a registry is to approve. Pure. */
import type { ComposeHash } from "../core/domain.ts";

/** Which of the approved hashes stay. */
export type ListPolicy = {
  /** All of them; those of live runners; or none (the operator's decision: runners lose access). */
  readonly stay: "all" | "live" | "none";
  /** Stay whatever `stay` says. */
  readonly keep: readonly ComposeHash[];
  /** Removed whatever `stay` and `keep` say. */
  readonly drop: readonly ComposeHash[];
};

/** A rolling upgrade: nothing that was approved is taken back. */
export const ROLLING: ListPolicy = { stay: "all", keep: [], drop: [] };

export type ApprovedListParts = {
  /** What the record says was approved, oldest first. */
  readonly recorded: readonly ComposeHash[];
  /** What live runners of the cluster have. */
  readonly live: readonly ComposeHash[];
  /** The runner's hash that was just read back and checked; undefined: not known yet. */
  readonly fresh: ComposeHash | undefined;
  readonly policy: ListPolicy;
};

/**
 * The whole list: no duplicates, a stable order with the newest last, never empty with a fresh one. Where it has the same members
 * as the recorded one it is the recorded one: a registry is not restarted for an order.
 */
export function approvedList({
  recorded,
  live,
  fresh,
  policy,
}: ApprovedListParts): readonly ComposeHash[] {
  const { stay, keep, drop } = policy;
  const staying =
    stay === "none" ? [] : stay === "all" ? recorded : recorded.filter((h) => live.includes(h));
  const older = [...staying, ...(stay === "none" ? [] : live.toSorted()), ...keep];
  const kept = older.filter((hash) => hash !== fresh && !drop.includes(hash));
  const list = [...new Set([...kept, ...(fresh === undefined ? [] : [fresh])])];
  return sameMembers(list, recorded) ? recorded : list;
}

/** Whether two lists approve the same runners. */
export function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  const [first, second] = [new Set(a), new Set(b)];
  return first.size === second.size && [...first].every((hash) => second.has(hash));
}
