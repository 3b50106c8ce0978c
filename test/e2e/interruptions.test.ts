/** Ctrl-C, once and twice, at every kind of moment: what it leaves, and that it says so. */
import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { journalOf, stateFolder } from "../helpers/journal.ts";
import { HURRIED, HURRY } from "../helpers/hurried.ts";
import { OWN_PHALA } from "../helpers/phala-bin.ts";
import {
  cloudOf,
  failureIn,
  makeWorld,
  mutationsOf,
  type Run,
  type World,
} from "../helpers/program.ts";
import { openPreparedWorld } from "../helpers/prepared-cluster.ts";
import { processesOf } from "../helpers/processes.ts";
import { expectGivenBack, KEYS, startInTerminal } from "../helpers/terminal.ts";
import { until } from "../helpers/until.ts";

/** A person's second Ctrl-C comes this long after the first one, or is part of it. */
const SEPARATE_MS = 1_100;
const NO_DELETION = [{ method: "DELETE", action: { kind: "hang" } }] as const;
const LEFT = ["bird-tracker-registry", "bird-tracker-runner-temp"];

const deletions = (world: World): number =>
  mutationsOf(world.sandbox).filter((call) => call.startsWith("DELETE")).length;

/** With the seconds that it took by its own clock. */
type HungCleanup = { readonly run: Run; readonly seconds: number };
let hungCleanup: Promise<HungCleanup>;

/** Begun before the other tests and looked at after them: it waits for its limit, and does little else. */
async function interruptWithHangingDeletion(): Promise<HungCleanup> {
  const world = await openPreparedWorld();
  try {
    world.sandbox.setFaults(NO_DELETION);
    const child = world.start(["rotate-hash", "--fresh", "--json"], HURRIED);
    await until(() => deletions(world) > 0);
    child.kill("SIGINT");
    const started = performance.now();
    const { exitCode, signal, stdout, stderr } = await child;
    const run = { exitCode, signal, stdout, stderr };
    return { run, seconds: ((performance.now() - started) * HURRY) / 1000 };
  } finally {
    await world.close();
  }
}

beforeAll(() => {
  hungCleanup = interruptWithHangingDeletion();
});

test("a second Ctrl-C leaves at once, says what it leaves, and gives lock and terminal back", async () => {
  const world = await makeWorld();
  world.sandbox.setFaults(NO_DELETION);
  const session = startInTerminal(world, ["init"], {}, { thenStty: true });
  // The wizard had the keyboard for itself.
  for (const prompt of ["? AWS region", "? Instance type", "? Node", "? Memory per model"])
    await session.answer(prompt, KEYS.enter);
  await session.answer("? Orchestrator schema", "the dev", KEYS.enter);
  await session.answer("? What now?", KEYS.enter);
  await until(() => deletions(world) > 0);
  session.type(KEYS.interrupt);
  await session.see(
    "stopping: deleting bird-tracker-runner-temp; press Ctrl-C again to leave without clean-up",
  );
  await delay(SEPARATE_MS);
  const started = performance.now();
  session.type(KEYS.interrupt);
  expect(await session.exit).toBe(130);
  // In no time, where a clean-up has half a minute.
  expect(performance.now() - started).toBeLessThan(20_000);
  expectGivenBack(session);
  for (const name of LEFT) expect(session.screen()).toMatch(new RegExp(`${name} +.*\\$0\\.116/h`));
  expect(session.screen()).toContain("left behind, for $0.232 an hour");
  expect(session.screen()).toMatch(/destroy --cluster-name bird-tracker$/m);
  expect(await readdir(await stateFolder(world))).not.toContain("lock.json");
  expect(await readdir(world.env["TMPDIR"] ?? "")).toEqual([]);
  await until(async () => (await processesOf(world)).length === 0);
});

test("SIGINT while a phala child runs: the child is gone with the run, and its exit 0 is no success", async () => {
  const world = await makeWorld();
  world.sandbox.setFaults([{ method: "POST", path: "/cvms/provision$", action: { kind: "hang" } }]);
  const child = world.start(["init", "--json"], OWN_PHALA);
  await until(() => mutationsOf(world.sandbox).length > 0);
  const running = await processesOf(world);
  // It was started ahead, so its command line does not say what it does; the next one may wait already.
  expect(running.some((line) => line.endsWith(` ${OWN_PHALA.PHALA_BIN}`))).toBe(true);
  child.kill("SIGINT");
  const run = await child;
  expect(run.exitCode).toBe(130);
  expect(await processesOf(world)).toEqual([]);
  expect(failureIn(run.stdout)).toMatchObject({ error: { code: "interrupted" }, left_behind: [] });
  expect((await cloudOf(world.sandbox)).cvms).toEqual([]);
});

test("a terminal that is closed, by shell and kernel: in order, too", async () => {
  const world = await makeWorld();
  world.sandbox.setFaults([{ method: "POST", path: "/cvms/provision$", action: { kind: "hang" } }]);
  const session = startInTerminal(world, ["init", "--yes"]);
  await until(() => mutationsOf(world.sandbox).length > 0);
  session.hangUp();
  session.hangUp();
  expect(await session.exit).toBe(143);
  expect(await processesOf(world)).toEqual([]);
  expect((await journalOf(world)).at(-1)).toMatchObject({
    type: "run-finished",
    code: "terminated",
  });
  expect(await readdir(await stateFolder(world))).not.toContain("lock.json");
});

test("a platform that hangs while the runner is deleted: the run ends within its budget and says what is left", async () => {
  const { run, seconds } = await hungCleanup;
  expect(run.exitCode).toBe(130);
  expect(seconds).toBeGreaterThan(25);
  expect(seconds).toBeLessThan(120 * HURRY);
  expect(run.stderr).toContain("cleaning up took longer than 30s");
  expect(failureIn(run.stdout).left_behind.map(({ name }) => name)).toEqual(LEFT.slice(1));
});
