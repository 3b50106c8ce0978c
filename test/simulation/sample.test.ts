/** A fixed sample of random histories: none breaks a promise. `npm run simulate` plays as many others as one likes. */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadSimulation } from "./bundle.ts";

const { brokenPromises, historyOf, renderHistory, Simulation } = await loadSimulation();

const COUNT = 300;
const FIRST = 2_000;

let simulation: InstanceType<typeof Simulation>;
beforeAll(() => {
  simulation = new Simulation(path.resolve("fixtures/compose"));
});
afterAll(() => simulation.close());

test(`${COUNT} histories keep the eight promises`, { timeout: 900_000 }, async () => {
  const exits = new Map<string, number>();
  const failures: string[] = [];
  for (let seed = FIRST; seed < FIRST + COUNT; seed += 1) {
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
