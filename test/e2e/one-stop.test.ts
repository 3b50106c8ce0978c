/** One stop, in whatever mix its signals arrive, and questions that get no answer: for real, through npm and shells. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { deferred } from "../../src/lib/deferred.ts";
import { journalOf } from "../helpers/journal.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { OWN_PHALA } from "../helpers/phala-bin.ts";
import { areGone, pidsOf, processesOf } from "../helpers/processes.ts";
import {
  cloudOf,
  failureIn,
  makeWorld,
  mutationsOf,
  PROGRAM,
  type World,
} from "../helpers/program.ts";
import { KEYS, startInTerminal } from "../helpers/terminal.ts";
import { until } from "../helpers/until.ts";

const REGISTRY = "bird-tracker-registry";
const RUNNER = "bird-tracker-runner-temp";
const END_OF_INPUT = "\u0004";

/** A world in which what is deleted goes when the test says so: a clean-up that takes its time. */
async function slowWorld(): Promise<World & { letGo(): void }> {
  const { promise, resolve: letGo } = deferred<void>();
  const world = await makeWorld({
    async onRequest({ method }) {
      if (method === "DELETE") await promise;
    },
  });
  return { ...world, letGo };
}

const made = (world: World, count: number): Promise<void> =>
  until(
    () => mutationsOf(world.sandbox).filter((call) => call === "POST /api/v1/cvms").length >= count,
  );

/** Until the stop is acknowledged, so that it is known to come before what it stops has ended. */
function stopping({ stderr }: ReturnType<World["start"]>): Promise<void> {
  let text = "";
  stderr.on("data", (more: Buffer) => (text += more.toString()));
  return until(() => text.includes("stopping: deleting"));
}

type Sequence = readonly (readonly [NodeJS.Signals, number])[];

/** unit/cli/stop-requests.test.ts has every mix, and how long after one another: here all of them are one stop. */
test.each<readonly [string, number, readonly string[], string, Sequence]>([
  [
    "npm's Ctrl-C, three times over, then CI's SIGTERM, with --quiet",
    130,
    ["--quiet"],
    "press Ctrl-C again to leave without clean-up",
    [
      ["SIGINT", 1],
      ["SIGINT", 4],
      ["SIGINT", 50],
      ["SIGTERM", 0],
    ],
  ],
  [
    "a closed terminal, and a shell",
    143,
    [],
    `${RUNNER} is gone`,
    [
      ["SIGHUP", 5],
      ["SIGHUP", 5],
      ["SIGTERM", 0],
    ],
  ],
])("one stop: %s", async (_what, exitCode, flags, told, signals) => {
  const world = await slowWorld();
  const child = world.start(["init", "--json", ...flags]);
  const acknowledged = stopping(child);
  await made(world, 2);
  for (const [signal, pause] of signals) {
    child.kill(signal);
    await delay(pause);
  }
  await acknowledged;
  world.letGo();
  const run = await child;
  expect(run.exitCode).toBe(exitCode);
  expect(run.stderr).toContain(`stopping: deleting ${RUNNER}`);
  expect(run.stderr).toContain(told);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  const { error, left_behind: left } = failureIn(run.stdout);
  expect(error.code).toBe(exitCode === 130 ? "interrupted" : "terminated");
  expect(left.map(({ name }) => name)).toEqual([REGISTRY]);
  expect((await journalOf(world)).at(-1)).toMatchObject({
    type: "run-finished",
    outcome: "failed",
  });
});

/** A package whose script runs the program, in the world's folder. */
async function npmPackage(world: World): Promise<void> {
  const scripts = { cluster: `node ${PROGRAM} init --yes` };
  await writeFile(
    path.join(world.folder, "package.json"),
    JSON.stringify({ name: "birds", version: "1.0.0", scripts }),
  );
  await writeFile(
    path.join(world.folder, ".npmrc"),
    "script-shell=/bin/bash\nupdate-notifier=false\n",
  );
}

test("one Ctrl-C through npm with bash as its shell, in a terminal: the clean-up gets its time", async () => {
  const world = await slowWorld();
  await npmPackage(world);
  const session = startInTerminal(world, [], OWN_PHALA, { command: ["npm", "run", "cluster"] });
  await made(world, 2);
  session.type(KEYS.interrupt);
  await session.see(`stopping: deleting ${RUNNER}; press Ctrl-C again to leave without clean-up`);
  world.letGo();
  await session.exit;
  await until(async () => (await processesOf(world)).length === 0);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  expect((await journalOf(world)).at(-1)).toMatchObject({
    type: "run-finished",
    code: "interrupted",
  });
});

test.each(["nohup", "setsid"])(
  "%s: a terminal that is closed changes nothing",
  async (launcher) => {
    const { promise: closed, resolve: goOn } = deferred<void>();
    let asked = false;
    const world = await makePreparedWorld({
      async onRequest({ path: where }) {
        if (!where.startsWith("/gateway/")) return;
        asked = true;
        await closed;
      },
    });
    const command = ["bash", "-c", `${launcher} node "$0" init --yes & wait`, PROGRAM];
    const session = startInTerminal(world, [], {}, { command });
    await until(() => asked);
    // Not the shells around it, which end at the first signal.
    const runs = await pidsOf(world, `${PROGRAM} init`);
    session.hangUp();
    // As the kernel does for every process of the terminal; phala leads a group of its own.
    if (launcher === "nohup") for (const pid of runs) process.kill(pid, "SIGHUP");
    await session.exit;
    goOn();
    await until(() => areGone(runs));
    await until(async () => (await processesOf(world)).length === 0);
    const ends = (await journalOf(world)).filter(({ type }) => type === "run-finished");
    expect(ends).toMatchObject([{ outcome: "done" }, { outcome: "done" }]);
  },
);

/** Ctrl-C there: interruptions.test.ts. */
test("Ctrl-D at a question: cancelled, and nothing was created", async () => {
  const world = await makeWorld();
  const session = startInTerminal(world, ["init"]);
  await session.answer("? AWS region", END_OF_INPUT);
  expect(await session.exit).toBe(130);
  expect(session.screen()).toMatch(/Error: cancelled: nothing was created\n[^]*Code +cancelled/);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test.each([
  ["SIGHUP", 130, "cancelled"],
  ["SIGTERM", 143, "terminated"],
] as const)("%s at a question: %i, %s", async (signal, exitCode, code) => {
  const world = await makeWorld();
  const session = startInTerminal(world, ["init"]);
  await session.see("? AWS region");
  session.signal(signal);
  expect(await session.exit).toBe(exitCode);
  expect(session.screen()).toMatch(new RegExp(`Code +${code}`));
  expect(session.screen()).toContain("nothing was created");
});

test("a reader that goes away in the middle does not stop the clean-up", async () => {
  const world = await makeWorld();
  const child = world.start(["init", "--verbose"]);
  await made(world, 2);
  child.stdout.destroy();
  child.stderr.destroy();
  child.kill("SIGINT");
  expect((await child).exitCode).toBe(130);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});
