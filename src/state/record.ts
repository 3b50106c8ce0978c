/** What the journal adds up to: a pure reduction over its records. */
import { registryName, temporaryRunnerName } from "../domain.ts";
import type { JournalRecord } from "./journal.ts";

/** A creation that this tool announced. `appId` is null until (unless) its outcome was recorded. */
export type RecordedCreation = {
  readonly name: string;
  readonly intendedAt: string;
  readonly appId: string | null;
  readonly settled: boolean;
};

export type ApprovedRecord = {
  /** When it was recorded: ISO 8601, by this machine's clock. */
  readonly at: string;
  readonly appId: string;
  readonly hashes: readonly string[];
  readonly via: "restart" | "api";
  readonly correlationId: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the registry was seen healthy with it afterwards. */
  readonly verified: boolean;
};

export type ComposeHashRecord = {
  readonly hash: string;
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
    composeHashes: records.flatMap((r) =>
      r.type === "compose-hash"
        ? [{ hash: r.hash, composeDigest: r.compose_digest, allowedEnvs: r.allowed_envs }]
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
        at: r.at,
        appId: r.app_id,
        hashes: r.hashes,
        via: r.via,
        correlationId: r.correlation_id,
        settings: r.settings,
        verified,
      },
    ];
  });
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
