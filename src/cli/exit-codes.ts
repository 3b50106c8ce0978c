/** The exit codes of the contract. */
import { isFailure, kindOfFailures } from "../checks/run-checks.ts";
import type { SuccessResult } from "../commands/results.ts";
import type { ClusterError, FailureKind } from "../errors.ts";

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

/** The exit code of a command that failed. */
export function exitCodeOfFailure(failure: ClusterError): number {
  return EXIT_CODES[failure.kind];
}

function kindOf(result: SuccessResult): FailureKind {
  const errors = "checks" in result ? result.checks.filter((check) => isFailure(check, false)) : [];
  // `doctor` ends as a run would that met the same; with --strict there may be warnings alone.
  return errors.length > 0 ? kindOfFailures(errors) : (NOT_IN_ORDER[result.command] ?? "fault");
}
