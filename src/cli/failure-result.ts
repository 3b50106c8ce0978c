/** The result of a failed run. */
import { command as commandHint, Hint, renderHint, type Invocation } from "../core/command-hint.ts";
import type { FailureResult } from "../core/results.ts";
import type { ClusterError } from "../errors/cluster-error.ts";
import type { Ledger } from "../workflow/ledger.ts";
import { cleanUpCommand, messageAtTheEnd } from "./last-words.ts";

export function failureOf(
  command: string,
  failure: ClusterError,
  ledger: Ledger,
  invocation: Invocation,
): FailureResult {
  const { code, advice, step = null } = failure;
  const hint = advice === undefined ? null : renderHint(advice, invocation);
  const message =
    failure.said instanceof Hint
      ? renderHint(failure.said, invocation)
      : messageAtTheEnd(command, failure, ledger);
  const details = failure.details.map(({ message: one, remedy }) => ({
    message: renderHint(one, invocation),
    remedy: remedy === undefined ? null : renderHint(remedy, invocation),
  }));
  const left = ledger.leftBehind();
  const cleanUp = cleanUpCommand(left, ledger.cluster);
  return {
    ok: false,
    command,
    error: {
      code,
      message,
      ...(details.length > 1 ? { details } : {}),
      hint,
      step,
      explain: renderHint(commandHint("explain", code), invocation),
    },
    left_behind: left,
    ...(cleanUp === undefined ? {} : { clean_up: renderHint(cleanUp, invocation) }),
  };
}
