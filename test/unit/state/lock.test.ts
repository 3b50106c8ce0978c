/** Who gets the lock of a cluster, and who has to wait. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { processPlace } from "../../../src/lib/process-alive.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { acquireLock, isRunInProgress, type LockOptions } from "../../../src/state/lock.ts";
import { stateDirectoryOf, type StateDirectory } from "../../../src/state/state-directory.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const now = (): number => Date.UTC(2026, 0, 2);
const options = (command = "init", more: Partial<LockOptions> = {}): LockOptions => ({
  command,
  ...systemClock,
  now,
  signal: new AbortController().signal,
  ...more,
});

async function directory(lock?: string): Promise<StateDirectory> {
  const made = stateDirectoryOf(await temporaryFolder(), "host:1", "bird");
  await mkdir(made.path, { recursive: true });
  if (lock !== undefined) await writeFile(made.lock, lock);
  return made;
}

const DEAD = spawnSync("true").pid;
/** As this version writes it, of a process elsewhere. */
const distant = (change: Record<string, unknown> = {}): string =>
  owner({
    v: 2,
    pid: DEAD,
    host: "ci-7",
    namespace: "pid:[1]",
    boot: "b",
    beat: "0".repeat(12),
    ...change,
  });
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
  const lock = await acquireLock(held, options("init"));
  expect(JSON.parse(await readFile(held.lock, "utf8"))).toMatchObject({
    pid: process.pid,
    host: hostname(),
  });
  await expect(acquireLock(held, options("destroy"))).rejects.toMatchObject({
    kind: "conflict",
    code: "run-in-progress",
    message: `another run is in progress on this cluster: tee-cluster init (pid ${process.pid} on ${hostname()}, since 2026-01-02T00:00:00.000Z)`,
  });
  lock.release();
  lock.release();
  expect(await readdir(held.path)).toEqual([]);
});

test("a lock that can't be read is no free one", async () => {
  const at = await directory();
  await mkdir(at.lock);
  const refusal = { kind: "prerequisite", code: "state-unreadable" };
  await expect(acquireLock(at, options())).rejects.toMatchObject(refusal);
  await expect(isRunInProgress(at)).rejects.toMatchObject(refusal);
  expect(await readdir(at.path)).toEqual(["lock.json"]);
});

test("the claim of a living process on a dead one's lock is left to it", async () => {
  const at = await directory(owner({ pid: DEAD, nonce: "first" }));
  const claim = owner({ nonce: "second" });
  await writeFile(`${at.lock}.next-first`, claim);
  await expect(
    acquireLock(at, options("init", { sleep: async () => undefined })),
  ).rejects.toMatchObject({ code: "run-in-progress" });
  expect(await readFile(`${at.lock}.next-first`, "utf8")).toBe(claim);
  expect((await readdir(at.path)).toSorted()).toEqual(["lock.json", "lock.json.next-first"]);
});

test("a release that comes again leaves the lock of the next run", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options());
  lock.release();
  const next = await acquireLock(at, options("destroy"));
  lock.release();
  expect(() => next.assertHeld()).not.toThrow();
  expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: "lock-lost" }));
  next.release();
});

test.each([
  ["a dead process", owner({ pid: DEAD })],
  ["a process whose pid was given again", owner({ started: "1" })],
  ["nobody: half a document", '{"pid":'],
  ["nobody: an empty file", ""],
  ["nobody: another document", "[]"],
])("the lock of %s is taken over", async (_, text) => {
  const stale = await directory(text);
  const lock = await acquireLock(stale, options());
  expect(JSON.parse(await readFile(stale.lock, "utf8"))).toMatchObject({ pid: process.pid });
  lock.release();
  expect(await readdir(stale.path)).toEqual([]);
});

test("the lock of a 0.1.0 on another host, which has no heartbeat, is nobody's to judge", async () => {
  const shared = await directory(owner({ host: "elsewhere", pid: DEAD }));
  await expect(acquireLock(shared, options())).rejects.toMatchObject({
    code: "run-in-progress",
    hint: `wait for it; if it is gone for good: rm '${shared.lock}'`,
  });
  expect(await readdir(shared.path)).toEqual(["lock.json"]);
});

