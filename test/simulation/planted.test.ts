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

const { PLANTED, Simulation } = await loadSimulation();

const QUICK: Platform = {
  idLag: 0,
  nameLag: 0,
  listLag: 0,
  bootMs: 8_000,
  updateMs: 8_000,
  deleteMs: 3_000,
  operationLag: 500,
  pageSize: 2,
  operations: true,
  correlation: true,
  createdAt: false,
  uptime: false,
  progress: true,
  push: true,
  schema: "v2",
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

/** The history that shows each, and the promise that it breaks. */
const SHOWN: Readonly<Record<string, readonly [promise: string, history: History]>> = {
  "not FAILED, so done": [
    "successIsTrue",
    history(false, [run({ faults: [fault("updateCvm", 0, { does: "ends", as: "timed_out" })] })], {
      schema: "v1",
    }),
  ],
  "the newest operation is ours": [
    "successIsTrue",
    history(
      true,
      [
        run({
          command: "rotate-hash",
          via: "restart",
          runner: 1,
          faults: [fault("updateCvm", 0, { does: "ends", as: "never" })],
        }),
      ],
      { schema: "v1" },
    ),
  ],
  "names are identity": [
    "othersAreLeftAlone",
    history(true, [deed({ deed: "make", what: "temp" }), run({ op: 1, command: "rotate-hash" })], {
      nameLag: 8_000,
      listLag: 8_000,
    }),
  ],
  "what has our name is ours": [
    "othersAreLeftAlone",
    history(false, [
      run({ faults: [fault("createCvm", 3, { does: "kill-before" })] }),
      deed({ deed: "make", what: "temp" }),
      run({}),
    ]),
  ],
  "one look is enough for absent": [
    "noOrphanOfARun",
    history(false, [run({})], { nameLag: 20_000, listLag: 20_000 }),
  ],
  "the list is computed before the temporary runner is gone": [
    "runnersKeepTheirKeys",
    history(
      true,
      [
        run({
          command: "rotate-hash",
          rotation: "retire",
          via: "restart",
          runner: 1,
          faults: [
            fault("createCvm", 0, {
              does: "deed",
              deed: { deed: "provision", compose: "runner0" },
            }),
          ],
        }),
      ],
      { deleteMs: 20_000 },
    ),
  ],
  "the local clock decides": [
    "othersAreLeftAlone",
    history(
      true,
      [
        deed({ deed: "clock", op: 1, minutes: 120 }),
        {
          kind: "together",
          run: {
            ...PLAIN,
            command: "rotate-hash",
            runner: 1,
            faults: [fault("deleteCvm", 0, { does: "busy" }, 40)],
          },
          other: { ...PLAIN, command: "destroy" },
          after: 9_000,
        },
      ],
      { createdAt: true, bootMs: 100 },
    ),
  ],
  "an update without a variable": ["environmentIsWhole", history(false, [run({})])],
  "an unclear create is absent": [
    "noOrphanOfARun",
    history(false, [run({ faults: [fault("createCvm", 3, { does: "lost" })] })]),
  ],
  "a hash is approved without its app-compose": [
    "onlyCheckedHashes",
    history(false, [
      run({
        faults: [
          fault("appCompose", 0, { does: "missing" }, 5),
          fault("findCvm", 0, { does: "false-hash" }, 100),
        ],
      }),
    ]),
  ],
};

let simulation: InstanceType<typeof Simulation>;
beforeAll(() => {
  simulation = new Simulation(path.resolve("fixtures/compose"));
});
afterAll(() => simulation.close());

test("each planted bug has its history", () => {
  expect(Object.keys(SHOWN).toSorted()).toEqual(Object.keys(PLANTED).toSorted());
});

test.each(Object.entries(SHOWN))("%s", async (name, [promise, shown]) => {
  const plant = PLANTED[name];
  if (plant === undefined) throw new Error(`no such bug: ${name}`);
  const without = await simulation.play(shown);
  expect(without.broken).toEqual([]);
  const { broken } = await simulation.play(shown, { plant });
  expect(broken.map((one) => one.promise)).toContain(promise);
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
