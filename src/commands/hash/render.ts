/** Renders `hash`: the bare hash comes first. */
import { type Rendered, command } from "../../core/command-hint.ts";
import { sha256Hex } from "../../core/compose-hash.ts";
import { renderDryRun } from "../shared/render-dry-run.ts";
import type { DryRunResult } from "../shared/result.ts";
import type { AppComposeDiff, HashExplanation, HashExport, HashResult } from "./result.ts";
import { dateAndTime, hanging, oneLine } from "../../lib/text.ts";
import type { Theme } from "../../output/theme.ts";
import {
  fields,
  nextCommands,
  paintDiff,
  paragraph,
  section,
  type View,
} from "../../output/layout.ts";

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

export function renderAnyHash(
  result: Rendered<HashResult | HashExplanation | HashExport | DryRunResult>,
  view: View,
): string[] {
  if ("dry_run" in result) return renderDryRun(result, view);
  switch (result.action) {
    case "predict":
      return renderHash(result, view);
    case "explain":
      return renderExplanation(result, view);
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

/** With `quiet` only the compose text, with control characters escaped; the JSON has it byte for byte. */
function renderExplanation(result: HashExplanation, view: View): string[] {
  const { theme, quiet } = view;
  const text = (result.app_compose.docker_compose_file ?? "").replace(/\n$/, "").split("\n");
  if (quiet) return text;
  return [
    theme.bold(result.compose_hash),
    "",
    ...fields(theme, [
      ["Cluster", result.cluster],
      [
        "Read back",
        result.read_back_at === null ? "not recorded" : dateAndTime(result.read_back_at),
      ],
      ["Approved", approvalAt(result, theme)],
      ["Environment", result.environment_names],
      ["Script", scriptOf(result)],
    ]),
    ...comparisons(result, view),
    ...section("Compose file:", ["", ...text], theme),
  ];
}

function approvalAt({ approved, approved_at: at }: HashExplanation, theme: Theme): string {
  if (approved === null) return theme.yellow("unknown: no approved list is recorded");
  if (approved)
    return `${theme.green("yes")}, on the list of ${at === null ? "?" : dateAndTime(at)}`;
  return at === null
    ? theme.red("no, never")
    : `${theme.red("no more")}, it was on the list of ${dateAndTime(at)}`;
}

/** It runs before the containers and is part of the measurement. */
function scriptOf({ app_compose: { pre_launch_script: script } }: HashExplanation): string | null {
  if (!script) return null;
  return `pre_launch_script, sha256 ${sha256Hex(script).slice(0, 12)}...; whole with --json`;
}

function comparisons({ local, previous }: HashExplanation, view: View): string[] {
  const { theme } = view;
  const localTitle = `The local ${oneLine(local?.runner_compose ?? "")} against it:`;
  const id = `  ${theme.dim(previous?.compose_hash ?? "")}`;
  return [
    ...(local ? section(localTitle, renderDiff(local, view), theme) : []),
    ...(previous
      ? section("It against the one approved before:", [id, ...renderDiff(previous, view)], theme)
      : []),
  ];
}

const LINES_SHOWN = 40;

/** The changed lines of a compose text, below an empty line; nothing where there are none. */
function changedLines(lines: readonly string[], theme: Theme): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - LINES_SHOWN;
  return [
    "",
    ...lines.slice(0, LINES_SHOWN).map((line) => `  ${paintDiff(line, theme)}`),
    ...(more > 0 ? [theme.dim(`  and ${more} more`)] : []),
  ];
}

/** The fields that differ: the compose text line by line, all else in words. */
function renderDiff(diff: AppComposeDiff, view: View): string[] {
  const { differences, compose_changes: lines } = diff;
  if (differences.length === 0) return ["  no difference"];
  const changed = changedLines(lines, view.theme);
  const words = differences
    .filter(({ field }) => field !== "docker_compose_file" || lines.length === 0)
    .flatMap(({ message }) => paragraph(message, view));
  return words.length === 0 ? changed.slice(1) : [...words, ...changed];
}
