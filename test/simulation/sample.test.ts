/**
 * A fixed sample of random histories: none breaks a promise, and with a bug put in on purpose one of them does.
 * `npm run simulate` plays as many others as one likes.
 */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  renderHistory,
  shortHistory,
  shrinkBug,
  Simulation,
} = await loadSimulation();

/**
 * Nearly as much of the program is reached by these as by the 500 they are chosen from: `npm run simulate -- --choose 50
 * --runs 500 --seed 1` chooses them again when `generate.ts` makes other histories. Added are 492, in which a run ends with
 * 130, and 1517 and 2615, which show planted bugs that the others don't.
 */
const SEEDS = [
  1, 3, 5, 9, 10, 14, 15, 17, 22, 36, 41, 49, 59, 72, 74, 76, 91, 96, 105, 107, 139, 154, 157, 164,
  172, 187, 191, 205, 212, 257, 275, 277, 299, 305, 322, 335, 344, 350, 358, 370, 397, 401, 403,
  419, 437, 440, 481, 491, 492, 495, 497, 1517, 2615,
];

/**
 * A seed of those that shows each planted bug, and the promise that it breaks. Whoever changes what `generate.ts` makes
 * finds others with `npm run simulate -- --bugs`.
 */
const SHOWN_BY: Readonly<Record<string, readonly [seed: number, promise: string]>> = {
  "not FAILED, so done": [172, "successIsTrue"],
  "the newest operation is ours": [1, "successIsTrue"],
  "names are identity": [403, "othersAreLeftAlone"],
  "what has our name is ours": [403, "othersAreLeftAlone"],
  "one look is enough for absent": [9, "converges"],
  "the list is computed before the temporary runner is gone": [1, "runnersKeepTheirKeys"],
  "the local clock decides": [2615, "othersAreLeftAlone"],
  "an update without a variable": [1, "environmentIsWhole"],
  "an unclear create is absent": [154, "noOrphanOfARun"],
  "a hash is approved without its app-compose": [1517, "onlyCheckedHashes"],
  "secrets are sealed to any key": [335, "secretsWait"],
  "the API's word is evidence enough": [5, "attestedIsTrue"],
};

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

describe("planted bugs", () => {
  test("each has its seed, which breaks nothing without it", () => {
    expect(Object.keys(SHOWN_BY).toSorted()).toEqual(Object.keys(PLANTED).toSorted());
    const seeds = Object.values(SHOWN_BY).map(([seed]) => seed);
    expect(seeds.filter((seed) => !SEEDS.includes(seed))).toEqual([]);
  });

  test.each(Object.entries(SHOWN_BY))("%s", { timeout: 120_000 }, async (bug, [seed, promise]) => {
    const broken = brokenPromises(await simulation.play(historyOf(seed), { plant: plantOf(bug) }));
    expect(broken.join("\n")).toContain(`${promise}: `);
    // What would be printed is what was played.
    expect(readHistory(JSON.stringify(shortHistory(historyOf(seed))))).toEqual(historyOf(seed));
  });

  test("a history that shows one is shrunk to a short one that shows it as well", async () => {
    const [bug, seed] = ["an unclear create is absent", 1121];
    // `npm run simulate` takes its time.
    const shrunk = await shrinkBug(simulation, bug, { seed, most: 8 });
    const shown = JSON.stringify(shortHistory(shrunk));
    const whole = JSON.stringify(shortHistory(historyOf(seed)));
    expect(shown.length, shown).toBeLessThan(whole.length * 0.7);
    expect(await brokenBy(simulation, bug, readHistory(shown))).not.toEqual([]);
  });
});

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
