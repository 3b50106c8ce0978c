/** The list that a registry approves, as far as this machine knows: its record and the operations since. Pure. */
import type { CvmOperation, OperationsLookup } from "../../core/ports.ts";
import { openAttempt, type ApprovedRecord, type ClusterRecord } from "../../state/record.ts";
import { isUpdate } from "../../registry/updates.ts";
import type { ApprovedListStatus } from "./result.ts";

export type RegistryEvidence = {
  readonly appId: string;
  readonly operations: OperationsLookup;
  /** When its service started, ms since the epoch by this machine's clock; null: unknown. */
  readonly startedAtMs: number | null;
  /** Server time minus this machine's, ms. */
  readonly skewMs: number;
};

export type Approvals = ApprovedListStatus & {
  /** Hashes that are approved for certain. */
  readonly certain: readonly string[];
  /** Why the list is not confirmed, for people. */
  readonly reason: string | null;
};

/** Clocks of two machines are compared, and the API's dates have whole seconds. */
const CLOCK_TOLERANCE_MS = 5_000;
/** Some services count their uptime in whole seconds. */
const UPTIME_TOLERANCE_MS = 1_000;

/**
 * The list of the last update, and what was pushed to the running registry after it. The list of an update holds
 * until the next one; what was pushed holds until the registry restarts.
 */
export function approvalsOf(record: ClusterRecord, evidence: RegistryEvidence): Approvals {
  const own = record.approvals.filter(({ appId }) => appId === evidence.appId);
  const last = own.at(-1);
  if (!last) return NOTHING_RECORDED;
  const update = own.findLast(({ via }) => via === "restart");
  const pushes = own.slice(update ? own.indexOf(update) + 1 : 0);
  const lost = pushes.filter((push) => isLost(push, evidence));
  const kept = pushes.filter((push) => !lost.includes(push));
  const hashes = unique([...(update?.hashes ?? []), ...kept.flatMap((push) => push.hashes)]);
  const { standing, reason } = standingOf(
    update,
    kept,
    openAttempt(record, evidence.appId) !== undefined,
    evidence,
  );
  return {
    standing,
    reason,
    // Hashes pushed after an update by somebody else are approved whatever that update approves.
    certain: standing === "confirmed" ? hashes : standing === "outdated" ? hashesOf(kept) : [],
    compose_hashes: hashes,
    lost: hashesOf(lost).filter((hash) => !hashes.includes(hash)),
    via: last.via,
    recorded_at: last.at,
  };
}

/** Before there is a registry, or where this machine has given it no list. */
export const NOTHING_RECORDED: Approvals = {
  standing: "unknown",
  reason: "nothing is recorded on this machine",
  certain: [],
  compose_hashes: null,
  lost: [],
  via: null,
  recorded_at: null,
};

/** Whether the registry approves a hash; null where that is not known for certain. */
export function isApproved({ standing, certain }: Approvals, hash: string | null): boolean | null {
  if (hash !== null && certain.includes(hash)) return true;
  return hash === null || standing !== "confirmed" ? null : false;
}

type Standing = Pick<Approvals, "standing" | "reason">;

const unconfirmed = (reason: string): Standing => ({ standing: "unconfirmed", reason });

function standingOf(
  update: ApprovedRecord | undefined,
  kept: readonly ApprovedRecord[],
  interrupted: boolean,
  { operations, startedAtMs, skewMs }: RegistryEvidence,
): Standing {
  if (operations.kind === "unknown")
    return unconfirmed(`its operations can't be read: ${operations.reason}`);
  if (operations.kind !== "present")
    return unconfirmed("the platform keeps no list of its operations");
  const newest = operations.value.find(isUpdate);
  if (!newest) return unconfirmed("the platform lists no update of it");
  if (newest.state === "failed") return unconfirmed("its last update failed");
  if (newest.state === "running") return unconfirmed("an update of it is in progress");
  if (newest.state === "unknown")
    return unconfirmed(`its last update is in state ${JSON.stringify(newest.status)}`);
  if (kept.length > 0 && startedAtMs === null)
    return unconfirmed("a list was pushed to it, and whether it restarted since is not known");
  if (update && isThatUpdate(newest, update, skewMs))
    return { standing: "confirmed", reason: null };
  if (interrupted) return unconfirmed("a run on this machine was interrupted while it updated it");
  const when = newest.startedAt === null ? "" : ` at ${newest.startedAt}`;
  return {
    standing: "outdated",
    reason: `it was updated${when}, and not by a run on this machine`,
  };
}

/** By id; where none was recorded, by time: the record was written after the update had begun. */
function isThatUpdate(newest: CvmOperation, update: ApprovedRecord, skewMs: number): boolean {
  if (update.correlationId !== null) return newest.correlationId === update.correlationId;
  if (newest.startedAt === null) return false;
  return Date.parse(newest.startedAt) - skewMs <= Date.parse(update.at) + CLOCK_TOLERANCE_MS;
}

/** A registry that started after the push does not have it. */
function isLost(push: ApprovedRecord, { startedAtMs }: RegistryEvidence): boolean {
  return startedAtMs !== null && startedAtMs > Date.parse(push.at) + UPTIME_TOLERANCE_MS;
}

function hashesOf(approvals: readonly ApprovedRecord[]): readonly string[] {
  return unique(approvals.flatMap(({ hashes }) => hashes));
}

function unique(hashes: readonly string[]): readonly string[] {
  return [...new Set(hashes)];
}
