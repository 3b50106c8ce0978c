/** What this machine knows of the list that a registry approves: its record, held against what happened since. Pure. */
import type { CvmOperation, Lookup } from "../ports.ts";
import type { ApprovedRecord, ClusterRecord } from "../state/record.ts";
import { isUpdate } from "../steps/registry-updates.ts";
import type { ApprovedListStatus } from "./model.ts";

export type RegistryEvidence = {
  readonly appId: string | null;
  readonly operations: Lookup<readonly CvmOperation[]>;
  /** Of the service, by its own word; null where it does not say. */
  readonly uptimeSeconds: number | null;
  /** This machine's clock, ms since the epoch, when the uptime was read. */
  readonly nowMs: number;
  /** Server time minus this machine's, ms. */
  readonly skewMs: number;
};

export type Approvals = ApprovedListStatus & {
  /** Whether a hash that is not listed is refused for certain. */
  readonly complete: boolean;
  /** Why the list is not confirmed, for people. */
  readonly reason: string | null;
};

type Standing = { readonly standing: ApprovedListStatus["standing"]; readonly reason: string | null };

/** Dates in answers have whole seconds, and so has the uptime of some services. */
const TIME_TOLERANCE_MS = 5_000;
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
  const pushes = own.slice(update ? own.lastIndexOf(update) + 1 : 0);
  const lost = pushes.filter((push) => isLost(push, evidence));
  const kept = pushes.filter((push) => !lost.includes(push));
  const hashes = unique([...(update?.hashes ?? []), ...kept.flatMap((push) => push.hashes)]);
  return {
    ...worse(standingOf(update, evidence), standingOfPushes(kept, evidence)),
    compose_hashes: hashes,
    lost: unique(lost.flatMap((push) => push.hashes)).filter((hash) => !hashes.includes(hash)),
    via: last.via,
    recorded_at: last.at,
    complete: update !== undefined,
  };
}

/** Whether the registry approves a hash; null where that is not known for certain. */
export function isApproved(approvals: Approvals, hash: string | null): boolean | null {
  if (approvals.standing !== "confirmed" || hash === null) return null;
  if (approvals.compose_hashes?.includes(hash)) return true;
  return approvals.complete ? false : null;
}

const NOTHING_RECORDED: Approvals = {
  standing: "unknown",
  reason: "nothing is recorded on this machine",
  compose_hashes: null,
  lost: [],
  via: null,
  recorded_at: null,
  complete: false,
};

const CONFIRMED: Standing = { standing: "confirmed", reason: null };
const unconfirmed = (reason: string): Standing => ({ standing: "unconfirmed", reason });

/** Whether the recorded update is the last one that the registry had. */
function standingOf(update: ApprovedRecord | undefined, evidence: RegistryEvidence): Standing {
  if (!update) return CONFIRMED; // Only pushes are recorded, and an update would have ended them.
  const { operations } = evidence;
  if (operations.kind === "unknown")
    return unconfirmed(`its operations could not be read: ${operations.reason}`);
  if (operations.kind === "absent") return unconfirmed("the platform keeps no list of its operations");
  const newest = operations.value.find(isUpdate);
  if (!newest) return unconfirmed("the platform lists no update of it");
  if (!isThatUpdate(newest, update, evidence.skewMs)) {
    return {
      standing: "outdated",
      reason: `it was updated${at(newest.startedAt)}, and not by a run on this machine`,
    };
  }
  if (/fail|error|cancel/i.test(newest.status)) return unconfirmed("the update that approved it failed");
  return newest.completedAt === null ? unconfirmed("its update is still under way") : CONFIRMED;
}

/** By its id; where none was recorded, by its time: the record was written after the update had begun. */
function isThatUpdate(newest: CvmOperation, update: ApprovedRecord, skewMs: number): boolean {
  if (update.correlationId !== null) return newest.correlationId === update.correlationId;
  if (newest.startedAt === null) return false;
  return Date.parse(newest.startedAt) - skewMs <= Date.parse(update.at) + TIME_TOLERANCE_MS;
}

function standingOfPushes(kept: readonly ApprovedRecord[], { uptimeSeconds }: RegistryEvidence): Standing {
  if (kept.length === 0 || uptimeSeconds !== null) return CONFIRMED;
  return unconfirmed("a list was pushed to it, and whether it restarted since is not known");
}

/** A push reaches a running registry, so one that started later has not heard of it. */
function isLost(push: ApprovedRecord, { uptimeSeconds, nowMs }: RegistryEvidence): boolean {
  if (uptimeSeconds === null) return false;
  return nowMs - uptimeSeconds * 1000 > Date.parse(push.at) + UPTIME_TOLERANCE_MS;
}

const ORDER = ["confirmed", "unconfirmed", "outdated", "unknown"] as const;

function worse(a: Standing, b: Standing): Standing {
  return ORDER.indexOf(b.standing) > ORDER.indexOf(a.standing) ? b : a;
}

const at = (time: string | null): string => (time === null ? "" : ` at ${time}`);

function unique(hashes: readonly string[]): readonly string[] {
  return [...new Set(hashes)];
}
