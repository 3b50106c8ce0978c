/** The fold behind `summarizeJournal`: one pass over a cluster's records, each handled by its type. Pure. */
import type { JournalRecord } from "./journal.ts";
import type {
  ApprovalAttempt,
  ApprovedRecord,
  ClusterRecord,
  ComposeHashRecord,
  RecordedCreation,
  RecordedSettings,
} from "./record.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type JournalFold = Omit<
  ClusterRecord,
  "registryCreations" | "adoptedRegistries" | "openTemporaryRunners"
> & {
  /** Not failed and not deleted, newest last. */
  readonly creations: readonly RecordedCreation[];
  /** Announced and not done, by intent. */
  readonly deletions: readonly (readonly [string, Deletion])[];
  readonly adoptions: readonly Adoption[];
};

/** To be raised whenever the same records add up to something else: checkpoints of before no longer count then. */
export const FOLD_VERSION = 1;

type Deletion = { readonly name: string; readonly appId: string | null };

type Adoption = { readonly name: string; readonly appId: string };

type State = {
  /** By intent. */
  readonly creations: Map<string, Mutable<RecordedCreation>>;
  /** By intent: what is to be deleted. */
  readonly deletions: Map<string, Deletion>;
  adoptions: Adoption[];
  readonly approvals: Mutable<ApprovedRecord>[];
  readonly attempts: Mutable<ApprovalAttempt>[];
  readonly composeHashes: ComposeHashRecord[];
  readonly registryComposes: string[];
  unverified: number;
  /** By app_id: the newest of each registry. */
  readonly newest: {
    readonly approval: Map<string, Mutable<ApprovedRecord>>;
    readonly attempt: Map<string, Mutable<ApprovalAttempt>>;
  };
  settings: RecordedSettings | null;
};

type RecordOf<T extends JournalRecord["type"]> = Extract<JournalRecord, { type: T }>;
type Handlers = {
  readonly [T in JournalRecord["type"]]: (state: State, record: RecordOf<T>) => void;
};

const nothing = (): void => undefined;

const HANDLERS: Handlers = {
  "run-started": nothing,
  "run-finished": nothing,
  intent: announce,
  outcome: settle,
  provisioned: (state, { intent, app_id: appId }) => {
    const creation = state.creations.get(intent);
    if (creation) creation.appId = appId;
  },
  adopted: (state, { name, app_id: appId }) => state.adoptions.push({ name, appId }),
  "compose-hash": (
    state,
    { hash, at, compose_digest: composeDigest, allowed_envs: allowedEnvs, sealed },
  ) =>
    state.composeHashes.push({ hash, at, composeDigest, allowedEnvs, vouched: sealed !== false }),
  "registry-compose": (state, { hash, sealed }) => {
    if (sealed !== false) state.registryComposes.push(hash);
  },
  approving: attempt,
  "approval-refused": (state, { app_id: appId }) => {
    const last = state.newest.attempt.get(appId);
    if (last?.outcome === "open") last.outcome = "refused";
  },
  approved: approve,
  settings: (state, { app_id: appId, values }) => {
    state.settings = { appId, values };
  },
  verified: confirm,
};

/**
 * Reduces records to what they add up to; linear in their number. All of it is plain JSON.
 * @param before what the records before them added up to; it is used up.
 */
export function foldJournal(records: Iterable<JournalRecord>, before?: JournalFold): JournalFold {
  const state = stateOf(before);
  for (const record of records) {
    if (record.sealed === false) state.unverified += 1;
    (HANDLERS[record.type] as (state: State, record: JournalRecord) => void)(state, record);
  }
  const { creations, deletions, newest: _, ...rest } = state;
  return { creations: [...creations.values()], deletions: [...deletions], ...rest };
}

function stateOf(before: JournalFold | undefined): State {
  const { approvals = [], attempts = [] } = before ?? {};
  return {
    creations: new Map(before?.creations.map((creation) => [creation.intent, creation])),
    deletions: new Map(before?.deletions),
    adoptions: [...(before?.adoptions ?? [])],
    approvals: [...approvals],
    attempts: [...attempts],
    composeHashes: [...(before?.composeHashes ?? [])],
    registryComposes: [...(before?.registryComposes ?? [])],
    newest: {
      approval: new Map(approvals.map((approval) => [approval.appId, approval])),
      attempt: new Map(attempts.map((made) => [made.appId, made])),
    },
    settings: before?.settings ?? null,
    unverified: before?.unverified ?? 0,
  };
}

function announce({ creations, deletions }: State, record: RecordOf<"intent">): void {
  const { intent, action, name, at: intendedAt, app_id: appId } = record;
  if (action === "delete-cvm") deletions.set(intent, { name, appId });
  if (action !== "create-cvm") return;
  const { compose_digest: composeDigest = null, empty_names: emptyNames = null } = record;
  creations.set(intent, {
    intent,
    name,
    intendedAt,
    appId: null,
    settled: false,
    composeDigest,
    emptyNames,
  });
}

/** The newest outcome of an intent counts: "unknown" may be settled later. */
function settle(state: State, { intent, outcome, app_id: appId }: RecordOf<"outcome">): void {
  const creation = state.creations.get(intent);
  if (creation) {
    creation.appId = appId ?? creation.appId;
    creation.settled = outcome === "done";
    if (outcome === "failed") state.creations.delete(intent);
  }
  const deletion = state.deletions.get(intent);
  if (deletion === undefined || outcome !== "done") return;
  state.deletions.delete(intent);
  forget(state, deletion);
}

/** By app_id, and by the order of the journal: names are given again, and a clock may have been set back. */
function forget(state: State, deletion: Deletion): void {
  for (const [intent, creation] of state.creations) {
    if (isThat(deletion, creation)) state.creations.delete(intent);
  }
  state.adoptions = state.adoptions.filter((adoption) => !isThat(deletion, adoption));
  if (state.settings !== null && state.settings.appId === deletion.appId) state.settings = null;
}

function isThat(deletion: Deletion, made: Deletion): boolean {
  return deletion.appId === null || made.appId === null
    ? deletion.name === made.name
    : deletion.appId === made.appId;
}

function approve({ approvals, newest }: State, record: RecordOf<"approved">): void {
  const { at, correlation_id: correlationId, history_head: historyHead = null } = record;
  const approval = { ...listIn(record), at, correlationId, historyHead };
  approvals.push(approval);
  newest.approval.set(approval.appId, approval);
  const last = newest.attempt.get(approval.appId);
  if (last) last.outcome = "approved";
}

function attempt({ attempts, newest }: State, record: RecordOf<"approving">): void {
  const { after, restores } = record;
  const made = { ...listIn(record), after, restores, outcome: "open" as const };
  attempts.push(made);
  newest.attempt.set(made.appId, made);
}

/** An approved list that was not seen healthy yet. */
function listIn({
  app_id: appId,
  hashes,
  via,
  settings,
  sealed,
}: RecordOf<"approved"> | RecordOf<"approving">) {
  return { appId, hashes, via, settings, verified: false, vouched: sealed !== false };
}

/** Seen healthy: with the list that was given last, and after the attempt that was made last. */
function confirm({ newest }: State, { app_id: appId, hashes }: RecordOf<"verified">): void {
  const approval = newest.approval.get(appId);
  if (approval && sameList(approval.hashes, hashes)) approval.verified = true;
  const last = newest.attempt.get(appId);
  if (last) last.verified = true;
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
