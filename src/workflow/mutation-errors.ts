/** The errors for what came of a mutating call. */
import type { Hint } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { CreateOutcome } from "./create-outcome.ts";

/** The error for a mutating call that Phala refused. */
export function refusedByPhala(what: string, message: string, hint: string | Hint): ClusterError {
  return new ClusterError("platform", "phala-refused", { message: `${what}: ${message}`, hint });
}

/** The error for a CVM that was refused, or may or may not be there. `whenUncertain` says why another run is safe. */
export function notCreated(
  name: string,
  outcome: Extract<CreateOutcome, { kind: "refused" | "uncertain" }>,
  whenUncertain: string,
): ClusterError {
  if (outcome.kind === "refused") {
    const hint = "fix it, then run the same command again";
    return refusedByPhala(`Phala did not create ${name}`, outcome.message, hint);
  }
  return new ClusterError("platform", "create-uncertain", {
    message: `could not find out whether ${name} was created: ${outcome.message}`,
    hint: whenUncertain,
  });
}
