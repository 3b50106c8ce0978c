/** Runners may appear between computing a list and sending it: none of them may lose access by that. */
import { AGAIN, hint } from "../core/command-hint.ts";
import { identityOf, type ComposeHash, type Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { liveRunners, runnersThatAreUp, type LiveRunner } from "../runners/running-runners.ts";
import type { StepDeps } from "../workflow/step.ts";
import type { ListPolicy } from "./approved-list.ts";
import { assertRunnersClear, classifyRunners, type KnownList } from "./classify-runners.ts";

export type SeenRunners = {
  readonly cluster: string;
  /** Those that the list was made for. */
  readonly live: readonly LiveRunner[];
  readonly known: KnownList;
  readonly hashes: readonly ComposeHash[];
  /** The operator's decision on runners that would lose access. */
  readonly policy: ListPolicy;
};

/**
 * One request where nothing has changed.
 * @throws ClusterError `runners-changed` (conflict) for one that has appeared since and that the list would, or may,
 *   cut off; `live-runner-unclear` (verification) for one whose hash may have been pushed: the restart forgets that.
 */
export async function assertSameRunners(
  { cluster, live, known, hashes, policy }: SeenRunners,
  deps: Pick<StepDeps, "api" | "signal">,
): Promise<void> {
  const before = new Set(live.map(({ cvm }) => keyOf(cvm)));
  const up = await runnersThatAreUp(cluster, deps.api, deps.signal);
  const isLost = ({ composeHash }: LiveRunner): boolean => !hashes.includes(composeHash);
  const stillUp = new Set(up.map(keyOf));
  const { maybePushed } = classifyRunners(live, known, () => undefined);
  assertRunnersClear(
    maybePushed.filter((runner) => isLost(runner) && stillUp.has(keyOf(runner.cvm))),
    policy,
  );
  if (up.every((cvm) => before.has(keyOf(cvm)))) return;
  const appeared = (await liveRunners(cluster, deps)).filter(({ cvm }) => !before.has(keyOf(cvm)));
  const judged = classifyRunners(appeared, known, () => undefined);
  const lost = [...judged.accepted, ...judged.unclear, ...judged.maybePushed].filter(isLost);
  if (lost.length === 0) return;
  const names = lost.map(({ cvm, composeHash }) => `${cvm.name} (${composeHash})`);
  throw new ClusterError("conflict", "runners-changed", {
    message: `runners appeared while this run was preparing its update, and would lose access by it: ${names.join(", ")}`,
    hint: hint`nothing was approved; ${AGAIN}; it takes them into account`,
  });
}

/** A runner that was updated meanwhile counts as another one. */
const keyOf = (cvm: Cvm): string => `${identityOf(cvm)} ${cvm.composeHash ?? ""}`;
