/** Where the program runs: folders, users, clocks, mounts and jobs as there are in containers, cron and CI. */
import { chmod, cp, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { CAN_MOUNT } from "../helpers/disk.ts";
import { makeV2Files, v2Environment } from "../helpers/coordinator.ts";
import { journalOf } from "../helpers/journal.ts";
import { OWN_PHALA } from "../helpers/phala-bin.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  cloudOf,
  COMPOSE_FOLDER,
  failureIn,
  makeWorld,
  mutationsOf,
  PROGRAM,
  type World,
} from "../helpers/program.ts";
import { until } from "../helpers/until.ts";
import { initiated, REGISTRY, RUNNER } from "./cases/world.ts";

const isRoot = process.getuid?.() === 0;

test("a working directory that was deleted is reported, in JSON too", async () => {
  const { folder, env } = await makeWorld();
  await mkdir(path.join(folder, "gone"));
  const script = `cd gone && rmdir ../gone && exec "$0" "$1" status --json`;
  // Nor need the temporary folder exist.
  const where = { ...env, TMPDIR: path.join(folder, "none") };
  const options = { cwd: folder, env: where, extendEnv: false, reject: false };
  const run = await execa("bash", ["-c", script, process.execPath, PROGRAM], options);
  expect([run.exitCode, failureIn(run.stdout).error.code]).toEqual([3, "no-working-directory"]);
});

// In a process of its own: what a worker thread opened and handed to a socket, Node closes once more at its end, by
// then perhaps as another test's file.
test("a pipe as config file is read to the end of its writer, who comes later", async () => {
  const { folder, env } = await makeWorld();
  const value = "x".repeat(50_000);
  await writeFile(path.join(folder, "text"), `# ${value}\nmax-models: 7\n`);
  const script = `mkfifo pipe && (cat text > pipe & exec "$0" "$1" config show --json --config pipe)`;
  const options = { cwd: folder, env, extendEnv: false, reject: false };
  const run = await execa("bash", ["-c", script, process.execPath, PROGRAM], options);
  expect([run.exitCode, run.stdout]).toEqual([0, expect.stringMatching(/"pipe:2"/)]);
});

// 20 s: it would go on for the 35 s that a run is given for its clean-up.
test("Ctrl-C ends the wait for the writer of such a pipe", { timeout: 20_000 }, async () => {
  const world = await makeWorld();
  const pipe = path.join(world.folder, "pipe");
  await execa("mkfifo", [pipe]);
  for (const command of [["config", "show"], ["doctor"]]) {
    const run = world.start([...command, "--config", "pipe"]);
    await until(async () => (await openFiles(run.pid)).includes(pipe));
    run.kill("SIGINT");
    expect((await run).exitCode).toBe(130);
  }
});

async function openFiles(pid: number | undefined): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const fds = await readdir(folder).catch(() => []);
  return Promise.all(fds.map((fd) => readlink(path.join(folder, fd)).catch(() => "")));
}

test("`~/` in every path that is given, by flags, variables and the config file", async () => {
  const world = await makeWorld();
  const home = world.env["HOME"] ?? "";
  await mkdir(home, { recursive: true });
  await makeV2Files(home);
  const v2 = await v2Environment(home);
  for (const role of ["registry", "runner"]) {
    const given = v2[`TEE_CLUSTER_${role.toUpperCase()}_COMPOSE`];
    const shipped = path.join(COMPOSE_FOLDER, `docker-compose.phala.${role}.yml`);
    const file = given === undefined ? shipped : path.resolve(home, given);
    await cp(file, path.join(home, `its-${role}.yml`));
  }
  await cp(path.join(home, v2["GATEWAY_KEY_PATH"] ?? ""), path.join(home, "its-key.pem"));
  await chmod(path.join(home, "its-key.pem"), 0o600);
  await cp(world.env["TEE_CLUSTER_TRUST_FILE"] ?? "", path.join(home, "its-trust.json"));
  await writeFile(path.join(home, "its.yml"), "runner-compose: ~/its-runner.yml\n");
  const env = {
    ...v2,
    TEE_CLUSTER_REGISTRY_COMPOSE: "~/its-registry.yml",
    TEE_CLUSTER_RUNNER_COMPOSE: undefined,
    TEE_CLUSTER_STATE_DIR: "~/its-state",
    TEE_CLUSTER_TRUST_FILE: "~/its-trust.json",
    TEE_CLUSTER_CONFIG: "~/its.yml",
    GATEWAY_KEY_PATH: undefined,
  };
  const args = ["--orchestrator-config", "~/o.yml", "--gateway-key-path", "~/its-key.pem"];
  const init = ["init", "--json", "--hash-from", "provision", "--watcher", "yaml:~/models.yml"];
  const run = await world.run([...init, ...args], env);
  initiated(run);
  const written = await readFile(path.join(home, "o.yml"), "utf8");
  expect(written).not.toContain("~");
  expect(written).toContain(path.join(home, "its-key.pem"));
  const exported = ["hash", "--json", "--export", "~/record.json"];
  expect((await world.run(exported, env)).exitCode).toBe(0);
  expect(await readdir(home)).toEqual(expect.arrayContaining(["its-state", "record.json"]));
  expect(await readdir(world.folder)).toEqual([]);
});

