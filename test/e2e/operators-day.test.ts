/** What an operator meets on a normal day: typos, runs that change nothing, messages that repeat nothing. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { ConfigShowResult } from "../../src/commands/config-show/result.ts";
import { orchestratorSchemas } from "../../src/orchestrator/schemas.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { failureIn, makeWorld, mutationsOf } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

test("a typo of the cluster's name is exit 2 with the names that there are, and leaves none behind", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  const recorded = await readdir(world.stateDir, { recursive: true });
  for (const words of [
    ["destroy", "--yes"],
    ["status"],
    ["rotate-hash"],
    ["logs"],
    ["verify"],
    ["trust", "diff"],
    // These ask no cloud.
    ["history"],
    ["hash", "--explain", "3f9a0c12"],
  ]) {
    const run = await world.run([...words, "--cluster-name", "bird-trakcer", "--json"]);
    expect([words, run.exitCode, failureIn(run.stdout).error]).toMatchObject([
      words,
      2,
      { code: "unknown-cluster", hint: "did you mean --cluster-name bird-tracker?" },
    ]);
    expect(failureIn(run.stdout).error.message).toContain("there is bird-tracker");
  }
  // Nothing would make the name known to the next try.
  expect(await readdir(world.stateDir, { recursive: true })).toEqual(recorded);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test("--sandbox has a key for schema v2, made once; without --sandbox the hint is to add it; destroy means its only cluster", async () => {
  const world = await makeWorld();
  const own = Object.fromEntries(Object.keys(world.env).map((name) => [name, undefined]));
  const { PATH = "", HOME = "", TMPDIR = "", PHALA_BIN = "" } = world.env;
  const env = {
    ...own,
    PATH,
    HOME,
    TMPDIR,
    PHALA_BIN,
    TEE_CLUSTER_POLL_INTERVAL: "50ms",
    TEE_CLUSTER_STATE_DIR: world.stateDir,
  };
  const init = ["init", "--yes", "--json"];
  const first = [...init, "--sandbox", "--cluster-name", "owl", "--orchestrator-schema", "v2"];
  expect((await world.run([...first, "--hash-from", "provision"], env)).exitCode).toBe(0);
  const key = path.join(world.stateDir, "sandbox-cloud", "gateway-key.pem");
  const made = await readFile(key, "utf8");
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  const config: unknown = parse(
    await readFile(path.join(world.folder, "orchestrator.yml"), "utf8"),
  );
  expect(orchestratorSchemas.v2.parse(config).infrastructure.runner["gateway-key-path"]).toBe(key);
  // The schema is recorded by now, and the variable stands for the flag, unless it says no.
  const plan = [...init, "--dry-run"];
  const again = await world.run(plan, { ...env, TEE_CLUSTER_SANDBOX: "1" });
  expect(expectValid("dry-run", again.stdout)).toMatchObject({ cluster: "owl" });
  expect(again.stdout).toContain("schema v2");
  expect(await readFile(key, "utf8")).toBe(made);
  for (const no of ["0", "", "false"]) {
    const off = await world.run(plan, { ...env, TEE_CLUSTER_SANDBOX: no });
    expect([off.exitCode, failureIn(off.stdout).error.code]).toEqual([2, "missing-inputs"]);
  }
  for (const words of ["status", "history"]) {
    const { exitCode, stdout } = await world.run([words, "--json"], env);
    const { error } = failureIn(stdout);
    expect([exitCode, error.code]).toEqual([2, "missing-inputs"]);
    expect(error.hint).toMatch(
      new RegExp(`the sandbox has owl; to use it, run again: .* ${words} --json --sandbox$`),
    );
  }
  const other = await world.run(["status", "--cluster-name", "bird", "--json"], env);
  expect(failureIn(other.stdout).error.hint).not.toContain("sandbox");
  const gone = await world.run(["destroy", "--sandbox", "--yes", "--json"], env);
  expect(expectValid("destroy", gone.stdout)).toMatchObject({ cluster: "owl" });
});

test("config show --sandbox warns of no key, and says each warning once", async () => {
  const world = await makeWorld();
  const args = ["config", "show", "--sandbox"];
  const run = await world.run(args);
  expect(run.stderr).not.toContain("PHALA_API_KEY");
  expect(run.stdout).toMatch(/PHALA_API_KEY +default +the sandbox's own/);
  expect(`${run.stdout}${run.stderr}`.match(/schema v1 is read by no/g)).toHaveLength(1);
  const { stdout } = await world.run([...args, "--json"]);
  const { warnings } = expectValid("config-show", stdout) as unknown as ConfigShowResult;
  expect(warnings.map(({ code }) => code)).not.toContain("missing-input");
});

test("a failing check is told once, with its remedy next to it", async () => {
  const world = await makeWorld();
  const broken = {
    TEE_CLUSTER_RUNNER_COMPOSE: "nowhere.yml",
    PHALA_API_KEY: "phak_wrong_key_12345",
  };
  const { stderr, exitCode } = await world.run(["init"], broken);
  expect(exitCode).toBe(3);
  expect(stderr.match(/nowhere\.yml does not exist/g)).toHaveLength(1);
  expect(stderr.match(/refused the key/g)).toHaveLength(1);
  expect(stderr).toMatch(/FAIL {2}Phala API key accepted\n/);
  expect(stderr).toMatch(
    /Error: 2 things must be fixed first:\n +- Phala API key accepted: .*refused the key.*\n +put a valid key into PHALA_API_KEY.*\n +- Runner compose file: .*nowhere\.yml does not exist\n +give its path/,
  );
});
