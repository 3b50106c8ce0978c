/** `destroy` as a user runs it: this cluster's CVMs go, and nobody else's. */
import { readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { DestroyResult } from "../../src/commands/destroy/result.ts";
import type { DryRunResult } from "../../src/commands/shared/result.ts";
import type { FailureResult } from "../../src/core/results.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import { dropCvm, makeCvm } from "../helpers/cvms.ts";
import { openIntents, stateFolder } from "../helpers/journal.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, failureIn, mutationsOf, type World } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";
import { KEYS, startInTerminal } from "../helpers/terminal.ts";
import { until } from "../helpers/until.ts";

const RUNNERS = ["bird-tracker-runner-00000001", "bird-tracker-runner-deadbeef"];
const OWN = [...RUNNERS, "bird-tracker-registry"];
/** Like ours, and not ours. */
const FOREIGN = [
  "bird-tracker-runner-XYZ",
  "bird-tracker-runner-deadbeef0",
  "bird-tracker-two-registry",
  "birdbath-registry",
  "my-bird-tracker-registry",
];

const deletedBy = (stdout: string): string[] =>
  (JSON.parse(stdout) as DestroyResult).deleted.map(({ name }) => name);

const byName = (a = "", b = ""): number => (a < b ? -1 : 1);

async function liveIn(world: World): Promise<string[]> {
  return (await cloudOf(world.sandbox)).live.toSorted(byName);
}

async function appIdOf(world: World, name: string): Promise<string> {
  const { cvms } = await world.sandbox.cloud();
  return cvms.find((cvm) => cvm.name === name && cvm.deletedAt === null)?.appId ?? "";
}

/** A prepared cluster in which each deletion must be announced in the journal before it is asked for. */
async function watchedWorld() {
  const unannounced: string[] = [];
  let appearing: string | undefined;
  let stopped = false;
  const world = await makePreparedWorld({
    onRequest: async ({ method, path: where }) => {
      if (method !== "DELETE" || stopped) return;
      const name = appearing;
      appearing = undefined;
      if (name !== undefined) await makeCvm(world.sandbox, name);
      const { cvms } = await world.sandbox.cloud();
      const deleted = cvms.find(({ vmUuid }) => where.endsWith(vmUuid))?.name;
      const intents = await openIntents(world);
      const announced = intents.map((intent) => `${intent.action} ${intent.name}`);
      if (!announced.includes(`delete-cvm ${deleted}`)) unannounced.push(where);
    },
  });
  return {
    world,
    unannounced,
    appear: (name: string) => void (appearing = name),
    /** For deletions of the test's own. */
    async dropUnwatched(name: string) {
      stopped = true;
      await dropCvm(world.sandbox, name);
      stopped = false;
    },
  };
}

test("this cluster's CVMs and no others: asked, planned, in use, interrupted, failed, run again", async () => {
  const { world, unannounced, appear, dropUnwatched } = await watchedWorld();
  const { sandbox } = world;
  await makeCvm(sandbox, "birdbath-registry");

  // What a run says of a temporary runner that it left behind deletes that one alone.
  sandbox.setFaults([{ method: "DELETE", action: { kind: "status", status: 500 } }]);
  const change = { TEE_CLUSTER_TIMEOUT: "2s" };
  const rotation = await world.run(["rotate-hash", "--fresh", "--json"], change);
  const failure = expectValid("failure", rotation.stdout) as unknown as FailureResult;
  expect(failure.left_behind).toMatchObject([
    { name: "bird-tracker-runner-temp", usd_per_hour: 0.116 },
  ]);
  sandbox.setFaults([]);
  const [words = ""] = /destroy .*/.exec(failure.clean_up ?? "") ?? [];
  expect(words).toBe("destroy --cluster-name bird-tracker --temporary-runner");
  const one = await world.run([...words.split(" "), "--yes", "--json"]);
  expect([one.exitCode, deletedBy(one.stdout)]).toEqual([0, ["bird-tracker-runner-temp"]]);
  expect(await liveIn(world)).toEqual(["bird-tracker-registry", "birdbath-registry"]);

  for (const name of [...FOREIGN.filter((it) => it !== "birdbath-registry"), ...RUNNERS])
    await makeCvm(sandbox, name);
  const before = await liveIn(world);

  sandbox.resetRequests();
  const asked = await world.run(["destroy", "--json"]);
  expect(asked.exitCode).toBe(2);
  expect(failureIn(asked.stdout).error).toMatchObject({ code: "confirmation-missing" });
  expect(failureIn(asked.stdout).error.hint).toContain("--yes");
  const plan = await world.run(["destroy", "--dry-run", "--json"]);
  expect(plan.exitCode).toBe(0);
  const { actions } = expectValid("dry-run", plan.stdout) as unknown as DryRunResult;
  expect(actions.map(({ action, resource }) => `${action} ${resource}`)).toEqual(
    OWN.map((name) => `delete ${name}`),
  );
  expect(actions[2]?.detail).toContain(`app_id ${await appIdOf(world, "bird-tracker-registry")}`);
  expect(actions[2]?.detail).toMatch(/^running, app_id /);
  expect((await world.run(["destroy", "--yes"], { PHALA_BIN: "/nowhere/phala" })).exitCode).toBe(3);
  expect(mutationsOf(sandbox)).toEqual([]);

  await makeCvm(sandbox, "bird-tracker-runner-temp");
  sandbox.resetRequests();
  const conflict = await world.run(["destroy", "--yes", "--json"]);
  expect(conflict.exitCode).toBe(6);
  expect(failureIn(conflict.stdout).error.code).toBe("temporary-runner-in-use");
  expect(mutationsOf(sandbox)).toEqual([]);
  await dropUnwatched("bird-tracker-runner-temp");
  sandbox.resetRequests();

  sandbox.setFaults([{ method: "DELETE", action: { kind: "hang" } }]);
  const child = world.start(["destroy", "--yes", "--json"]);
  await until(() => mutationsOf(sandbox).length === 2);
  child.kill("SIGINT");
  const interrupted = await child;
  expect(interrupted.exitCode).toBe(130);
  expect(failureIn(interrupted.stdout).left_behind.map(({ name }) => name)).toEqual(OWN);
  expect(await liveIn(world)).toEqual(before);
  expect(await readdir(await stateFolder(world))).not.toContain("lock.json");

  // One failure stops no other.
  const { cvms } = await sandbox.cloud();
  const stubborn = cvms.find(({ name }) => name === RUNNERS[0])?.vmUuid;
  sandbox.setFaults([
    { method: "DELETE", path: `/cvms/${stubborn}$`, action: { kind: "status", status: 500 } },
  ]);
  const failed = await world.run(["destroy", "--yes", "--json", "--timeout", "2s"]);
  expect(failed.exitCode).toBe(4);
  const { error, left_behind: left } = expectValid(
    "failure",
    failed.stdout,
  ) as unknown as FailureResult;
  expect(error).toMatchObject({ code: "cvms-left", step: null });
  expect(error.message).toContain(RUNNERS[0]);
  expect(left).toEqual([{ name: RUNNERS[0], app_id: await appIdOf(world, RUNNERS[0] ?? "") }]);
  expect(await liveIn(world)).toEqual([RUNNERS[0], ...FOREIGN].toSorted(byName));

  sandbox.setFaults([]);
  appear("bird-tracker-runner-0badcafe");
  const resumed = await world.run(["destroy", "--yes", "--json"]);
  expect(resumed.exitCode).toBe(0);
  expect(expectValid("destroy", resumed.stdout)).toMatchObject({
    deleted: [
      { name: RUNNERS[0], app_id: left[0]?.app_id, role: "runner" },
      { name: "bird-tracker-runner-0badcafe" },
    ],
    warnings: [{ code: "runner-appeared" }],
  });
  const nothing = await world.run(["destroy", "--yes"]);
  expect([nothing.exitCode, nothing.stdout]).toEqual([
    0,
    "Nothing to delete: the cluster bird-tracker has no such CVM.",
  ]);
  expect(await liveIn(world)).toEqual(FOREIGN);
  expect(unannounced).toEqual([]);

  // A run that is about to make something holds the lock: then "nothing" would not stay true.
  await holdLock(world);
  const during = await world.run(["destroy", "--yes", "--json"]);
  expect(during.exitCode).toBe(6);
  expect(failureIn(during.stdout).error.code).toBe("run-in-progress");
});

/** As a run of this process would. */
async function holdLock(world: World): Promise<void> {
  const { pid } = process;
  const owner = { pid, host: hostname(), started: null, command: "init", since: "", nonce: "n" };
  await writeFile(path.join(await stateFolder(world), "lock.json"), JSON.stringify(owner));
}

test("on a terminal the cluster's name must be typed; afterwards init begins afresh", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  const right = startInTerminal(world, ["destroy"], { TEE_CLUSTER_NAME: undefined });
  await right.answer("? Cluster name", "bird-tracker", KEYS.enter);
  const shown = await right.answer(
    "? Type bird-tracker to delete 1 CVM:",
    "bird-tracker",
    KEYS.enter,
  );
  expect(shown).toMatch(
    /1 CVM of the cluster bird-tracker on 127\.0\.0\.1:\d+:\n {2}bird-tracker-registry\n {4}running, /,
  );
  expect(shown).toContain("Stop the orchestrator first");
  expect(await right.exit).toBe(0);
  expect(right.screen()).toContain("Cluster bird-tracker is destroyed.");
  // While it was at work, and no longer.
  expect(right.bytes()).toContain("deleting the CVMs of bird-tracker");
  expect(right.screen()).not.toContain("deleting the CVMs of bird-tracker");
  expect(right.cursorVisible()).toBe(true);
  expect((await cloudOf(world.sandbox)).live).toEqual([]);

  const fresh = await world.run(["init", "--json", "--dry-run"]);
  expect((JSON.parse(fresh.stdout) as DryRunResult).actions.map(({ action }) => action)).toEqual([
    "create",
    "none",
    "update",
    "write",
  ]);
  const again = await world.run(["init", "--json"]);
  expect(again.exitCode).toBe(0);
  const { steps, runner_compose_hash: hash } = JSON.parse(again.stdout) as InitResult;
  expect(steps.flatMap(({ number, status }) => (status === "done" ? [number] : []))).toEqual([
    1, 2, 3, 4, 8, 9, 10,
  ]);
  const { live, approved } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([["bird-tracker-registry"], [hash]]);
});
