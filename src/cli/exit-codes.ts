/** The exit code of a run, from its failure or its result. */
import { isFailure, kindOfFailures } from "../checks/run-checks.ts";
import type { CheckResult } from "../core/events.ts";
import type { AnyResult } from "../core/results.ts";
import type { ClusterError, FailureKind } from "../errors/cluster-error.ts";
import { EXIT_CODES } from "../errors/exit-codes.ts";

/**
 * The exit code of a failure. 2 and 3 mean that nothing was changed: a run that fails for such a reason after a change
 * (the key was revoked, the disk is full) ends with 4.
 */
export function exitCodeOfFailure({ kind }: ClusterError, touched: boolean): number {
  const meansUntouched = kind === "input" || kind === "prerequisite";
  return EXIT_CODES[meansUntouched && touched ? "platform" : kind];
}

/**
 * The exit code of a command that returned a result.
 *
 * @param notOk the kind of failure that `"ok": false` means for this command.
 */
export function exitCodeOf(result: AnyResult, notOk: FailureKind = "internal"): number {
  return result.ok ? 0 : EXIT_CODES[kindOf(result, notOk)];
}

function kindOf(result: AnyResult, notOk: FailureKind): FailureKind {
  const checks = "checks" in result ? (result["checks"] as readonly CheckResult[]) : [];
  const errors = checks.filter((check) => isFailure(check, false));
  // `doctor` ends like a run with the same failures; with --strict there may be only warnings.
  return errors.length > 0 ? kindOfFailures(errors) : notOk;
}
