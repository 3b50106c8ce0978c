/** What the journal adds up to: a pure reduction over its records. */
import {
  parseComposeHash,
  registryName,
  temporaryRunnerName,
  type ComposeHash,
} from "../core/domain.ts";
import { foldJournal, sameList, type JournalFold } from "./record-fold.ts";
import type { JournalRecord } from "./journal.ts";

/** A creation that this tool announced. `appId` is null until the platform provisioned it: until then nothing was made. */
export type RecordedCreation = {
  readonly intent: string;
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
  /** Whether a chain vouches for it: a seal of the journal, or the history. Others add nothing to a list. */
  readonly vouched: boolean;
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
  /** As of an approval. */
  readonly vouched: boolean;
};

export type ComposeHashRecord = {
  readonly hash: string;
  /** When it was read back: ISO 8601, by this machine's clock. */
  readonly at: string;
  readonly composeDigest: string;
  readonly allowedEnvs: readonly string[];
  /** As of an approval. */
  readonly vouched: boolean;
};

export type RecordedSettings = {
  /** Of the registry. */
  readonly appId: string;
  /** By the names of their flags, as they could be given with them. */
  readonly values: Readonly<Record<string, string | readonly string[]>>;
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
  /** Compose hashes of what the registry ran before its updates. */
  readonly registryComposes: readonly string[];
  /** Of the last init that came to its end; null without one, or once its registry was deleted by a recorded run. */
  readonly settings: RecordedSettings | null;
  /** How many records of format 1 there are: nothing shows that they are what was written. */
  readonly unverified: number;
};

/** Reduces the records of one cluster, in one pass. */
export function summarizeJournal(records: Iterable<JournalRecord>, cluster: string): ClusterRecord {
  return summarizeFold(foldJournal(records), cluster);
}

/** What a fold says about one cluster. */
export function summarizeFold(fold: JournalFold, cluster: string): ClusterRecord {
  const { creations, deletions: _, adoptions, ...rest } = fold;
  return {
    registryCreations: creations.filter(({ name }) => name === registryName(cluster)),
    adoptedRegistries: adoptions.map(({ appId }) => appId),
    openTemporaryRunners: creations.filter(({ name }) => name === temporaryRunnerName(cluster)),
    ...rest,
  };
}

/** Whether the registry with this app_id was made, or taken over, by a recorded run. */
export function isOurRegistry(record: ClusterRecord, appId: string | null): boolean {
  return appId !== null && registryIds(record).includes(appId);
}

/** The app_ids of the registries that recorded runs made or took over, newest last. */
export function registryIds({
  registryCreations,
  adoptedRegistries,
}: Pick<ClusterRecord, "registryCreations" | "adoptedRegistries">): readonly string[] {
  const made = registryCreations.flatMap(({ appId }) => appId ?? []);
  return [...new Set([...made, ...adoptedRegistries])];
}

/** The newest hash that was read back for exactly this compose text and these names, in this order. */
export function recordedHash(
  record: ClusterRecord,
  composeDigest: string,
  environmentNames: readonly string[],
): ComposeHashRecord | undefined {
  return record.composeHashes.findLast(
    (entry) =>
      entry.composeDigest === composeDigest && sameList(entry.allowedEnvs, environmentNames),
  );
}

/** The newest approved list of a registry; undefined where this machine gave it none. */
export function lastApproval(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  return record.approvals.findLast((approval) => approval.appId === appId);
}

/** The hashes of that list; empty where there is none, or where no chain vouches for it. */
export function recordedHashes(record: ClusterRecord, appId: string): readonly ComposeHash[] {
  const last = lastApproval(record, appId);
  return last?.vouched ? last.hashes.flatMap((text) => parseComposeHash(text) ?? []) : [];
}

/** The newest list that its environment was given, by an update. */
export function lastUpdate(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  return record.approvals.findLast(
    (approval) => approval.appId === appId && approval.via === "restart",
  );
}

/**
 * What a rollback goes back to: the newest list that the registry was seen healthy with, other than what it was
 * given (or about to be given) last. A rollback that did not come to its end is resumed, not undone.
 */
export function approvalBefore(record: ClusterRecord, appId: string): ApprovedRecord | undefined {
  const own = record.approvals.filter((approval) => approval.appId === appId);
  const tried = attemptsOf(record, appId).at(-1);
  if (tried && tried.restores !== null && !tried.verified)
    return own.find(({ at }) => at === tried.restores);
  const last = tried ?? own.at(-1);
  if (last === undefined) return undefined;
  return own.findLast(
    ({ verified, hashes, settings }) =>
      verified && !(sameList(hashes, last.hashes) && sameSettings(settings, last.settings)),
  );
}

function sameSettings(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.every((name) => a[name] === b[name]);
}

/** What was announced to a registry and not refused, newest last. */
function attemptsOf(record: ClusterRecord, appId: string): readonly ApprovalAttempt[] {
  return record.attempts.filter(
    (attempt) => attempt.appId === appId && attempt.outcome !== "refused",
  );
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
