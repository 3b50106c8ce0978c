/** The exit code of a run, from its failure or its result. */
import { isFailure, kindOfFailures } from "../checks/run-checks.ts";
import type { CheckResult } from "../core/events.ts";
import type { AnyResult } from "../core/results.ts";
import type { ClusterError, FailureKind } from "../errors/cluster-error.ts";
import { EXIT_CODES } from "../errors/exit-codes.ts";

/**
 * The exit code of a failure. 2 and 3 promise that nothing was touched: where a run that has changed something can't
 * go on for such a reason (the key is withdrawn, the disk is full), it failed on the way.
 */
export function exitCodeOfFailure({ kind }: ClusterError, touched: boolean): number {
  const promises = kind === "input" || kind === "prerequisite";
  return EXIT_CODES[promises && touched ? "platform" : kind];
}

/**
 * The exit code of a command that came to its end with a result.
 * @param notOk what a result with `"ok": false` is for this command.
 */
export function exitCodeOf(result: AnyResult, notOk: FailureKind = "internal"): number {
  return result.ok ? 0 : EXIT_CODES[kindOf(result, notOk)];
}

function kindOf(result: AnyResult, notOk: FailureKind): FailureKind {
  const checks = "checks" in result ? (result["checks"] as readonly CheckResult[]) : [];
  const errors = checks.filter((check) => isFailure(check, false));
  // `doctor` ends as a run would that met the same; with --strict there may be warnings alone.
  return errors.length > 0 ? kindOfFailures(errors) : notOk;
}
