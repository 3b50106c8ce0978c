/** The recorded state of a cluster, verified: the journal's seals, the history's chain, and each against the other. */
import { statExactly } from "../lib/local-files.ts";
import { verifyHistory } from "./history-chain.ts";
import { readHistory, type HistoryLine } from "./history.ts";
import {
  CHECKPOINT_BYTES,
  findCheckpoint,
  keepCheckpoint,
  sealedBy,
} from "./journal-checkpoint.ts";
import { parseJournal } from "./journal.ts";
import { readBytes } from "./line-file.ts";
import { foldJournal } from "./record-fold.ts";
import { summarizeFold, type ClusterRecord } from "./record.ts";
import { damaged, type StateDirectory } from "./state-directory.ts";

export type VerifiedState = {
  readonly record: ClusterRecord;
  /** Compose hashes whose stored app-composes may be believed: of runners, and of the registry. */
  readonly vouched: {
    readonly runners: ReadonlySet<string>;
    readonly registry: ReadonlySet<string>;
  };
};

type Memo = { readonly stamp: string; readonly state: VerifiedState };

/** By journal: a run asks several times before it has the lock, and a long journal takes a while. */
const memos = new Map<string, Memo>();

/**
 * Reads a cluster's journal and history, unless both are as they were when they were read last.
 * @param options `fresh`: read them in any case, as under the lock, where what is decided rests on it. `checkpointBytes`:
 * a checkpoint is kept each time the journal has grown by that much.
 * @throws ClusterError `state-damaged`, `state-too-new` or `state-unreadable` (prerequisite).
 */
export async function readVerifiedState(
  directory: StateDirectory,
  cluster: string,
  {
    fresh = false,
    checkpointBytes = CHECKPOINT_BYTES,
  }: { readonly fresh?: boolean; readonly checkpointBytes?: number } = {},
): Promise<VerifiedState> {
  const key = `${directory.journal}\n${cluster}`;
  const stamp = await stampOf([directory.journal, directory.history]);
  const memo = memos.get(key);
  if (!fresh && stamp !== undefined && memo?.stamp === stamp) return memo.state;
  const state = await readAndVerify(directory, cluster, { isLocked: fresh, checkpointBytes });
  if (stamp === undefined) memos.delete(key);
  else memos.set(key, { stamp, state });
  return state;
}

/** Which files they are, and since when; undefined where one can't be looked at. */
async function stampOf(files: readonly string[]): Promise<string | undefined> {
  try {
    const all = await Promise.all(files.map((file) => statExactly(file)));
    return all
      .map(({ ino, size, mtimeNs, ctimeNs }) => [ino, size, mtimeNs, ctimeNs].join(" "))
      .join("\n");
  } catch {
    return undefined;
  }
}

async function readAndVerify(
  directory: StateDirectory,
  cluster: string,
  { isLocked, checkpointBytes }: { readonly isLocked: boolean; readonly checkpointBytes: number },
): Promise<VerifiedState> {
  const { journal } = directory;
  const bytes = await readBytes(journal);
  // Not before: a run in progress adds to the history first, then to the journal.
  const lines = await readHistory(directory);
  const last = bytes.length < checkpointBytes ? undefined : await findCheckpoint(directory, bytes);
  const fold = foldJournal(parseJournal(bytes, journal, last && sealedBy(last)), last?.fold);
  const record = summarizeFold(fold, cluster);
  assertHistoryFits(record, lines, directory);
  const isDue = bytes.length - (last?.length ?? 0) >= checkpointBytes;
  if (isLocked && isDue) await keepCheckpoint(directory, bytes, fold);
  return vouchedBy(record, lines);
}

/** The record alone. @throws as `readVerifiedState`. */
export async function readClusterRecord(
  directory: StateDirectory,
  cluster: string,
): Promise<ClusterRecord> {
  return (await readVerifiedState(directory, cluster)).record;
}

/** A verified history vouches for what it has of a journal of format 1. Pure. */
export function vouchedBy(record: ClusterRecord, lines: readonly HistoryLine[]): VerifiedState {
  const entries = lines.flatMap((line) =>
    line.record ? [{ head: line.hash, ...line.record }] : [],
  );
  const heads = new Set(entries.map(({ head }) => head));
  const approved = new Set(
    entries.flatMap(({ hashes, runner_hash: runner }) => [...hashes, runner]),
  );
  const approvals = record.approvals.map((approval) => {
    const { vouched, historyHead } = approval;
    if (vouched) return approval;
    return { ...approval, vouched: historyHead !== null && heads.has(historyHead) };
  });
  const composeHashes = record.composeHashes.map((entry) => {
    return entry.vouched ? entry : { ...entry, vouched: approved.has(entry.hash) };
  });
  const known = [
    ...approvals.flatMap(({ vouched, hashes }) => (vouched ? hashes : [])),
    ...composeHashes.flatMap(({ vouched, hash }) => (vouched ? [hash] : [])),
  ];
  const runners = new Set([...approved, ...known]);
  const registry = new Set(record.registryComposes);
  return { record: { ...record, approvals, composeHashes }, vouched: { runners, registry } };
}

/** A torn end is what a crash leaves; anything else that does not fit was changed by somebody. */
function assertHistoryFits(
  { approvals }: ClusterRecord,
  lines: readonly HistoryLine[],
  { history }: StateDirectory,
): void {
  const heads = approvals.flatMap(({ historyHead }) => historyHead ?? []);
  const problem = verifyHistory(lines, heads);
  if (problem && problem.reason !== "torn")
    throw damaged(history, `${history}: ${problem.message}`);
  const at = new Map(lines.map((line) => [line.hash, line]));
  for (const { historyHead, hashes, appId } of approvals) {
    const line = at.get(historyHead ?? "");
    if (!line?.record) continue;
    const { registry_app_id: registry, hashes: listed } = line.record;
    if (registry !== appId || listed.join() !== hashes.join())
      throw damaged(
        history,
        `line ${line.number} of ${history} has other hashes than the journal's approval of it`,
      );
  }
}
