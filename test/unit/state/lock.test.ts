/** Who gets the lock of a cluster, and who has to wait. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { acquireLock } from "../../../src/state/lock.ts";
import { stateDirectoryOf, type StateDirectory } from "../../../src/state/state-directory.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const now = (): number => Date.UTC(2026, 0, 2);

async function directory(lock?: string): Promise<StateDirectory> {
  const made = stateDirectoryOf(await temporaryFolder(), "host:1", "bird");
  await mkdir(made.path, { recursive: true });
  if (lock !== undefined) await writeFile(made.lock, lock);
  return made;
}

const DEAD = spawnSync("true").pid;
const owner = (change: Record<string, unknown>): string =>
  JSON.stringify({
    pid: process.pid,
    host: hostname(),
    started: null,
    command: "init",
    since: "2026-01-01T00:00:00.000Z",
    nonce: "0011223344556677",
    ...change,
  });

test("taken, it says by whom; released, it is gone with everything beside it", async () => {
  const held = await directory();
  const lock = await acquireLock(held, "init", now);
  expect(JSON.parse(await readFile(held.lock, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
  await expect(acquireLock(held, "destroy", now)).rejects.toMatchObject({
    kind: "conflict",
    code: "run-in-progress",
    message: `tee-cluster init (pid ${process.pid} on ${hostname()}, since 2026-01-02T00:00:00.000Z) is at work on this cluster`,
  });
  lock.release();
  lock.release();
  expect(await readdir(held.path)).toEqual([]);
});

test.each([
  ["a dead process", owner({ pid: DEAD })],
  ["a process whose pid was given again", owner({ started: "1" })],
  ["nobody: half a document", '{"pid":'],
  ["nobody: an empty file", ""],
  ["nobody: another document", "[]"],
])("the lock of %s is taken over", async (_, text) => {
  const stale = await directory(text);
  const lock = await acquireLock(stale, "init", now);
  expect(JSON.parse(await readFile(stale.lock, "utf8"))).toMatchObject({ pid: process.pid });
  lock.release();
  expect(await readdir(stale.path)).toEqual([]);
});

test("the lock of another host is nobody's to judge", async () => {
  const shared = await directory(owner({ host: "elsewhere", pid: DEAD }));
  await expect(acquireLock(shared, "init", now)).rejects.toMatchObject({
    code: "run-in-progress",
    hint: `wait for it; if that machine is gone for good, remove ${shared.lock}`,
  });
  expect(await readdir(shared.path)).toEqual(["lock.json"]);
});

test("of many that find a dead owner's lock at once one gets it", async () => {
  const contested = await directory(owner({ pid: DEAD }));
  const tries = Array.from({ length: 12 }, () => acquireLock(contested, "init", now));
  const outcomes = await Promise.allSettled(tries);
  const lock = outcomes.find((outcome) => outcome.status === "fulfilled")?.value;
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  lock?.release();
  expect(await readdir(contested.path)).toEqual([]);
});

test("a lock that was taken over is not released by the one that lost it", async () => {
  const taken = await directory();
  const lock = await acquireLock(taken, "init", now);
  await writeFile(taken.lock, owner({ nonce: "another" }));
  lock.release();
  expect(await readdir(taken.path)).toEqual(["lock.json"]);
});
