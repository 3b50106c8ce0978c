/** The answer of `rotate-hash`. */
import type { RotateHashResult } from "../../commands/results.ts";
import { shellWord } from "../text.ts";
import { fields, nextCommands, stepTimes, type Field, type View } from "./layout.ts";

const VIA: Readonly<Record<RotateHashResult["approved_via"], string>> = {
  api: "the registry's API; its models kept running",
  restart: "its environment; the registry restarted",
  none: "nothing had to be changed",
};

export function renderRotateHash(result: RotateHashResult, { theme, quiet }: View): string[] {
  if (quiet) return [...result.approved_compose_hashes];
  const approved = new Set(result.approved_compose_hashes);
  const removed = result.previous_compose_hashes.filter((hash) => !approved.has(hash));
  const hashes: Field[] = [
    ["Runner", result.runner_compose_hash],
    ["Approved", result.approved_compose_hashes],
    ...(removed.length > 0 ? [["Removed", removed] as const] : []),
  ];
  return [
    theme.bold(headline(result)),
    "",
    ...fields(
      [
        ["Registry", result.registry.name],
        ["URL", result.registry.url],
        ...hashes,
        ["Via", VIA[result.approved_via]],
      ],
      theme,
    ),
    ...(result.steps.length > 0 ? ["", ...stepTimes(result.steps, false, theme)] : []),
    "",
    ...nextCommands([`tee-cluster status --cluster-name ${shellWord(result.cluster)}`], theme),
  ];
}

function headline({ cluster, changed }: RotateHashResult): string {
  return changed
    ? `Cluster ${cluster} approves the hash of its runner compose file.`
    : `Nothing to do: cluster ${cluster} already approves the hash of its runner compose file.`;
}
