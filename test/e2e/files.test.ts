/** What is in the way on the disk: full, read-only, newer, torn, a link, somebody else's lock. */
import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import type { FailureResult } from "../../src/core/results.ts";
import { CAN_MOUNT, mountDisk } from "../helpers/disk.ts";
import { hurried } from "../helpers/hurried.ts";
import { stateFolder } from "../helpers/journal.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  cloudOf,
  makeWorld,
  mutationsOf,
  PROGRAM,
  type Run,
  type World,
} from "../helpers/program.ts";

const NO_MOUNT = "this machine allows no mount namespace, and no file mode stops root";

const failure = ({ stdout }: Run): FailureResult => JSON.parse(stdout) as FailureResult;

/** A prerequisite fails: said with what to do, and nothing was touched. */
function expectRefused(world: World, run: Run, code: string, words: string | RegExp): void {
  expect([run.exitCode, failure(run).error.code]).toEqual([3, code]);
  expect(failure(run).error.message).toMatch(words);
  expect(failure(run).error.hint).toBeTruthy();
  expect(mutationsOf(world.sandbox)).toEqual([]);
}

test("a full state directory, a read-only place for orchestrator.yml, a link to nowhere: nothing is made", async ({
  skip,
}) => {
  skip(!CAN_MOUNT, NO_MOUNT);
  const world = await makeWorld();
  const state = await mountDisk(world, world.stateDir);
  await state.fill();
  expectRefused(world, await state.run(["init", "--json"]), "state-unwritable", /ENOSPC/);
  const out = await mountDisk(world, path.join(world.folder, "out"));
  await out.remount("ro");
  const run = await out.run([
    "init",
    "--json",
    "--orchestrator-config",
    "out/orchestrator.yml",
    ...CHANGE,
  ]);
  expectRefused(world, run, "orchestrator-config", /EROFS/);
  await symlink("missing/orchestrator.yml", path.join(world.folder, "orchestrator.yml"));
  expectRefused(world, await world.run(["init", "--json"]), "orchestrator-config", "missing");
  expect(await readdir(out.path)).toEqual([]);
});

test("a temporary directory that is full or read-only: said with what helps, nothing is made", async ({
  skip,
}) => {
  skip(!CAN_MOUNT, NO_MOUNT);
  const world = await makeWorld();
  const disk = await mountDisk(world, world.env["TMPDIR"] ?? "");
  await disk.fill();
  const full = await disk.run(["init", "--json"]);
  expect(full.exitCode).toBe(4);
  expect(failure(full)).toMatchObject({ error: { code: "phala-refused" }, left_behind: [] });
  expect(failure(full).error.message).toContain("ENOSPC");
  expect(mutationsOf(world.sandbox)).toEqual([]);
  await disk.empty();
  await disk.remount("ro");
  const readOnly = await disk.run(["init", "--json"]);
  expectRefused(world, readOnly, "phala-login", /EROFS/);
  expect(failure(readOnly).error.hint).toContain("TMPDIR");
});

test("an answer that stdout does not take is no success", async () => {
  const world = await makeWorld();
  const command = [process.execPath, PROGRAM, "destroy", "--json", "--dry-run"];
  const run = await execa("sh", ["-c", '"$@" > /dev/full', "sh", ...command], {
    cwd: world.folder,
    env: world.env,
    extendEnv: false,
    reject: false,
  });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("the answer could not be written to stdout: ENOSPC");
});

