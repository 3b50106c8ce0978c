/** The exit codes of the contract. */
import { isFailure, kindOfFailures } from "../checks/run-checks.ts";
import type { SuccessResult } from "../commands/results.ts";
import type { ClusterError, FailureKind } from "../errors/cluster-error.ts";

export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  fault: 1,
  input: 2,
  prerequisite: 3,
  platform: 4,
  timeout: 5,
  conflict: 6,
  verification: 7,
  interrupted: 130,
  terminated: 143,
};

/**
 * The exit code of a failure. 2 and 3 promise that nothing was touched: where a run that has changed something can't
 * go on for such a reason (the key is withdrawn, the disk is full), it failed on the way.
 */
export function exitCodeOfFailure({ kind }: ClusterError, touched: boolean): number {
  const promises = kind === "input" || kind === "prerequisite";
  return EXIT_CODES[promises && touched ? "platform" : kind];
}

/** What an answer with `"ok": false` means: the command did its work, and what it looked at is not in order. */
const NOT_IN_ORDER: Readonly<Partial<Record<SuccessResult["command"], FailureKind>>> = {
  doctor: "prerequisite",
  history: "verification",
  hash: "verification",
  status: "verification",
};

/** The exit code of a command that came to its end with an answer. */
export function exitCodeOf(result: SuccessResult): number {
  return result.ok ? 0 : EXIT_CODES[kindOf(result)];
}

function kindOf(result: SuccessResult): FailureKind {
  const errors = "checks" in result ? result.checks.filter((check) => isFailure(check, false)) : [];
  // `doctor` ends as a run would that met the same; with --strict there may be warnings alone.
  return errors.length > 0 ? kindOfFailures(errors) : (NOT_IN_ORDER[result.command] ?? "fault");
}
