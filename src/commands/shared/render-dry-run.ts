/** Renders `--dry-run`: what a run would do, resource by resource. */
import type { DryRunResult, PlannedAction } from "./result.ts";
import { oneLine } from "../../lib/text.ts";
import type { Theme } from "../../output/theme.ts";
import { table, type View } from "../../output/layout.ts";

export function renderDryRun(result: DryRunResult, view: View): string[] {
  const { theme, quiet } = view;
  const rows = result.actions.map((action) => ({
    cells: [action.action === "none" ? "leave" : action.action, oneLine(action.resource)],
    text: action.detail,
    paint: painter(action.action, theme),
  }));
  if (quiet) return table(rows, view);
  if (rows.length === 0)
    return [`${result.command} would change nothing in cluster ${result.cluster}.`];
  return [
    theme.bold(`${result.command} would do this for cluster ${result.cluster}:`),
    "",
    ...table(rows, view),
    "",
    "This was a dry run: nothing has been changed.",
  ];
}

function painter(action: PlannedAction["action"], theme: Theme): (cell: string) => string {
  if (action === "create" || action === "write") return theme.green;
  if (action === "update") return theme.yellow;
  return action === "delete" ? theme.red : theme.dim;
}
