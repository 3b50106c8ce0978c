/** Renders `rotate-hash`: the approved list, and what changed in it. */
import { command } from "../../core/command-hint.ts";
import type { RotatePlanResult, RotateHashResult } from "./result.ts";
import {
  fields,
  nextCommands,
  paintDiff,
  section,
  stepTimes,
  type Field,
  type View,
} from "../../output/layout.ts";
import type { Theme } from "../../output/theme.ts";
import { renderDryRun } from "../shared/render-dry-run.ts";

function renderRotateHash(result: RotateHashResult, view: View): string[] {
  const { theme, quiet } = view;
  const approved: Field = ["Approved", result.approved_compose_hashes];
  if (quiet) return fields(theme, [approved]);
  const { cluster, changed } = result;
  return [
    ...(changed ? [...stepTimes(result.steps, false, theme), ""] : []),
    theme.bold(
      changed
        ? `Cluster ${cluster} approves a new list.`
        : `Cluster ${cluster}: nothing to do, it is approved.`,
    ),
    "",
    ...fields(theme, [
      ["Registry", result.registry.name],
      ...listFields(result),
      ["Attested", result.attestation.result],
    ]),
    ...advice(result, view),
  ];
}

function listFields(result: RotateHashResult): Field[] {
  const { approved_compose_hashes: now, previous_compose_hashes: before } = result;
  const mark = (hash: string): string => (before.includes(hash) ? `  ${hash}` : `+ ${hash}`);
  const gone = before.filter((hash) => !now.includes(hash)).map((hash) => `- ${hash}`);
  const compose = result.registry_compose_changed
    ? "the registry's compose file was updated too"
    : null;
  return [
    ["Approved", [...now.map(mark), ...gone]],
    ["Compose", compose],
    ["Revoked", result.runners_cut_off.map(nameOf)],
    ["Deleted", result.runners_deleted.map(nameOf)],
  ];
}

const nameOf = ({ name }: { readonly name: string }): string => name;

function advice({ approved_via: via }: RotateHashResult, view: View): string[] {
  if (via !== "api") return [];
  return ["", ...nextCommands(view, [command("rotate-hash", "--approve-via", "restart")])];
}

export function renderRotateHashOrPlan(
  result: RotateHashResult | RotatePlanResult,
  view: View,
): string[] {
  return "dry_run" in result ? renderRotatePlan(result, view) : renderRotateHash(result, view);
}

function renderRotatePlan(result: RotatePlanResult, view: View): string[] {
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
  return lines.map((line) => `  ${paintDiff(line, theme)}`);
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
    theme,
    runners.map(
      ({ name, accepted }) => [name, accepted ? "stays accepted" : "would lose access"] as const,
    ),
  );
}