test("a state directory that turns read-only in mid-run: no runner stays, the error is told", async ({
  skip,
}) => {
  skip(!CAN_MOUNT, NO_MOUNT);
  let commits = 0;
  const world = await makeWorld({
    onRequest: async ({ method, path: where }) => {
      if (method !== "POST") return;
      // From here on things have to be done in time.
      await rm(waiting, { force: true });
      if (where !== "/api/v1/cvms") return;
      commits += 1;
      if (commits === 2) await disk.remount("ro");
    },
  });
  const waiting = path.join(world.folder, "waiting");
  const disk = await mountDisk(world, world.stateDir);
  const run = await disk.run(["init", "--json"]);
  // Not 3, which says that nothing was touched.
  expect(run.exitCode).toBe(4);
  expect(failure(run)).toMatchObject({
    error: { code: "state-unwritable", step: "deploy-temporary-runner" },
    left_behind: [{ name: "bird-tracker-registry" }],
  });
  expect((await cloudOf(world.sandbox)).live).toEqual(["bird-tracker-registry"]);
  await disk.remount("rw");
  // What was made is on no record: the next run waits half a minute for it to appear.
  await writeFile(waiting, "");
  expect((await disk.run(["init", "--json"], hurried(20, waiting))).exitCode).toBe(0);
  expect((await cloudOf(world.sandbox)).registriesEverMade).toBe(1);
});

/** Something to write for a run that changes nothing else. */
const CHANGE = ["--memory-per-model", "512"];

test("a disk that is full at the end: orchestrator.yml is whole as before, with nothing beside it", async ({
  skip,
}) => {
  skip(!CAN_MOUNT, NO_MOUNT);
  const world = await makePreparedWorld();
  const old = await readFile(path.join(world.folder, "orchestrator.yml"), "utf8");
  const out = await mountDisk(world, path.join(world.folder, "out"));
  await writeFile(path.join(out.path, "orchestrator.yml"), old);
  await out.fill();
  const run = await out.run([
    "init",
    "--json",
    "--orchestrator-config",
    "out/orchestrator.yml",
    ...CHANGE,
  ]);
  expect([run.exitCode, failure(run).error.code]).toEqual([6, "config-unwritable"]);
  expect(await readdir(out.path)).toHaveLength(2);
  expect(await readFile(path.join(out.path, "orchestrator.yml"), "utf8")).toBe(old);
});

test("orchestrator.yml a link stays one; what it leads to is brought up to date, or made where it is missing", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  const folder = await stateFolder(world);
  // Neither what a power cut tore off nor a lock that is none keeps a run from going on.
  await appendFile(path.join(folder, "journal.jsonl"), '{"v":1,"type":"inte');
  await writeFile(path.join(folder, "lock.json"), '{"pid":');
  const file = path.join(world.folder, "orchestrator.yml");
  const real = path.join(world.folder, "real", "orchestrator.yml");
  await mkdir(path.dirname(real));
  await writeFile(real, `${await readFile(file, "utf8")}# by hand\n`);
  await rm(file);
  await symlink("real/orchestrator.yml", file);
  for (const state of ["outdated", "missing"]) {
    if (state === "missing") await rm(real);
    expect((await world.run(["init", "--json", ...CHANGE])).exitCode).toBe(0);
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    const text = await readFile(real, "utf8");
    expect(text).toContain("memory-per-model-mb: 512");
    expect(text.includes("# by hand")).toBe(state === "outdated");
  }
  expect(mutationsOf(world.sandbox)).toEqual([]);
  expect(await readdir(folder)).not.toContain("lock.json");
});

test("the lock of another host is respected; a journal of a newer version is left to a newer program", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  const folder = await stateFolder(world);
  const lock = path.join(folder, "lock.json");
  const owner = {
    pid: 1,
    host: "elsewhere",
    started: null,
    command: "init",
    since: "2026-01-01",
    nonce: "n",
  };
  await writeFile(lock, JSON.stringify(owner));
  const refused = await world.run(["init", "--json"]);
  expect([refused.exitCode, failure(refused).error.code]).toEqual([6, "run-in-progress"]);
  expect(failure(refused).error.message).toContain(
    "tee-cluster init (pid 1 on elsewhere, since 2026-01-01)",
  );
  expect(failure(refused).error.hint).toContain(`rm '${lock}'`);
  await rm(lock);
  await appendFile(path.join(folder, "journal.jsonl"), '{"v":3,"type":"dream"}\n');
  expectRefused(world, await world.run(["init", "--json"]), "state-too-new", "format 3");
});