test("of many that find a dead owner's lock at once one gets it", async () => {
  const contested = await directory(owner({ pid: DEAD }));
  const tries = Array.from({ length: 12 }, () => acquireLock(contested, options()));
  const outcomes = await Promise.allSettled(tries);
  const lock = outcomes.find((outcome) => outcome.status === "fulfilled")?.value;
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  lock?.release();
  expect(await readdir(contested.path)).toEqual([]);
});

test("a lock that was taken over is not released by the one that lost it", async () => {
  const taken = await directory();
  const lock = await acquireLock(taken, options());
  await writeFile(taken.lock, owner({ nonce: "another" }));
  lock.release();
  expect(await readdir(taken.path)).toEqual(["lock.json"]);
});

test.each([
  ["a newer format", owner({ v: 3, pid: DEAD })],
  ["a document of another kind", '{"holder":"somebody"}'],
])("a lock of %s is respected", async (_, text) => {
  const at = await directory(text);
  await expect(acquireLock(at, options())).rejects.toMatchObject({
    kind: "conflict",
    code: "run-in-progress",
    hint: `wait for it; if it is gone for good: rm '${at.lock}'`,
  });
  expect(await readFile(at.lock, "utf8")).toBe(text);
  expect(await isRunInProgress(at)).toBe(true);
});

const { namespace, boot } = processPlace();
test.each([
  ["another host", { namespace, boot }],
  ["another process namespace", { host: hostname(), boot }],
  ["another kernel", { host: hostname(), namespace }],
])(
  "of an owner in %s only the heartbeat counts: a silent one's lock is taken over",
  async (_, change) => {
    const at = await directory(distant(change));
    expect(await isRunInProgress(at)).toBe(true);
    const said: string[] = [];
    const onWait = (message: string): void => void said.push(message);
    const clock = steppedClock();
    const lock = await acquireLock(at, options("init", { ...clock, onWait }));
    expect(clock.monotonic()).toBeGreaterThanOrEqual(120_000);
    expect(clock.monotonic()).toBeLessThan(125_000);
    expect(said).toEqual([
      expect.stringMatching(/^tee-cluster init \(pid .* on .*no sign of life for 120 s/),
    ]);
    lock.assertHeld();
    lock.release();
    expect(await readdir(at.path)).toEqual([]);
  },
);

test("after a reboot the lock of a run that it ended is taken over at once", async () => {
  const here = processPlace();
  // In a container nothing shows that a boot is an earlier one of this machine.
  const known = here.namespace === "pid:[4026531836]" && here.machine !== null;
  const at = await directory(
    distant({ ...here, host: hostname(), boot: "before", pid: process.pid }),
  );
  const said: string[] = [];
  const onWait = (message: string): void => void said.push(message);
  const clock = steppedClock();
  const lock = await acquireLock(at, options("init", { ...clock, onWait }));
  expect(said).toHaveLength(known ? 0 : 1);
  expect(clock.monotonic()).toBeLessThan(known ? 1_000 : 125_000);
  lock.release();
});

test("one that shows a sign of life is respected at once", async () => {
  const at = await directory(distant());
  const clock = steppedClock(async (ms) => {
    if (ms === 60_000) await writeFile(at.lock, distant({ beat: "000000000001" }));
  });
  await expect(acquireLock(at, options("init", clock))).rejects.toMatchObject({
    code: "run-in-progress",
    hint: "wait until it has finished, then run this command again",
  });
  expect(clock.monotonic()).toBe(60_000);
});

test("one that ends while it is watched makes room; another one that comes is watched from the start", async () => {
  const at = await directory(distant());
  const clock = steppedClock(async (ms) => {
    if (ms === 60_000) await writeFile(at.lock, distant({ nonce: "another" }));
    if (ms === 150_000) await rm(at.lock);
  });
  const lock = await acquireLock(at, options("init", clock));
  expect(clock.monotonic()).toBe(150_000);
  lock.release();
});

test("Ctrl-C ends the wait, and leaves nothing", async () => {
  const at = await directory(distant());
  const stop = new AbortController();
  const attempt = acquireLock(
    at,
    options("init", { signal: stop.signal, onWait: () => stop.abort(new Error("stop")) }),
  );
  await expect(attempt).rejects.toThrow("stop");
  expect(await readdir(at.path)).toEqual(["lock.json"]);
});

test("who holds a lock says so again and again, in its own file only", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options("init", { beatMs: 5 }));
  const first = await readFile(at.lock, "utf8");
  await vi.waitFor(async () => expect(await readFile(at.lock, "utf8")).not.toBe(first), 60_000);
  expect(Object.keys(JSON.parse(await readFile(at.lock, "utf8")) as object)).toEqual(
    Object.keys(JSON.parse(first) as object),
  );
  await rm(at.lock);
  await writeFile(at.lock, distant());
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await readFile(at.lock, "utf8")).toBe(distant());
  expect(() => lock.assertHeld()).toThrow(
    expect.objectContaining({ kind: "conflict", code: "lock-lost" }) as Error,
  );
  lock.release();
  expect(await readFile(at.lock, "utf8")).toBe(distant());
});

