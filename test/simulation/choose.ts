/**
 * The few of many histories that reach as much of the program together as all of them: those that the suite plays.
 * Counted are V8's blocks of `src`, and how runs end.
 */
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { historyOf } from "./generate.ts";
import type { Simulation } from "./simulate.ts";

/** From and to, in the bundle; and how often it was gone through. */
type Range = { readonly startOffset: number; readonly endOffset: number; readonly count: number };
type Tried = {
  readonly seed: number;
  readonly runs: number;
  readonly functions: readonly (readonly Range[])[];
  readonly ends: readonly string[];
};

export type Chosen = {
  readonly seeds: readonly number[];
  /** Blocks and ends that the chosen reach, and that all tried reach. */
  readonly reached: number;
  readonly ofAll: number;
};

/** @param most how many are chosen at most. */
export async function chooseSeeds(
  simulation: Simulation,
  seeds: readonly number[],
  most: number,
): Promise<Chosen> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const isOfProgram = sectionsOf(readFileSync(fileURLToPath(import.meta.url), "utf8"));
  const tried: Tried[] = [];
  for (const seed of seeds) {
    const { reports } = await simulation.play(historyOf(seed));
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const functions = (result.find(({ url }) => url === import.meta.url)?.functions ?? [])
      .map(({ ranges }): readonly Range[] => ranges)
      .filter(([whole]) => whole && whole.count > 0 && isOfProgram(whole.startOffset));
    const ends = reports.map((one) => `${one.run.command} ${one.exitCode} ${one.failure?.code}`);
    tried.push({ seed, runs: reports.length, functions, ends });
  }
  session.disconnect();
  return cover(reachedBy(tried), most);
}

/** esbuild writes the name of each file above its part. @returns whether an offset is in `src`. */
function sectionsOf(bundle: string): (offset: number) => boolean {
  const sections = [...bundle.matchAll(/^\/\/ (\S+\.\w+)$/gm)];
  return (offset) =>
    sections.findLast(({ index }) => index < offset)?.[1]?.startsWith("src/") ?? false;
}

/** A block that ran as often as the one around it is not listed: those of all histories are looked up in each. */
function reachedBy(tried: readonly Tried[]) {
  const blocks = new Map<number, Map<string, Range>>();
  for (const ranges of tried.flatMap(({ functions }) => functions)) {
    const known = blocks.get(ranges[0]?.startOffset ?? 0) ?? new Map<string, Range>();
    for (const range of ranges) known.set(`${range.startOffset}-${range.endOffset}`, range);
    blocks.set(ranges[0]?.startOffset ?? 0, known);
  }
  return tried.map(({ seed, runs, functions, ends }) => {
    const ran = functions.flatMap((ranges) =>
      [...(blocks.get(ranges[0]?.startOffset ?? 0) ?? [])]
        .filter(([, block]) => countOf(block, ranges) > 0)
        .map(([name]) => name),
    );
    return { seed, runs, reached: new Set([...ran, ...ends]) };
  });
}

/** Of the smallest range around it; the outer ones come first. */
const countOf = (block: Range, ranges: readonly Range[]): number =>
  ranges.findLast(
    (range) => range.startOffset <= block.startOffset && block.endOffset <= range.endOffset,
  )?.count ?? 0;

/** Always the one that adds most for its length. */
function cover(histories: ReturnType<typeof reachedBy>, most: number): Chosen {
  const all = new Set(histories.flatMap(({ reached }) => [...reached]));
  const covered = new Set<string>();
  const seeds: number[] = [];
  while (seeds.length < most && covered.size < all.size) {
    const gains = histories.map(({ seed, runs, reached }) => {
      const more = [...reached].filter((name) => !covered.has(name));
      return { seed, reached, gain: more.length / (2 + runs) };
    });
    const best = gains.reduce((one, other) => (other.gain > one.gain ? other : one));
    seeds.push(best.seed);
    for (const name of best.reached) covered.add(name);
  }
  return { seeds: seeds.toSorted((a, b) => a - b), reached: covered.size, ofAll: all.size };
}
