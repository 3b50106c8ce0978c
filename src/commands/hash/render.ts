/** The answer of `hash`: the bare hash first, for whoever reads only that. */
import { type Rendered, command } from "../../core/command-hint.ts";
import { renderDryRun } from "../shared/render-dry-run.ts";
import { renderHashExplanation } from "./render-explanation.ts";
import type { DryRunResult } from "../shared/result.ts";
import type { HashExplanation, HashExport, HashResult } from "./result.ts";
import { dateAndTime, hanging } from "../../lib/text.ts";
import type { Theme } from "../../output/theme.ts";
import { changedLines } from "../shared/render-app-compose-diff.ts";
import { fields, nextCommands, type View } from "../../output/layout.ts";

function renderHash(result: Rendered<HashResult>, view: View): string[] {
  const { theme, quiet } = view;
  if (quiet) return [result.compose_hash];
  return [
    theme.bold(result.compose_hash),
    "",
    ...fields(theme, [
      ["Cluster", result.cluster],
      ["Approved", approvalOf(result, theme)],
      ["Compose", [result.runner_compose, comparedWithBasis(result)]],
      ["Environment", result.environment_names],
      ["Rests on", [sourceOf(result.basis), result.basis.compose_hash]],
    ]),
    ...changedLines(result.compose_changes, theme),
    ...advice(result, view),
  ];
}

function approvalOf({ approved, approved_compose_hashes: list }: HashResult, theme: Theme): string {
  if (approved === null) return theme.yellow("unknown: no approved list is recorded");
  if (approved) return theme.green("yes");
  const others = list.length === 1 ? "another hash is" : `${list.length} other hashes are`;
  return `${theme.red("no")}: ${others}; the registry would refuse such runners`;
}

function comparedWithBasis({ differences, compose_changes: lines }: HashResult): string {
  const has = (name: string): boolean => differences.some(({ field }) => field === name);
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  const text = lines.length === 0 ? "other line ends" : `+${count("+")} -${count("-")} lines`;
  const changed = [
    ...(has("docker_compose_file") ? [text] : []),
    ...(has("allowed_envs") ? ["other environment names"] : []),
  ];
  return `${changed.length === 0 ? "unchanged" : changed.join(", ")} since the runner below`;
}

function sourceOf({ kind, at, from }: HashResult["basis"]): string {
  const when = at === null ? "" : ` of ${dateAndTime(at)}`;
  if (kind === "live-runner") return `the live runner ${from}`;
  return `a temporary runner${when}${kind === "record-file" ? `, in ${from}` : ""}`;
}

function advice({ approved, remedy }: Rendered<HashResult>, view: View): string[] {
  if (remedy === null) return [];
  if (approved === false) return ["", ...nextCommands(view, [remedy])];
  return ["", view.theme.bold("To find out:"), `  ${hanging(remedy, "  ")}`];
}

/** One command, three questions. */
export function renderAnyHash(
  result: Rendered<HashResult | HashExplanation | HashExport | DryRunResult>,
  view: View,
): string[] {
  if ("dry_run" in result) return renderDryRun(result, view);
  switch (result.action) {
    case "predict":
      return renderHash(result, view);
    case "explain":
      return renderHashExplanation(result, view);
    case "export":
      return renderHashExport(result, view);
    default:
      return result satisfies never;
  }
}

function renderHashExport(result: HashExport, view: View): string[] {
  const { theme, quiet } = view;
  if (quiet) return [result.file];
  const { basis, approved_compose_hashes: approved } = result;
  return [
    theme.bold(`${result.file} ${result.changed ? "is written" : "is up to date"}.`),
    "",
    ...fields(theme, [
      ["Cluster", result.cluster],
      ["Rests on", [`a temporary runner of ${dateAndTime(basis.at)}`, basis.compose_hash]],
      ["Approved", approved.length === 0 ? "unknown" : approved],
    ]),
    "",
    ...nextCommands(view, [command("hash", "--check", "--record", result.file)]),
  ];
}
