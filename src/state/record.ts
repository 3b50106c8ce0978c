/** What the journal adds up to: a pure reduction over its records. */
import { parseComposeHash, registryName, temporaryRunnerName, type ComposeHash } from "../domain.ts";
import type { JournalRecord } from "./journal.ts";

/** A creation that this tool announced. `appId` is null until (unless) its outcome was recorded. */
export type RecordedCreation = {
  readonly name: string;
  readonly intendedAt: string;
  readonly appId: string | null;
  readonly settled: boolean;
};

export type ApprovedRecord = {
  readonly appId: string;
  /** ISO 8601, by this machine's clock. */
  readonly at: string;
  readonly hashes: readonly string[];
  readonly via: "restart" | "api";
  readonly correlationId: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the registry was seen healthy with it afterwards. */
  readonly verified: boolean;
  /** SHA-256 of the history's line for this approval; null where none was recorded. */
  readonly historyHead: string | null;
};

/** A list that a registry was about to be given. Not settled: how that ended was never recorded. */
export type ApprovalAttempt = Pick<ApprovedRecord, "appId" | "hashes" | "settings"> & {
  readonly settled: boolean;
};

export type ComposeHashRecord = {
  readonly hash: string;
  /** When it was read back: ISO 8601, by this machine's clock. */
  readonly at: string;
  readonly composeDigest: string;
  readonly allowedEnvs: readonly string[];
};

export type ClusterRecord = {
  /** Creations of the registry, newest last; empty where this machine never made one. */
  readonly registryCreations: readonly RecordedCreation[];
  readonly adoptedRegistries: readonly string[];
  /** Temporary runners that were announced and whose deletion was not confirmed, newest last. */
  readonly openTemporaryRunners: readonly RecordedCreation[];
  /** Approved lists in the order they were given, newest last. */
  readonly approvals: readonly ApprovedRecord[];
  /** Every list that was announced, whatever came of it, newest last. */
  readonly attempts: readonly ApprovalAttempt[];
  /** Compose hashes that were read back, newest last. */
  readonly composeHashes: readonly ComposeHashRecord[];
};

/** Reduces the records of one cluster. */
export function summarizeJournal(records: readonly JournalRecord[], cluster: string): ClusterRecord {
  const creations = creationsIn(records);
  const deleted = deletedIn(records);
  const isOpen = (creation: RecordedCreation): boolean =>
    !deleted.some((gone) => gone.name === creation.name && gone.at >= creation.intendedAt);
  return {
    registryCreations: creations.filter((c) => c.name === registryName(cluster) && isOpen(c)),
    adoptedRegistries: records.flatMap((r) => (r.type === "adopted" ? [r.app_id] : [])),
    openTemporaryRunners: creations.filter((c) => c.name === temporaryRunnerName(cluster) && isOpen(c)),
    approvals: approvalsIn(records),
    attempts: attemptsIn(records),
    composeHashes: records.flatMap((r) =>
      r.type === "compose-hash"
        ? [{ hash: r.hash, at: r.at, composeDigest: r.compose_digest, allowedEnvs: r.allowed_envs }]
        : [],
    ),
  };
}

/** Whether the registry with this app_id was made, or taken over, by a recorded run. */
export function isOurRegistry(record: ClusterRecord, appId: string | null): boolean {
  if (appId === null) return false;
  if (record.adoptedRegistries.includes(appId)) return true;
  return record.registryCreations.some((creation) => creation.appId === appId);
}

/** The newest hash that was read back for exactly this compose text and these names, in this order. */
export function recordedHash(
  record: ClusterRecord,
  composeDigest: string,
  environmentNames: readonly string[],
): ComposeHashRecord | undefined {
  return record.composeHashes.findLast(
    (entry) => entry.composeDigest === composeDigest && sameList(entry.allowedEnvs, environmentNames),
  );
}

/** The newest approved list of a registry; undefined where this machine gave it none. */
export function lastApproval(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  return record.approvals.findLast((approval) => approval.appId === appId);
}

/** The hashes of that list; empty where there is none. */
export function recordedHashes(record: ClusterRecord, appId: string): readonly ComposeHash[] {
  return (lastApproval(record, appId)?.hashes ?? []).flatMap((text) => parseComposeHash(text) ?? []);
}

/**
 * What a rollback goes back to: the newest list that the registry was seen healthy with, other than what it was
 * given (or about to be given) last.
 */
export function approvalBefore(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  const last = record.attempts.findLast((attempt) => attempt.appId === appId) ?? lastApproval(record, appId);
  if (last === undefined) return undefined;
  return record.approvals.findLast(
    (approval) =>
      approval.appId === appId &&
      approval.verified &&
      !(sameList(approval.hashes, last.hashes) && sameSettings(approval.settings, last.settings)),
  );
}

function sameSettings(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.every((name) => a[name] === b[name]);
}

type OutcomeRecord = Extract<JournalRecord, { type: "outcome" }>;

function outcomeOf(records: readonly JournalRecord[], intent: string): OutcomeRecord | undefined {
  return records.findLast((r): r is OutcomeRecord => r.type === "outcome" && r.intent === intent);
}

function creationsIn(records: readonly JournalRecord[]): RecordedCreation[] {
  return records.flatMap((r) => {
    if (r.type !== "intent" || r.action !== "create-cvm") return [];
    const outcome = outcomeOf(records, r.intent);
    if (outcome?.outcome === "failed") return [];
    const settled = outcome?.outcome === "done";
    return [{ name: r.name, intendedAt: r.at, appId: outcome?.app_id ?? null, settled }];
  });
}

function deletedIn(records: readonly JournalRecord[]): { name: string; at: string }[] {
  return records.flatMap((r) => {
    if (r.type !== "intent" || r.action !== "delete-cvm") return [];
    const outcome = outcomeOf(records, r.intent);
    return outcome?.outcome === "done" ? [{ name: r.name, at: outcome.at }] : [];
  });
}

function approvalsIn(records: readonly JournalRecord[]): ApprovedRecord[] {
  return records.flatMap((r, index) => {
    if (r.type !== "approved") return [];
    const verified = records
      .slice(index)
      .some(
        (later) => later.type === "verified" && later.app_id === r.app_id && sameList(later.hashes, r.hashes),
      );
    return [
      {
        appId: r.app_id,
        at: r.at,
        hashes: r.hashes,
        via: r.via,
        correlationId: r.correlation_id,
        settings: r.settings,
        verified,
        historyHead: r.history_head ?? null,
      },
    ];
  });
}

/** An attempt is settled by the approval that follows it, before the next attempt. */
function attemptsIn(records: readonly JournalRecord[]): ApprovalAttempt[] {
  return records.flatMap((r, index) => {
    if (r.type !== "approving") return [];
    const next = records
      .slice(index + 1)
      .find((later) => later.type === "approving" || later.type === "approved");
    return [{ appId: r.app_id, hashes: r.hashes, settings: r.settings, settled: next?.type === "approved" }];
  });
}

/** The list of the last update of a registry, where that was announced here and its end never recorded; else empty. */
export function openAttempt(record: ClusterRecord, appId: string): readonly string[] {
  const last = record.attempts.findLast((attempt) => attempt.appId === appId);
  return last === undefined || last.settled ? [] : last.hashes;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
