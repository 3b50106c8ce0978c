/** What there is to say of the local runner compose file. Pure. */
import { command, hint } from "../../core/command-hint.ts";
import type { Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import { shortHash, type OrchestratorSchema } from "../../core/domain.ts";
import type { LocalCompose } from "./knowledge.ts";
import type { Drift } from "./model.ts";

export function localFindings(
  { path, found }: LocalCompose,
  { drift, schema }: { readonly drift: Drift | null; readonly schema: OrchestratorSchema },
): Finding<StatusCode>[] {
  if (found.kind === "missing") {
    return [
      {
        code: "runner-compose-missing",
        severity: found.expected ? "warning" : "note",
        message: `no runner compose file at ${path}: nothing to compare with the approved list`,
        remedy: found.expected ? "give its path with --runner-compose" : undefined,
      },
    ];
  }
  if (found.kind === "unusable") {
    const { message, advice: remedy } = found;
    return [{ code: "runner-compose-unusable", severity: "warning", message, remedy }];
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
      remedy: hint`${command("rotate-hash")}`,
    },
  ];
}
