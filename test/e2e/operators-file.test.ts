/** The operator's own settings over several runs: what is recorded, what the file says, whose file it is. */
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Rendered } from "../../src/core/command-hint.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { failureIn, makeWorld, mutationsOf, type Run, type World } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

const fileOf = (world: World, name = "orchestrator.yml"): string => path.join(world.folder, name);
const runnerIn = async (world: World, name?: string): Promise<Record<string, unknown>> => {
  const { infrastructure } = parse(await readFile(fileOf(world, name), "utf8")) as {
    infrastructure: { runner: Record<string, unknown> };
  };
  return infrastructure.runner;
};
const initOf = ({ stdout }: Run): Rendered<InitResult> =>
  expectValid("init", stdout) as unknown as Rendered<InitResult>;

const SETTINGS = ["--max-models", "20", "--memory-per-model", "2048", "--provision-factor", "0.5"];
const RECORDED = { "max-models": 20, "memory-per-model-mb": 2048, "provision-factor": 0.5 };
const DEFAULTS = { "max-models": 0, "memory-per-model-mb": 1024, "provision-factor": 0.8 };

test("what an init was given stands in the next ones, without the file too; after destroy the defaults do", async () => {
  const world = await makePreparedWorld();
  await rm(fileOf(world));
  expect(
    initOf(await world.run(["init", "--json", ...SETTINGS, "--crunch", "owl=night owl"])).notes,
  ).toEqual([]);
  expect(await runnerIn(world)).toMatchObject(RECORDED);

  await rm(fileOf(world));
  const [note = ""] = initOf(await world.run(["init", "--json"])).notes;
  expect(note).toMatch(
    /^as recorded for bird-tracker: .*--max-models \(TEE_CLUSTER_MAX_MODELS\) 20/,
  );
  expect(await runnerIn(world)).toMatchObject(RECORDED);
  expect(parse(await readFile(fileOf(world), "utf8"))).toMatchObject({
    crunches: [{ id: "owl", name: "night owl" }],
  });

  await rm(fileOf(world));
  const given = await world.run(["init", "--json", "--max-models", "7"]);
  expect(initOf(given).notes.join()).not.toContain("--max-models");
  expect(await runnerIn(world)).toMatchObject({ ...RECORDED, "max-models": 7 });

  expect((await world.run(["destroy", "--yes"])).exitCode).toBe(0);
  await rm(fileOf(world));
  expect((await world.run(["init", "--hash-from", "provision"])).exitCode).toBe(0);
  expect(await runnerIn(world)).toMatchObject(DEFAULTS);
});

