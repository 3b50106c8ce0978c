/** One stop, in whatever mix its signals arrive, and questions that get no answer: for real, through npm and shells. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { deferred } from "../../src/lib/deferred.ts";
import { HURRIED, HURRY } from "../helpers/hurried.ts";
import { journalOf } from "../helpers/journal.ts";
import { OWN_PHALA } from "../helpers/phala-bin.ts";
import { pidsOf, processesOf } from "../helpers/processes.ts";
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

/** unit/cli/stop-requests.test.ts has every mix; here is a key and a closed terminal. */
test.each<readonly [string, number, Sequence]>([
  [
    "npm's Ctrl-C, three times over",
    130,
    [
      ["SIGINT", 1],
      ["SIGINT", 4],
      ["SIGINT", 0],
    ],
  ],
  [
    "a closed terminal, and a shell",
    143,
    [
      ["SIGHUP", 5],
      ["SIGHUP", 5],
      ["SIGTERM", 0],
    ],
  ],
])("one stop: %s", async (_what, exitCode, signals) => {
  const world = await slowWorld();
  const child = world.start(["init", "--json"]);
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
  expect(run.stderr).toContain(`${RUNNER} is gone`);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  expect(failureIn(run.stdout).left_behind.map(({ name }) => name)).toEqual([REGISTRY]);
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

test("one Ctrl-C through npx with bash as its shell: the clean-up gets its time", async () => {
  const world = await slowWorld();
  await npmPackage(world);
  const bin = path.join(world.folder, "node_modules", ".bin");
  await mkdir(bin, { recursive: true });
  await symlink(PROGRAM, path.join(bin, "tee-cluster"));
  const command = ["npx", "--no", "tee-cluster", "init", "--yes"];
  const session = startInTerminal(world, [], {}, { command });
  await made(world, 2);
  session.type(KEYS.interrupt);
  await session.see(`stopping: deleting ${RUNNER}; press Ctrl-C again to leave without clean-up`);
  world.letGo();
  await session.exit;
  await until(async () => (await processesOf(world)).length === 0);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});

test("GitHub's way, with --quiet: SIGTERM 7.5 s after SIGINT, and the deletion takes longer than that", async () => {
  const world = await slowWorld();
  const child = world.start(["init", "--json", "--quiet"], HURRIED);
  const acknowledged = stopping(child);
  await made(world, 2);
  child.kill("SIGINT");
  await delay(7_500 / HURRY);
  child.kill("SIGTERM");
  await delay(1_500 / HURRY);
  await acknowledged;
  world.letGo();
  const run = await child;
  expect([run.exitCode, failureIn(run.stdout).error.code]).toEqual([130, "interrupted"]);
  expect(run.stderr).toContain(
    `stopping: deleting ${RUNNER}; press Ctrl-C again to leave without clean-up`,
  );
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});

test.each(["nohup", "setsid"])(
  "%s: a terminal that is closed changes nothing",
  async (launcher) => {
    const world = await makeWorld();
    world.sandbox.setFaults([
      { method: "POST", path: "/cvms/provision$", action: { kind: "delay", ms: 1_000 } },
    ]);
    const command = ["bash", "-c", `${launcher} node ${PROGRAM} init --yes & wait`];
    const session = startInTerminal(world, [], {}, { command });
    await until(() => mutationsOf(world.sandbox).length > 0);
    session.hangUp();
    // As the kernel does for every process of the terminal; phala leads a group of its own.
    const ofTerminal = launcher === "nohup" ? await pidsOf(world, PROGRAM) : [];
    for (const pid of ofTerminal) process.kill(pid, "SIGHUP");
    await session.exit;
    await until(async () => (await processesOf(world)).length === 0);
    expect((await journalOf(world)).at(-1)).toMatchObject({
      type: "run-finished",
      outcome: "done",
    });
    expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  },
);

/** Ctrl-C there: interruptions.test.ts. */
test("Ctrl-D at a question, typed or chosen: cancelled, and nothing was created", async () => {
  const world = await makeWorld();
  for (const before of [[], ["? AWS region"]]) {
    const session = startInTerminal(world, ["init"]);
    for (const prompt of before) await session.answer(prompt, KEYS.enter);
    await session.answer(before.length === 0 ? "? AWS region" : "? Instance type", END_OF_INPUT);
    expect(await session.exit).toBe(130);
    expect(session.screen()).toMatch(/Error: cancelled: nothing was created\n[^]*Code +cancelled/);
  }
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

test("Cancel in the wizard, and nothing typed at destroy, are no interruption", async () => {
  const world = await makeWorld();
  const session = startInTerminal(world, ["init"]);
  for (const prompt of ["? AWS region", "? Instance type", "? Node", "? Memory per model"])
    await session.answer(prompt, KEYS.enter);
  await session.answer("? Orchestrator schema", "the dev", KEYS.enter);
  await session.answer("? What now?", KEYS.up, KEYS.enter);
  expect(await session.exit).toBe(130);
  expect(session.screen()).toContain("Error: cancelled: nothing was created");
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
