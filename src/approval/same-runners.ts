/** Between the making of a list and the update that sends it, runners may appear: none may lose access by that. */
import { AGAIN, hint } from "../core/command-hint.ts";
import { identityOf, type ComposeHash, type Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { liveRunners, runnersThatAreUp, type LiveRunner } from "../runners/running-runners.ts";
import type { StepDeps } from "../workflow/step.ts";
import { classifyRunners, type KnownList } from "./classify-runners.ts";

export type SeenRunners = {
  readonly cluster: string;
  /** Those that the list was made for. */
  readonly live: readonly LiveRunner[];
  readonly known: KnownList;
  readonly hashes: readonly ComposeHash[];
};

/**
 * One request where nothing has changed.
 * @throws ClusterError `runners-changed` (conflict) for one that has appeared since and that the list would, or may,
 *   cut off.
 */
export async function assertSameRunners(
  { cluster, live, known, hashes }: SeenRunners,
  deps: Pick<StepDeps, "api" | "signal">,
): Promise<void> {
  const before = new Set(live.map(({ cvm }) => keyOf(cvm)));
  const up = await runnersThatAreUp(cluster, deps.api, deps.signal);
  if (up.every((cvm) => before.has(keyOf(cvm)))) return;
  const appeared = (await liveRunners(cluster, deps)).filter(({ cvm }) => !before.has(keyOf(cvm)));
  const { accepted, unclear } = classifyRunners(appeared, known, () => undefined);
  const lost = [...accepted, ...unclear].filter(({ composeHash }) => !hashes.includes(composeHash));
  if (lost.length > 0) throw runnersChanged(lost);
}

/** One that was updated meanwhile is another one. */
const keyOf = (cvm: Cvm): string => `${identityOf(cvm)} ${cvm.composeHash ?? ""}`;

function runnersChanged(lost: readonly LiveRunner[]): ClusterError {
  const names = lost.map(({ cvm, composeHash }) => `${cvm.name} (${composeHash})`);
  return new ClusterError({
    kind: "conflict",
    code: "runners-changed",
    message: `runners appeared while this run was preparing its update, and would lose access by it: ${names.join(", ")}`,
    hint: hint`nothing was approved; ${AGAIN}: it takes them into account`,
  });
}
