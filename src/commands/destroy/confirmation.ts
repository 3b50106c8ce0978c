/** Before CVMs are deleted: shows the list and, on a terminal, asks for the cluster's name. */
import { AGAIN, hint } from "../../core/command-hint.ts";
import { Cancellation, ClusterError } from "../../errors/cluster-error.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { DryRunResult } from "../shared/result.ts";

/** @throws ClusterError `confirmation-missing` (input) where nobody can be asked and `--yes` was not given. */
export function assertConfirmed(cluster: string, { prompter, flags }: CommandRun): void {
  if (flags.dryRun || flags.yes || prompter) return;
  throw new ClusterError("input", "confirmation-missing", {
    message: `destroy deletes the CVMs of ${cluster} for good, and there is no terminal to ask on`,
    hint: "add --yes; with --dry-run in its place it only says what would go",
  });
}

/** @throws ClusterError `not-confirmed` (input) for anything but the cluster's name; Cancellation for an empty answer. */
export async function confirmDestruction(
  plan: DryRunResult,
  host: string,
  { prompter, emit, flags }: CommandRun<{ readonly temporaryRunner: boolean }>,
): Promise<void> {
  const { cluster } = plan;
  if (!prompter) return emit({ type: "note", message: listOf(plan, host) });
  const consequences = flags.temporaryRunner
    ? "Nothing else of the cluster is touched."
    : CONSEQUENCES;
  prompter.print(`${listOf(plan, host)}\n\n${consequences}\n`);
  const message = `Type ${cluster} to delete ${countOf(plan)}:`;
  const typed = await prompter.text({ message, validate: () => true });
  if (typed.trim() === cluster) return;
  if (typed.trim() === "") throw new Cancellation();
  throw new ClusterError("input", "not-confirmed", {
    message: `what was typed is not the cluster's name: nothing is deleted`,
    hint: hint`${AGAIN}; then type: ${cluster}`,
  });
}

const CONSEQUENCES = `The registry's models lose their keys for good.
orchestrator.yml, the data on S3 and the record of earlier runs stay.
Stop the orchestrator first: while it runs it may make new runners.`;

/** `host` is the API's: another API may have a cluster of the same name. */
function listOf(plan: DryRunResult, host: string): string {
  const lines = plan.actions.flatMap(({ resource, detail }) => [`  ${resource}`, `    ${detail}`]);
  return [`${countOf(plan)} of the cluster ${plan.cluster} on ${host}:`, ...lines].join("\n");
}

const countOf = ({ actions }: DryRunResult): string =>
  actions.length === 1 ? "1 CVM" : `${actions.length} CVMs`;
