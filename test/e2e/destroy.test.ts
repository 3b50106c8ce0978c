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

test("not without --yes; one failure stops no other; run again it goes on", async () => {
  let watching = false;
  const unannounced: string[] = [];
  const world = await makePreparedWorld({
    onRequest: async ({ method, path: where }) => {
      if (method !== "DELETE" || !watching) return;
      const { cvms } = await world.sandbox.cloud();
      const name = cvms.find(({ vmUuid }) => where.endsWith(vmUuid))?.name;
      const announced = (await openIntents(world)).map(
        (intent) => `${intent.action} ${intent.name}`,
      );
      if (!announced.includes(`delete-cvm ${name}`)) unannounced.push(where);
    },
  });
  for (const name of [...FOREIGN, ...RUNNERS]) await makeCvm(world.sandbox, name);
  world.sandbox.resetRequests();

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
  expect(mutationsOf(world.sandbox)).toEqual([]);

  watching = true;
  const { cvms } = await world.sandbox.cloud();
  const stubborn = cvms.find(({ name }) => name === RUNNERS[0])?.vmUuid;
  world.sandbox.setFaults([
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

  world.sandbox.setFaults([]);
  const resumed = await world.run(["destroy", "--yes", "--json"]);
  expect(resumed.exitCode).toBe(0);
  expect(expectValid("destroy", resumed.stdout)).toMatchObject({
    deleted: [{ name: RUNNERS[0], app_id: left[0]?.app_id, role: "runner" }],
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

test("a temporary runner in use is a conflict; SIGINT ends it in order; what appears meanwhile goes too", async () => {
  let appearing: string | undefined;
  const world = await makePreparedWorld({
    onRequest: async ({ method }) => {
      const name = appearing;
      if (method !== "DELETE" || name === undefined) return;
      appearing = undefined;
      await makeCvm(world.sandbox, name);
    },
  });
  for (const name of [...RUNNERS, "bird-tracker-runner-temp"]) await makeCvm(world.sandbox, name);
  world.sandbox.resetRequests();
  const conflict = await world.run(["destroy", "--yes", "--json"]);
  expect(conflict.exitCode).toBe(6);
  expect(failureIn(conflict.stdout).error.code).toBe("temporary-runner-in-use");
  expect(mutationsOf(world.sandbox)).toEqual([]);
  await dropCvm(world.sandbox, "bird-tracker-runner-temp");
  world.sandbox.resetRequests();

  world.sandbox.setFaults([{ method: "DELETE", action: { kind: "hang" } }]);
  const child = world.start(["destroy", "--yes", "--json"]);
  await until(() => mutationsOf(world.sandbox).length === 2);
  child.kill("SIGINT");
  const interrupted = await child;
  expect(interrupted.exitCode).toBe(130);
  expect(failureIn(interrupted.stdout).left_behind.map(({ name }) => name)).toEqual(OWN);
  expect(await liveIn(world)).toEqual(["bird-tracker-registry", ...RUNNERS]);
  expect(await readdir(await stateFolder(world))).not.toContain("lock.json");

  world.sandbox.setFaults([]);
  appearing = "bird-tracker-runner-0badcafe";
  const resumed = await world.run(["destroy", "--yes", "--json"]);
  expect(resumed.exitCode).toBe(0);
  expect(deletedBy(resumed.stdout).slice(0, 2).toSorted()).toEqual(RUNNERS);
  expect(deletedBy(resumed.stdout).slice(2)).toEqual([
    "bird-tracker-runner-0badcafe",
    "bird-tracker-registry",
  ]);
  expect(expectValid("destroy", resumed.stdout)["warnings"]).toMatchObject([
    { code: "runner-appeared" },
  ]);
  expect((await cloudOf(world.sandbox)).live).toEqual([]);
});

test("on a terminal the cluster's name must be typed; afterwards init begins afresh", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  const wrong = startInTerminal(world, ["destroy"]);
  await wrong.answer("? Type bird-tracker to delete 1 CVM:", "bird", KEYS.enter);
  expect(await wrong.exit).toBe(2);
  expect(wrong.screen()).toContain("not the cluster's name: nothing is deleted");
  expect(mutationsOf(world.sandbox)).toEqual([]);

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

test("what a run says of a temporary runner that it left behind deletes that one alone", async () => {
  const world = await makePreparedWorld();
  await makeCvm(world.sandbox, "birdbath-registry");
  const before = await liveIn(world);
  world.sandbox.setFaults([{ method: "DELETE", action: { kind: "status", status: 500 } }]);
  const change = { TEE_CLUSTER_TIMEOUT: "2s" };
  const rotation = await world.run(["rotate-hash", "--fresh", "--json"], change);
  const failure = expectValid("failure", rotation.stdout) as unknown as FailureResult;
  expect(failure.left_behind).toMatchObject([
    { name: "bird-tracker-runner-temp", usd_per_hour: 0.116 },
  ]);
  world.sandbox.setFaults([]);
  const [words = ""] = /destroy .*/.exec(failure.clean_up ?? "") ?? [];
  expect(words).toBe("destroy --cluster-name bird-tracker --temporary-runner");
  const run = await world.run([...words.split(" "), "--yes", "--json"]);
  expect(run.exitCode).toBe(0);
  expect(deletedBy(run.stdout)).toEqual(["bird-tracker-runner-temp"]);
  expect(await liveIn(world)).toEqual(before);
  const again = await world.run([...words.split(" "), "--yes"]);
  expect(again.exitCode).toBe(0);
  expect(again.stdout).toContain("no such CVM");
  expect(await liveIn(world)).toEqual(before);
});
