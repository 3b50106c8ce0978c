/** `tee-cluster history`: who approved which compose hashes, when and why; and whether the file was changed. */
import { command, hint } from "../../core/command-hint.ts";
import { integer } from "../../inputs/parsers.ts";
import { known } from "../../inputs/values.ts";
import { cutOffLines, headOf, verifyHistory } from "../../state/history-chain.ts";
import { readHistory, type HistoryLine } from "../../state/history.ts";
import { readJournal } from "../../state/journal.ts";
import { summarizeJournal } from "../../state/record.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import type { Warning } from "../../core/events.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepareOffline } from "../../session/offline-preparation.ts";
import { assertRecordedCluster } from "../shared/find-cluster.ts";
import { parseOption } from "../shared/parse-option.ts";
import type { HistoryFlags } from "./command.ts";
import type { HistoryEntryResult, HistoryResult } from "./result.ts";

export async function history(run: CommandRun<HistoryFlags>): Promise<HistoryResult> {
  const { verify, limit } = run.flags;
  const newest = limit === undefined ? undefined : parseOption("history", "--limit", limit, LIMIT);
  const { resolution, directory, stateHost } = await prepareOffline(run, { remember: true });
  const cluster = known(resolution.values, "clusterName");
  const place = await directory(cluster);
  const lines = await readHistory(place);
  if (lines.length === 0)
    await assertRecordedCluster(cluster, {
      stateDir: known(resolution.values, "stateDir"),
      stateHost: stateHost(),
    });
  const problem = verify ? verifyHistory(lines, await recordedHeads(place, cluster)) : undefined;
  const entries = lines.flatMap(entryOf);
  return {
    ok: problem === undefined,
    command: "history",
    cluster,
    file: place.history,
    head: headOf(lines),
    verified: verify ? problem === undefined : null,
    problem: problem ?? null,
    total: entries.length,
    entries: newest === undefined ? entries : entries.slice(-newest),
    warnings: warningsOf(lines, verify),
  };
}

const LIMIT = integer(1, Number.MAX_SAFE_INTEGER);

/** The heads that the journal recorded: without them a truncated chain would go unnoticed. */
async function recordedHeads(
  directory: StateDirectory,
  cluster: string,
): Promise<readonly string[]> {
  const { approvals } = summarizeJournal(await readJournal(directory), cluster);
  return approvals.flatMap(({ historyHead }) => historyHead ?? []);
}

function entryOf({ number, hash, record }: HistoryLine): HistoryEntryResult[] {
  return record === undefined ? [] : [{ line: number, hash, ...record }];
}

/** Lines that the entries leave out; `problem` has what is wrong with the chain. */
function warningsOf(lines: readonly HistoryLine[], verify: boolean): readonly Warning[] {
  const cutOff = cutOffLines(lines);
  const code = "history-line-unreadable" as const;
  return lines.flatMap(({ number, record }): readonly Warning[] => {
    if (record !== undefined) return [];
    if (cutOff.includes(number)) {
      const message = `line ${number} was cut off while it was written; the chain continues after it`;
      return [{ code, message }];
    }
    if (verify) return [];
    return [
      {
        code,
        message: hint`line ${String(number)} is not a whole entry; to see why: ${command("history", "--verify")}`,
      },
    ];
  });
}
