/** What comes of a mutating call, and the errors for it. */
import type { Hint } from "../core/command-hint.ts";
import type { Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";

/** A create that failed proves nothing by itself: `created` may also come from looking its app_id up. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly appId: string; readonly vmUuid: string | null }
  /** The name belongs to a CVM that this call did not make. */
  | { readonly kind: "taken"; readonly cvm: Cvm; readonly message: string }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "uncertain"; readonly message: string };

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
