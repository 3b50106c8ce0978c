/** Looks for a bug that was put in on purpose as for any other: in random histories, one after the other. */
import { historyOf } from "./history.ts";
import { PLANTED } from "./planted.ts";
import { brokenPromises } from "./render.ts";
import type { Simulation } from "./simulate.ts";

export type Found = {
  readonly bug: string;
  /** Of the first history that shows it, and how many were played until then; undefined: none did. */
  readonly seed: number | undefined;
  readonly histories: number;
  readonly broken: readonly string[];
};

/** @param most how many histories are played. What breaks a promise without the bug as well does not count. */
export async function searchBug(
  simulation: Simulation,
  bug: string,
  { first, most }: { readonly first: number; readonly most: number },
): Promise<Found> {
  const plant = PLANTED[bug];
  if (plant === undefined) throw new Error(`no such bug: ${bug}`);
  for (let seed = first; seed < first + most; seed += 1) {
    const broken = brokenPromises(await simulation.play(historyOf(seed), { plant }));
    if (broken.length === 0) continue;
    if ((await simulation.play(historyOf(seed))).broken.length > 0) continue;
    return { bug, seed, histories: seed - first + 1, broken };
  }
  return { bug, seed: undefined, histories: most, broken: [] };
}
