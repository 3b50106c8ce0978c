/** A history as approvals leave it, written by the module that writes it. */
import { openHistory, operator, type HistoryEntry } from "../../src/state/history.ts";
import { openJournal } from "../../src/state/journal.ts";
import { prepareStateDirectory, type StateDirectory } from "../../src/state/state-directory.ts";

export const hashOf = (digit: string): string => digit.repeat(64);

/** The approval of one more hash, named by a hex digit. */
export function approvalOf(digit: string, change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    who: operator("acme"),
    command: "rotate-hash",
    action: "approve",
    registry_app_id: "0123456789abcdef0123456789abcdef01234567",
    hashes: [hashOf(digit)],
    added: [hashOf(digit)],
    removed: [],
    via: "restart",
    runner_hash: hashOf(digit),
    compose_digest: hashOf("c"),
    reason: null,
    ...change,
  };
}

const AT = Date.parse("2026-11-24T19:35:13.000Z");

/** Approves each entry as a run does: a line in the history, its head in the journal. @returns the heads. */
export async function approve(
  directory: StateDirectory,
  entries: readonly HistoryEntry[],
  { journaled = true } = {},
): Promise<string[]> {
  await prepareStateDirectory(directory);
  const history = openHistory(directory, () => AT);
  const journal = openJournal(directory, () => AT);
  const heads: string[] = [];
  for (const entry of entries) {
    const { head } = await history.append(entry);
    heads.push(head);
    if (!journaled) continue;
    await journal.append({
      type: "approved",
      app_id: entry.registry_app_id,
      hashes: [...entry.hashes],
      via: entry.via,
      correlation_id: null,
      settings: {},
      history_head: head,
    });
  }
  return heads;
}