/** All but the cloud, which is the sandbox's. */
async function giveTo(world: World, uid: number): Promise<void> {
  const base = path.dirname(world.folder);
  const own = ["tmp", "trust.json"].map((name) => path.join(base, name));
  await execa("chown", [`${uid}:${uid}`, base, world.folder, ...own]);
}

test("a user without passwd entry and HOME (docker -u): with a state directory, and exit 3 without", async ({
  skip,
}) => {
  skip(!isRoot, "only root can become another user");
  const world = await makeWorld();
  await giveTo(world, 54_321);
  const withoutHome = Object.fromEntries(
    Object.entries(world.env).filter(([name]) => name !== "HOME"),
  );
  const run = (args: readonly string[], change: Record<string, string>) =>
    execa(process.execPath, [PROGRAM, ...args], {
      cwd: world.folder,
      env: { ...withoutHome, ...OWN_PHALA, ...change },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      uid: 54_321,
      gid: 54_321,
    });
  const without = await run(["init", "--json"], { TEE_CLUSTER_STATE_DIR: "" });
  const { error } = failureIn(without.stdout);
  expect([without.exitCode, error.code], error.message).toEqual([3, "no-home"]);
  expect(error.hint).toContain("--state-dir");
  expect(mutationsOf(world.sandbox)).toEqual([]);
  // Up to what phala is run for.
  world.sandbox.setFaults([
    { method: "POST", path: "/cvms/provision$", action: { kind: "status", status: 400 } },
  ]);
  const done = await run(["init", "--json"], {});
  expect([done.exitCode, failureIn(done.stdout).error.code]).toEqual([4, "phala-refused"]);
  expect(mutationsOf(world.sandbox)).toEqual(["POST /api/v1/cvms/provision"]);
});

/** Loaded before the program: its clock is two hours ahead, and the monotonic one as it is. */
const AHEAD = `data:text/javascript,${encodeURIComponent(`
  const RealDate = Date;
  const ahead = 2 * 3600e3;
  globalThis.Date = class extends RealDate {
    constructor(...args) { if (args.length > 0) super(...args); else super(RealDate.now() + ahead); }
    static now() { return RealDate.now() + ahead; }
  };
`)}`;

test("a clock two hours ahead at init, which is killed, and right later: own registry and runner are known", async () => {
  const world = await makeWorld();
  const child = world.start(["init", "--json"], { NODE_OPTIONS: `--import=${AHEAD}` });
  await until(async () => (await cloudOf(world.sandbox)).live.includes(RUNNER));
  child.kill("SIGKILL");
  await child;
  const [first] = await journalOf(world);
  expect(Date.parse(first?.at ?? "")).toBeGreaterThan(Date.now() + 3_600_000);
  initiated(await world.run(["init", "--json"]));
  const { live, registriesEverMade } = await cloudOf(world.sandbox);
  expect([live, registriesEverMade]).toEqual([[REGISTRY], 1]);
});

test("an orchestrator.yml that is mounted as a single file: written in place, with a copy, mode and owner kept", async ({
  skip,
}) => {
  skip(!CAN_MOUNT, "this machine allows no mount namespace");
  const world = await makePreparedWorld();
  const file = path.join(world.folder, "orchestrator.yml");
  const behind = path.join(path.dirname(world.folder), "host.yml");
  const before = await readFile(file, "utf8");
  await writeFile(behind, before, { mode: 0o640 });
  const { ino } = await stat(behind);
  const script = `mount --bind "$1" "$2" && shift 2 && exec "$@"`;
  const inside = (args: readonly string[]) =>
    execa(
      "unshare",
      ["-rm", "sh", "-c", script, "sh", behind, file, process.execPath, PROGRAM, ...args],
      {
        cwd: world.folder,
        env: world.env,
        extendEnv: false,
        stdin: "ignore",
        reject: false,
      },
    );
  const run = await inside(["init", "--json", "--max-models", "7"]);
  expect(run.exitCode, `${run.stdout}${run.stderr}`).toBe(0);
  expect(await readFile(behind, "utf8")).toContain("max-models: 7");
  expect(await stat(behind)).toMatchObject({ ino, mode: 0o100_640 });
  const copies = (await readdir(world.folder)).filter((name) => name !== "orchestrator.yml");
  expect(copies).toHaveLength(1);
  expect(await readFile(path.join(world.folder, copies[0] ?? ""), "utf8")).toBe(before);
});
