/** Renders `destroy`. */
import { renderDryRun } from "../shared/render-dry-run.ts";
import type { DryRunResult } from "../shared/result.ts";
import type { DestroyResult } from "./result.ts";
import { oneLine } from "../../lib/text.ts";
import type { View } from "../../output/layout.ts";

export function renderDestroy(
  { cluster, deleted }: DestroyResult,
  { theme, quiet }: View,
): string[] {
  const names = deleted.map(({ name }) => oneLine(name));
  if (quiet) return names;
  if (names.length === 0) return [`Nothing to delete: the cluster ${cluster} has no such CVM.`];
  const isWhole = deleted.some(({ role }) => role !== "temporary-runner");
  return [
    theme.bold(
      !isWhole
        ? `The temporary runner of ${cluster} is deleted, and nothing else.`
        : `Cluster ${cluster} is destroyed.`,
    ),
    "",
    ...names.map((name) => `  ${theme.red("deleted")}  ${name}`),
    "",
    ...(isWhole ? ["No CVM of it is left: it costs nothing now."] : []),
    "orchestrator.yml, the data on S3 and the record of earlier runs are still there.",
  ];
}

export function renderDestroyOrPlan(result: DestroyResult | DryRunResult, view: View): string[] {
  return "dry_run" in result ? renderDryRun(result, view) : renderDestroy(result, view);
}
