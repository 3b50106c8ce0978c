/** A fixed sample of random histories: none breaks a promise. `npm run simulate` plays as many others as one likes. */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadSimulation } from "./bundle.ts";

const { brokenPromises, historyOf, renderHistory, Simulation } = await loadSimulation();

/**
 * Together they reach nearly as much of the program as the 500 they are chosen from: `npm run simulate -- --choose 72 --runs 500
 * --seed 1` chooses them again when `generate.ts` makes other histories. The last one shows a planted bug that they don't.
 */
const SEEDS = [
  1, 3, 5, 9, 10, 14, 15, 17, 22, 36, 41, 49, 72, 74, 76, 91, 96, 103, 105, 107, 118, 128, 131, 139,
  148, 154, 157, 164, 172, 187, 191, 203, 205, 211, 212, 214, 215, 242, 245, 252, 257, 272, 277,
  283, 287, 297, 299, 305, 313, 314, 318, 322, 330, 335, 338, 344, 358, 370, 397, 401, 403, 424,
  427, 435, 440, 454, 470, 488, 491, 492, 495, 497, 2201,
];

let simulation: InstanceType<typeof Simulation>;
beforeAll(() => {
  simulation = new Simulation(path.resolve("fixtures/compose"));
});
afterAll(() => simulation.close());

test(`${SEEDS.length} histories keep the eight promises`, { timeout: 900_000 }, async () => {
  const exits = new Map<string, number>();
  const failures: string[] = [];
  for (const seed of SEEDS) {
    const tried = historyOf(seed);
    const played = await simulation.play(tried);
    const broken = brokenPromises(played);
    if (broken.length > 0) failures.push(renderHistory(seed, tried, broken));
    for (const { run, exitCode } of played.reports) {
      const end = `${run.command} ${exitCode}`;
      exits.set(end, (exits.get(end) ?? 0) + 1);
    }
  }
  expect(failures).toEqual([]);
  // The histories are worth something only if runs end in every way.
  for (const end of [
    "init 0",
    "init 4",
    "init 5",
    "init 6",
    "init 130",
    "init null",
    "rotate-hash 0",
    "destroy 0",
  ])
    expect(exits.get(end), end).toBeGreaterThan(0);
});
