/** The answer of `rotate-hash --plan`: the actions, and what is different in list, files, names and runners. */
import type { RotatePlanResult } from "./result.ts";
import type { Theme } from "../../output/theme.ts";
import { renderDryRun } from "../shared/render-dry-run.ts";
import { fields, type View } from "../../output/layout.ts";

export function renderRotatePlan(result: RotatePlanResult, view: View): string[] {
  const { theme, quiet } = view;
  if (quiet) return renderDryRun(result, view);
  const actions = renderDryRun(result, view);
  const closing = actions.slice(-1);
  return [
    ...actions.slice(0, -2),
    ...section("Compose hash", hashLines(result), theme),
    ...section("Approved list", listLines(result), theme),
    ...section("Runner compose file", diffOf(result.compose_changes.runner, theme), theme),
    ...section("Registry compose file", diffOf(result.compose_changes.registry, theme), theme),
    ...section("Environment names of the registry", nameLines(result, theme), theme),
    ...section("Live runners", runnerLines(result, theme), theme),
    "",
    ...closing,
  ];
}

function section(title: string, lines: readonly string[], theme: Theme): string[] {
  return ["", theme.bold(title), ...lines];
}

function hashLines({ compose_hash: { value, from, basis } }: RotatePlanResult): string[] {
  if (value === null)
    return ["  not known before a temporary runner is deployed: nothing is recorded here"];
  const how = {
    recorded: "read back before",
    provisioned: "provisioned by Phala and recomputed; nothing is committed",
    predicted: "predicted",
    restored: "of the earlier list",
  };
  const rests = basis === null ? "" : `, resting on ${basis}`;
  return [`  ${value}`, `  ${from === "unknown" ? from : how[from]}${rests}`];
}

function listLines({ approved_compose_hashes: list }: RotatePlanResult): string[] {
  const stays = list.after.map((hash) => `  ${list.added.includes(hash) ? "+" : " "} ${hash}`);
  return [...stays, ...list.removed.map((hash) => `  - ${hash}`)];
}

function diffOf(lines: readonly string[] | null, theme: Theme): string[] {
  if (lines === null) return ["  nothing recorded to compare it with"];
  if (lines.length === 0) return ["  unchanged"];
  return lines.map((line) => `  ${line.startsWith("-") ? theme.red(line) : theme.green(line)}`);
}

function nameLines({ environment_names: { registry } }: RotatePlanResult, theme: Theme): string[] {
  const { before, after } = registry;
  const gone = before.filter((name) => !after.includes(name)).map((name) => `- ${name}`);
  const come = after.filter((name) => !before.includes(name)).map((name) => `+ ${name}`);
  return diffOf([...gone, ...come], theme);
}

function runnerLines({ runners }: RotatePlanResult, theme: Theme): string[] {
  if (runners.length === 0) return ["  none"];
  return fields(
    runners.map(
      ({ name, accepted }) => [name, accepted ? "stays accepted" : "would lose access"] as const,
    ),
    theme,
  );
}
