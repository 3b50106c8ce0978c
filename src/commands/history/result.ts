/** The answer of `history`. */
import type { HistoryProblem } from "../../state/history-chain.ts";
import type { HistoryRecord } from "../../state/history.ts";
import type { Warning } from "../../core/events.ts";

/** One approval, as it is on disk, with the number of its line and the line's SHA-256. */
export type HistoryEntryResult = HistoryRecord & { readonly line: number; readonly hash: string };

export type HistoryResult = {
  readonly ok: boolean;
  readonly command: "history";
  readonly cluster: string;
  readonly file: string;
  /** To keep elsewhere: it stands for everything up to here. Null in an empty history. */
  readonly head: string | null;
  /** Null without `--verify`. */
  readonly verified: boolean | null;
  readonly problem: HistoryProblem | null;
  /** Also where `--limit` leaves entries out. */
  readonly total: number;
  readonly entries: readonly HistoryEntryResult[];
  readonly warnings: readonly Warning[];
};
