/** What the platform's words for the state of an operation mean. Unknown words are not success, and not failure. */
import type { OperationState } from "../../core/ports.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const DONE = words("completed complete succeeded success successful done");
const FAILED = words(
  "failed failure error errored cancelled canceled aborted rejected timed_out timedout timeout rolled_back rolledback expired denied killed",
);
const RUNNING = words(
  "in_progress inprogress running pending queued started starting processing scheduled accepted created waiting retrying cancelling canceling rolling_back",
);

/**
 * What tells an operation of a CVM from its others: two of them never start at the same moment. Null: the platform
 * says neither.
 */
export const operationIdOf = (
  correlationId: string | null | undefined,
  startedAt: string | null,
): string | null => correlationId ?? (startedAt === null ? null : `started ${startedAt}`);

/**
 * An operation is done only if its status says so in a word that is known, and nothing else in it disagrees.
 * @param errorMessage what the platform says of a failure.
 * @param completedAt when it ended; an operation that ended can't be running.
 */
export function operationState(
  status: string,
  errorMessage: string | null,
  completedAt: string | null,
): OperationState {
  const word = status
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
  if (FAILED.has(word)) return "failed";
  if (DONE.has(word)) return errorMessage ? "failed" : "done";
  return RUNNING.has(word) && completedAt === null ? "running" : "unknown";
}