test("a take-over that its maker did not live to finish is finished by the next one", async () => {
  const stale = owner({ pid: DEAD, nonce: "first" });
  const at = await directory(stale);
  await writeFile(`${at.lock}.next-first`, owner({ pid: DEAD, nonce: "second" }));
  await writeFile(`${at.lock}.next-second`, owner({ pid: DEAD, nonce: "third" }));
  const lock = await acquireLock(at, options());
  expect(await readdir(at.path)).toEqual(["lock.json"]);
  lock.release();
});

test("a lock that is being taken over is left to whoever does it", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options());
  const { nonce } = JSON.parse(await readFile(at.lock, "utf8")) as { nonce: string };
  await writeFile(`${at.lock}.next-${nonce}`, distant());
  lock.release();
  expect((await readdir(at.path)).toSorted()).toEqual(["lock.json", `lock.json.next-${nonce}`]);
});

test("a folder that can't be written is said to be so", async () => {
  const at = await directory();
  const missing = { ...at, lock: `${at.path}/missing/lock.json` };
  await expect(acquireLock(missing, options())).rejects.toMatchObject({ code: "state-unwritable" });
});

/** A clock that moves only when somebody sleeps. */
function steppedClock(at: (ms: number) => Promise<void> = async () => undefined) {
  let ms = 0;
  return {
    monotonic: () => ms,
    async sleep(pause: number) {
      ms += pause;
      await at(ms);
    },
  };
}

test("whether a run is in progress is seen without taking anything", async () => {
  const free = await directory();
  expect(await isRunInProgress(free)).toBe(false);
  const lock = await acquireLock(free, options());
  expect(await isRunInProgress(free)).toBe(true);
  lock.release();
  expect(await isRunInProgress(free)).toBe(false);
  const dead = await directory(owner({ pid: DEAD }));
  expect(await isRunInProgress(dead)).toBe(false);
});

test("a lock that another run has taken is not held: no change is made from then on", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options());
  expect(() => lock.assertHeld()).not.toThrow();
  await writeFile(at.lock, owner({ nonce: "ffffffffffffffff" }));
  expect(() => lock.assertHeld()).toThrow(
    expect.objectContaining({
      kind: "conflict",
      code: "lock-lost",
      message: expect.stringContaining(at.lock) as string,
      hint: "wait until it has finished, then run this command again",
    }) as Error,
  );
  lock.release();
  expect(await readFile(at.lock, "utf8")).toContain("ffffffffffffffff");
  await rm(at.lock);
  expect(() => lock.assertHeld()).toThrow(/another run has taken over/);
});

test("released twice is released once: a later owner's lock stays", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options());
  lock.release();
  const later = await acquireLock(at, options("rotate-hash"));
  lock.release();
  expect(() => later.assertHeld()).not.toThrow();
  later.release();
  expect(await readdir(at.path)).toEqual([]);
});

test("the lock file is private", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options());
  expect((await stat(at.lock)).mode & 0o777).toBe(0o600);
  lock.release();
});

test("who is in the way is named, with what to do", async () => {
  const at = await directory();
  const lock = await acquireLock(at, options());
  await expect(acquireLock(at, options())).rejects.toMatchObject({
    kind: "conflict",
    code: "run-in-progress",
    message: expect.stringMatching(/^another run is in progress on this cluster: ./) as string,
    hint: "wait until it has finished, then run this command again",
  });
  lock.release();
  expect(await readdir(at.path)).toEqual([]);
});
