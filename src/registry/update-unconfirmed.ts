/** The error for an update of which nobody can tell what came of it: neither a success nor a refusal. */
import { AGAIN, hint, phala } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Registry } from "./registry.ts";
import { wayPastStuck } from "./stuck-operations.ts";

/** @param known what is known of it. */
export function updateUnconfirmed({ name, vmUuid }: Registry, known: string): ClusterError {
  return new ClusterError("timeout", "update-unconfirmed", {
    message: `could not confirm the update of ${name}: ${known}; it may have the new list or the one before`,
    hint: hint`look at it with: ${phala("cvms", "get", vmUuid, "--json")}; then ${AGAIN}; it repeats the update where it is needed; ${wayPastStuck}`,
  });
}
