/** Looks for a bug that was put in on purpose as for any other: in random histories, one after the other. */
import { historyOf } from "./generate.ts";
import type { History } from "./history.ts";
import { PLANTED } from "./planted.ts";
import { brokenPromises } from "./render.ts";
import { shrink } from "./shrink.ts";
import type { Simulation } from "./simulate.ts";
import type { Plant } from "./world.ts";

export type Found = {
  readonly bug: string;
  /** Of the first history that shows it; undefined: none did. */
  readonly seed: number | undefined;
  /** How many were played until then. */
  readonly histories: number;
  readonly broken: readonly string[];
};

export function plantOf(bug: string): Plant {
  const plant = PLANTED[bug];
  if (plant === undefined) throw new Error(`no such bug: ${bug}`);
  return plant;
}

/** What a history breaks with the bug and not without it. */
export async function brokenBy(
  simulation: Simulation,
  bug: string,
  history: History,
): Promise<readonly string[]> {
  const broken = brokenPromises(await simulation.play(history, { plant: plantOf(bug) }));
  if (broken.length === 0) return [];
  const isOwn = (await simulation.play(history)).broken.length > 0;
  return isOwn ? [] : broken;
}

/** @param most how many histories are played. What breaks a promise without the bug as well does not count. */
export async function searchBug(
  simulation: Simulation,
  bug: string,
  { first, most }: { readonly first: number; readonly most: number },
): Promise<Found> {
  for (let seed = first; seed < first + most; seed += 1) {
    const broken = await brokenBy(simulation, bug, historyOf(seed));
    if (broken.length > 0) return { bug, seed, histories: seed - first + 1, broken };
  }
  return { bug, seed: undefined, histories: most, broken: [] };
}

/** The shortest history in so many tries that shows the bug. */
export function shrinkBug(
  simulation: Simulation,
  bug: string,
  { seed, most }: { readonly seed: number; readonly most?: number },
): Promise<History> {
  const plant = plantOf(bug);
  const breaks = async (tried: History): Promise<boolean> =>
    (await simulation.play(tried, { plant })).broken.length > 0;
  return shrink(seed, breaks, most);
}
