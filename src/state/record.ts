/** What the journal adds up to: a pure reduction over its records. */
import { parseComposeHash, registryName, temporaryRunnerName, type ComposeHash } from "../core/domain.ts";
import type { JournalRecord } from "./journal.ts";

/** A creation that this tool announced. `appId` is null until (unless) its outcome was recorded. */
export type RecordedCreation = {
  readonly name: string;
  readonly intendedAt: string;
  readonly appId: string | null;
  readonly settled: boolean;
  /** SHA-256 of its compose file; null where that was not recorded. */
  readonly composeDigest: string | null;
  /** Environment names that it was given without a value; null where that was not recorded. */
  readonly emptyNames: readonly string[] | null;
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

/** A list that a registry was about to be given. */
export type ApprovalAttempt = Pick<ApprovedRecord, "appId" | "hashes" | "via" | "settings"> & {
  /** `open`: how it ended was never recorded. */
  readonly outcome: "approved" | "refused" | "open";
  /** Whether the registry was seen healthy after it, before the next attempt. */
  readonly verified: boolean;
  /** The registry's newest update before it. */
  readonly after: string | null;
  /** `at` of the approval that a rollback goes back to. */
  readonly restores: string | null;
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
  /** Their app_ids, without those that were deleted by a recorded run. */
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
  const isGoneSince = (name: string, at: string): boolean =>
    deleted.some((gone) => gone.name === name && gone.at >= at);
  const isOpen = ({ name, intendedAt }: RecordedCreation): boolean => !isGoneSince(name, intendedAt);
  return {
    registryCreations: creations.filter((c) => c.name === registryName(cluster) && isOpen(c)),
    adoptedRegistries: records.flatMap((r) =>
      r.type === "adopted" && !isGoneSince(r.name, r.at) ? [r.app_id] : [],
    ),
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

/** The newest list that its environment was given, by an update. */
export function lastUpdate(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  return record.approvals.findLast((approval) => approval.appId === appId && approval.via === "restart");
}

/**
 * What a rollback goes back to: the newest list that the registry was seen healthy with, other than what it was
 * given (or about to be given) last. A rollback that did not come to its end is gone on with, not undone.
 */
export function approvalBefore(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  const own = record.approvals.filter((approval) => approval.appId === appId);
  const tried = attemptsOf(record, appId).at(-1);
  if (tried && tried.restores !== null && !tried.verified) return own.find(({ at }) => at === tried.restores);
  const last = tried ?? own.at(-1);
  if (last === undefined) return undefined;
  return own.findLast(
    ({ verified, hashes, settings }) =>
      verified && !(sameList(hashes, last.hashes) && sameSettings(settings, last.settings)),
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
    const { name, at: intendedAt, compose_digest: composeDigest = null, empty_names: emptyNames = null } = r;
    return [{ name, intendedAt, appId: outcome?.app_id ?? null, settled, composeDigest, emptyNames }];
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
    const verified = laterOf(records, index, "approved").some(
      (later) => later.type === "verified" && sameList(later.hashes, r.hashes),
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

/** What was recorded of the same registry after a record, up to the next one of a type. */
function laterOf(
  records: readonly JournalRecord[],
  index: number,
  until: "approved" | "approving",
): readonly JournalRecord[] {
  const first = records[index];
  const appId = first && "app_id" in first ? first.app_id : null;
  const later = records.slice(index + 1).filter((r) => "app_id" in r && r.app_id === appId);
  const end = later.findIndex(({ type }) => type === until);
  return end === -1 ? later : later.slice(0, end);
}

function attemptsIn(records: readonly JournalRecord[]): ApprovalAttempt[] {
  return records.flatMap((r, index) => {
    if (r.type !== "approving") return [];
    const types = new Set(laterOf(records, index, "approving").map(({ type }) => type));
    const { app_id: appId, hashes, via, settings, after, restores } = r;
    const outcome = types.has("approved") ? "approved" : types.has("approval-refused") ? "refused" : "open";
    return [{ appId, hashes, via, settings, after, restores, outcome, verified: types.has("verified") }];
  });
}

/** What was announced to a registry and not refused, newest last. */
function attemptsOf(record: ClusterRecord, appId: string): readonly ApprovalAttempt[] {
  return record.attempts.filter((attempt) => attempt.appId === appId && attempt.outcome !== "refused");
}

/** The lists that were announced to a registry since it was given one, and whose end was never recorded; newest last. */
export function openAttempts(record: ClusterRecord, appId: string): readonly ApprovalAttempt[] {
  const own = attemptsOf(record, appId);
  return own.slice(own.findLastIndex(({ outcome }) => outcome === "approved") + 1);
}

/** The newest of them. */
export function openAttempt(record: ClusterRecord, appId: string): ApprovalAttempt | undefined {
  return openAttempts(record, appId).at(-1);
}

/**
 * The updates that a registry may run on: the newest one that it was seen healthy with, and every later one. One that
 * was accepted may have failed after that.
 */
export function possibleUpdates(record: ClusterRecord, appId: string): readonly ApprovalAttempt[] {
  const own = attemptsOf(record, appId).filter(({ via }) => via === "restart");
  const healthy = own.findLastIndex(({ verified }) => verified);
  return own.slice(Math.max(0, healthy));
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