test("an edit stays, and is no change; what a flag changes is told and the old file kept; a later init looks where it was", async () => {
  const world = await makePreparedWorld();
  const file = fileOf(world);
  const edited = (await readFile(file, "utf8")).replace(
    "max-models: 0",
    "max-models: 50 # the budget",
  );
  await writeFile(file, edited);
  world.sandbox.resetRequests();
  const again = initOf(await world.run(["init", "--json"]));
  expect([again.changed, again.notes]).toEqual([false, []]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  const reused = again.steps.filter(({ status }) => status === "reused");
  expect(reused.map(({ number }) => number)).toEqual([3, 5, 6, 7, 8, 9, 10]);
  expect(await readFile(file, "utf8")).toBe(edited);

  const { changed, notes } = initOf(
    await world.run(["init", "--json", "--memory-per-model", "2048"]),
  );
  expect(changed).toBe(true);
  expect(notes).toEqual([
    "infrastructure.runner.memory-per-model-mb: 1024 -> 2048",
    "the file from before is kept as orchestrator.yml.bak",
  ]);
  expect(await readFile(`${file}.bak`, "utf8")).toBe(edited);
  expect(await readFile(file, "utf8")).toBe(edited.replace("1024", "2048"));

  await rm(file);
  const moved = ["init", "--orchestrator-config", "prod.yml"];
  expect((await world.run(moved)).exitCode).toBe(0);
  expect(await runnerIn(world, "prod.yml")).toMatchObject({
    "max-models": 50,
    "memory-per-model-mb": 2048,
  });
  const result = initOf(await world.run(["init", "--json"]));
  expect(result.orchestrator_config).toBe("prod.yml");
  await expect(readFile(file, "utf8")).rejects.toThrow("ENOENT");
});

test("--sandbox leaves a real cluster's file alone, and replaces its own that nobody touched", async () => {
  const world = await makeWorld();
  const file = fileOf(world);
  const real =
    "infrastructure:\n  runner:\n    type: phala\n    cluster-name: prod-cluster\n    phala-api-url: https://cloud-api.phala.network\n";
  await writeFile(file, real);
  const sandbox = { TEE_CLUSTER_NAME: undefined };
  const refused = await world.run(["init", "--sandbox", "--yes", "--json"], sandbox);
  expect([refused.exitCode, failureIn(refused.stdout).error.code]).toEqual([
    6,
    "orchestrator-config-of-another-cluster",
  ]);
  expect(await readFile(file, "utf8")).toBe(real);

  await rm(file);
  const init = ["init", "--sandbox", "--yes", "--json", "--hash-from", "provision"];
  const one = [...init, "--cluster-name"];
  expect((await world.run([...one, "one-cluster"])).exitCode).toBe(0);
  expect((await world.run([...one, "two-cluster"])).exitCode).toBe(0);
  expect(await runnerIn(world)).toMatchObject({ "cluster-name": "two-cluster" });
  await writeFile(file, `${await readFile(file, "utf8")}# mine\n`);
  expect((await world.run([...one, "one-cluster"])).exitCode).toBe(6);
});

test("another cluster's file is a conflict; the others know the cluster by its file, or as the only one recorded", async () => {
  const world = await makePreparedWorld();
  const file = await readFile(fileOf(world), "utf8");
  world.sandbox.resetRequests();
  const run = await world.run(["init", "--json", "--cluster-name", "owl-watch"]);
  expect([run.exitCode, failureIn(run.stdout).error.code]).toEqual([
    6,
    "orchestrator-config-of-another-cluster",
  ]);
  expect(failureIn(run.stdout).error.message).toMatch(/"bird-tracker".*"owl-watch"/);
  expect(failureIn(run.stdout).error.hint).toContain("--orchestrator-config");
  expect(mutationsOf(world.sandbox)).toEqual([]);
  expect(await readFile(fileOf(world), "utf8")).toBe(file);

  const nameless = { TEE_CLUSTER_NAME: undefined };
  const clusters = async (...commands: string[][]): Promise<unknown[]> => {
    const found = [];
    for (const words of commands) {
      const { stdout } = await world.run([...words, "--json"], nameless);
      found.push((JSON.parse(stdout) as { cluster?: string }).cluster);
    }
    return found;
  };
  const all = [["status"], ["hash"], ["history"], ["rotate-hash", "--plan"]];
  expect(await clusters(...all)).toEqual(all.map(() => "bird-tracker"));
  await rm(fileOf(world));
  expect(await clusters(["status"], ["history"])).toEqual(["bird-tracker", "bird-tracker"]);

  const other = ["init", "--cluster-name", "owl-watch", "--hash-from", "provision"];
  expect((await world.run(other)).exitCode).toBe(0);
  await rm(fileOf(world));
  const two = await world.run(["status", "--json"], nameless);
  expect([two.exitCode, failureIn(two.stdout).error.code]).toEqual([2, "missing-inputs"]);
  await writeFile(fileOf(world), file);
  expect(await clusters(["status"])).toEqual(["bird-tracker"]);
  const asked = await world.run(["destroy", "--dry-run", "--json"], nameless);
  expect([asked.exitCode, failureIn(asked.stdout).error.code]).toEqual([2, "missing-inputs"]);
});
