/** The answer of `rotate-hash`: what is approved now, what came and went. */
import { command } from "../../core/command-hint.ts";
import { renderRotatePlan } from "./render-plan.ts";
import type { RotatePlanResult } from "./result.ts";
import type { RotateHashResult } from "./result.ts";
import { fields, nextCommands, stepTimes, type Field, type View } from "../../output/layout.ts";

export function renderRotateHash(result: RotateHashResult, view: View): string[] {
  const { theme, quiet } = view;
  const approved: Field = ["Approved", result.approved_compose_hashes];
  if (quiet) return fields([approved], theme);
  const { cluster, changed } = result;
  return [
    theme.bold(
      changed
        ? `Cluster ${cluster} approves a new list.`
        : `Cluster ${cluster}: nothing to do, it is approved.`,
    ),
    "",
    ...fields(
      [
        ["Registry", result.registry.name],
        ...listFields(result),
        ["Attested", result.attestation.result],
      ],
      theme,
    ),
    ...(changed ? ["", ...stepTimes(result.steps, false, theme)] : []),
    ...advice(result, view),
  ];
}

function listFields(result: RotateHashResult): Field[] {
  const { approved_compose_hashes: now, previous_compose_hashes: before } = result;
  const mark = (hash: string): string => (before.includes(hash) ? `  ${hash}` : `+ ${hash}`);
  const gone = before.filter((hash) => !now.includes(hash)).map((hash) => `- ${hash}`);
  const [cutOff, deleted] = [result.runners_cut_off, result.runners_deleted].map((runners) =>
    runners.map(({ name }) => name),
  );
  return [
    ["Approved", [...now.map(mark), ...gone]],
    ...(result.registry_compose_changed
      ? [["Compose", "the registry's compose file was updated too"] as const]
      : []),
    ...(cutOff?.length ? [["Revoked", cutOff] as const] : []),
    ...(deleted?.length ? [["Deleted", deleted] as const] : []),
  ];
}

function advice({ approved_via: via }: RotateHashResult, view: View): string[] {
  if (via !== "api") return [];
  return ["", ...nextCommands([command("rotate-hash", "--approve-via", "restart")], view)];
}

export function renderRotateHashOrPlan(
  result: RotateHashResult | RotatePlanResult,
  view: View,
): string[] {
  return "dry_run" in result ? renderRotatePlan(result, view) : renderRotateHash(result, view);
}
