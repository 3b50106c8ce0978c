/** What there is to say of the local runner compose file. Pure. */
import { shortHash, type OrchestratorSchema } from "../../core/domain.ts";
import type { LocalCompose } from "./knowledge.ts";
import type { Drift, StatusFinding } from "./model.ts";

export function localFindings(
  { path, found }: LocalCompose,
  { drift, schema }: { readonly drift: Drift | null; readonly schema: OrchestratorSchema },
): StatusFinding[] {
  if (found.kind === "missing") {
    return [
      {
        code: "runner-compose-missing",
        severity: found.expected ? "warning" : "note",
        message: `no runner compose file at ${path}: nothing to compare with the approved list`,
        remedy: found.expected ? "give its path with --runner-compose" : null,
        cvm: null,
      },
    ];
  }
  if (found.kind === "unusable") {
    const { message, hint: remedy } = found;
    return [{ code: "runner-compose-unusable", severity: "warning", message, remedy, cvm: null }];
  }
  if (drift?.status !== "not-approved") return [];
  const hash = shortHash(drift.predicted_compose_hash ?? "");
  const which = `compose hash ${hash} is not approved`;
  return [
    {
      code: "runner-compose-not-approved",
      severity: "error",
      message:
        schema === "v2"
          ? `runners made from ${path}: ${which}; the orchestrator pushes it for those that it makes, and the registry's next restart forgets it`
          : `runners made from ${path} will be refused: ${which}`,
      remedy: "tee-cluster rotate-hash",
      cvm: null,
    },
  ];
}
