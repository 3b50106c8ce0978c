/** The simulation finds bugs that are put in on purpose, and finds nothing in the same histories without them. */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  PLAIN,
  type Deed,
  type Event,
  type Fault,
  type History,
  type Platform,
  type Run,
} from "./history.ts";
import { loadSimulation } from "./bundle.ts";

const {
  brokenBy,
  brokenPromises,
  historyOf,
  PLANTED,
  plantOf,
  QUIET,
  readHistory,
  shortHistory,
  shrinkBug,
  Simulation,
} = await loadSimulation();

const QUICK: Platform = {
  ...QUIET,
  bootMs: 8_000,
  updateMs: 8_000,
  deleteMs: 3_000,
  ghostMs: 2_000,
  operationLag: 500,
  pageSize: 2,
};

const run = (of: Partial<Run>): Event => ({ kind: "run", run: { ...PLAIN, ...of } });
const deed = (of: Deed): Event => ({ kind: "deed", deed: of });
const fault = (call: Fault["call"], nth: number, strike: Fault["strike"], times = 1): Fault => ({
  call,
  nth,
  times,
  strike,
});
const history = (
  setUp: boolean,
  events: readonly Event[],
  platform: Partial<Platform> = {},
): History => ({
  platform: { ...QUICK, ...platform },
  setUp,
  events,
});

/**
 * The seed of an ordinary random history that shows each, and the promise that it breaks. Whoever changes what
 * `generate.ts` makes finds others with `npm run simulate -- --bugs`.
 */
const SEEDS: Readonly<Record<string, readonly [seed: number, promise: string]>> = {
  "not FAILED, so done": [185, "successIsTrue"],
  "the newest operation is ours": [1, "successIsTrue"],
  "names are identity": [2617, "othersAreLeftAlone"],
  "what has our name is ours": [558, "othersAreLeftAlone"],
  "one look is enough for absent": [2, "noOrphanOfARun"],
  "the list is computed before the temporary runner is gone": [1, "runnersKeepTheirKeys"],
  "the local clock decides": [2615, "othersAreLeftAlone"],
  "an update without a variable": [1, "environmentIsWhole"],
  "an unclear create is absent": [1121, "noOrphanOfARun"],
  "a hash is approved without its app-compose": [1517, "onlyCheckedHashes"],
  "secrets are sealed to any key": [223, "secretsWait"],
  "the API's word is evidence enough": [517, "secretsWait"],
};
/** Of the test of shrinking. `npm run simulate` takes its time. */
const TRIES = 16;

let simulation: InstanceType<typeof Simulation>;
beforeAll(() => {
  simulation = new Simulation(path.resolve("fixtures/compose"));
});
afterAll(() => simulation.close());

test("each planted bug has its seed", () => {
  expect(Object.keys(SEEDS).toSorted()).toEqual(Object.keys(PLANTED).toSorted());
});

/** Of histories without a bug: several bugs have a seed in common. */
const clean = new Map<number, Promise<readonly string[]>>();
function brokenWithout(seed: number): Promise<readonly string[]> {
  const played = clean.get(seed) ?? simulation.play(historyOf(seed)).then(brokenPromises);
  clean.set(seed, played);
  return played;
}

test.each(Object.entries(SEEDS))("%s", { timeout: 120_000 }, async (bug, [seed, promise]) => {
  const broken = brokenPromises(await simulation.play(historyOf(seed), { plant: plantOf(bug) }));
  expect(broken.join("\n")).toContain(`${promise}: `);
  expect(await brokenWithout(seed)).toEqual([]);
  // What would be printed is what was played.
  expect(readHistory(JSON.stringify(shortHistory(historyOf(seed))))).toEqual(historyOf(seed));
});

test("a history that shows a bug is shrunk to a short one that shows it as well", async () => {
  const bug = "an unclear create is absent";
  const [seed] = SEEDS[bug] ?? [0];
  const shrunk = await shrinkBug(simulation, bug, { seed, most: TRIES });
  const shown = JSON.stringify(shortHistory(shrunk));
  const whole = JSON.stringify(shortHistory(historyOf(seed)));
  expect(shown.length, shown).toBeLessThan(whole.length * 0.7);
  expect(await brokenBy(simulation, bug, readHistory(shown))).not.toEqual([]);
});

/** What it has found; each broke a promise before it was put right. */
const FOUND: Readonly<Record<string, History>> = {
  "a temporary runner of somebody else, older than half an hour": history(
    false,
    [deed({ deed: "make", what: "temp" }), { kind: "wait", minutes: 45 }, run({})],
    { createdAt: true },
  ),
  "an update whose answer is lost, on a platform without a list of operations": history(
    false,
    [run({ faults: [fault("updateCvm", 0, { does: "lost" })] })],
    { operations: false },
  ),
};

test.each(Object.entries(FOUND))("found, and put right: %s", async (_, shown) => {
  expect((await simulation.play(shown)).broken).toEqual([]);
});

test("on a platform without a list of operations init comes to its end", async () => {
  const { reports } = await simulation.play(history(false, [run({})], { operations: false }));
  expect(reports.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
});
