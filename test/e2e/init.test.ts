/** `init` as a user runs it: the built program, the real phala CLI, the sandbox. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { expect, test } from "vitest";
import type { InitResult } from "../../src/commands/init/result.ts";
import type { EnvironmentVariable } from "../../src/core/ports.ts";
import type { StatusResult } from "../../src/commands/status/result.ts";
import { orchestratorSchemas } from "../../src/orchestrator/schemas.ts";
import { makeV2Files, V2_RUNNER_NAMES, v2Environment } from "../helpers/coordinator.ts";
import type { Fault } from "../../src/sandbox/index.ts";
import { askForKey, deployNamed, deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { until } from "../helpers/until.ts";
import {
  CANARIES,
  cloudOf,
  COMPOSE_FOLDER,
  makeWorld,
  mutationsOf,
  withCompose,
} from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

const RUNNER_COMPOSE = path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml");

test("--dry-run writes nothing; then the ten steps; the orchestrator's own runner is accepted, another one refused", async () => {
  const world = await makeWorld();
  // Neither changes anything.
  const ssh = path.join(world.env["HOME"] ?? "", ".ssh");
  await mkdir(ssh, { recursive: true });
  await writeFile(path.join(ssh, "id_ed25519.pub"), "ssh-ed25519 AAAA someone@example");
  await writeFile(path.join(world.folder, "phala.toml"), 'name = "someone-elses-registry"\n');

  const dry = await world.run(["init", "--json", "--dry-run"]);
  expect(dry.exitCode).toBe(0);
  const plan = expectValid("dry-run", dry.stdout) as {
    actions: { action: string; resource: string }[];
  };
  expect(plan.actions.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
    "create bird-tracker-registry",
    "create bird-tracker-runner-temp",
    "delete bird-tracker-runner-temp",
    "update bird-tracker-registry",
    "write orchestrator.yml",
  ]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  await expect(readFile(path.join(world.folder, "orchestrator.yml"))).rejects.toThrow("ENOENT");
  await expect(readFile(path.join(world.stateDir, "journal.jsonl"))).rejects.toThrow("ENOENT");

  const run = await world.run(["init", "--json", "--node", "prod12"]);
  expect(run.stderr).not.toContain("Error");
  expect(run.exitCode).toBe(0);
  const result = expectValid("init", run.stdout) as unknown as InitResult;
  expect(result.steps.map(({ number, status }) => [number, status])).toEqual(
    Array.from({ length: 10 }, (_, index) => [index + 1, "done"]),
  );
  expect(mutationsOf(world.sandbox)).toEqual([
    "POST /api/v1/cvms/provision",
    "POST /api/v1/cvms",
    "POST /api/v1/cvms/provision",
    "POST /api/v1/cvms",
    "DELETE /api/v1/cvms/ID",
    "PATCH /api/v1/cvms/ID",
  ]);
  const cloud = await cloudOf(world.sandbox);
  expect(cloud.live).toEqual(["bird-tracker-registry"]);
  expect(cloud.approved).toEqual([result.runner_compose_hash]);
  expect(cloud.environment).toMatchObject({
    AWS_ACCESS_KEY_ID: "AKIACANARY0EXAMPLE00",
    AWS_SECRET_ACCESS_KEY: CANARIES.awsSecret,
    AWS_REGION: "eu-west-1",
    CVM_BASE_DOMAIN: "dstack-pha-prod12.phala.network",
  });
  expect(result.registry).toMatchObject({
    node: "prod12",
    base_domain: "dstack-pha-prod12.phala.network",
  });
  expect(cloud.registry?.current.appCompose.allowed_envs).not.toContain("DSTACK_AUTHORIZED_KEYS");
  const text = await readFile(path.join(world.folder, "orchestrator.yml"), "utf8");
  expect(orchestratorSchemas.v1.parse(parse(text)).infrastructure.runner["cluster-name"]).toBe(
    "bird-tracker",
  );

  const asOrchestrator = [
    { name: "REGISTRY_URL", value: "https://another-value" },
    { name: "CAPACITY_THRESHOLD", value: "0.5" },
  ];
  const deploy = (file: string, more: readonly EnvironmentVariable[] = []) =>
    deployRunner(world.sandbox, "bird-tracker", file, [...asOrchestrator, ...more]);
  const key = async (appId: string): Promise<number> =>
    (await askForKey(world.sandbox, result.registry.url, appId)).status;
  const runner = await deploy(RUNNER_COMPOSE);
  expect(await key(runner)).toBe(200);
  const other = { name: "DSTACK_AUTHORIZED_KEYS", value: "ssh-ed25519 AAAA" };
  expect(await key(await deploy(RUNNER_COMPOSE, [other]))).toBe(403);

  // A changed file is approved by the next run, and runners of the old one stay accepted.
  const changed = path.join(world.folder, "runner.yml");
  const another = `${await readFile(RUNNER_COMPOSE, "utf8")}# another comment, another hash\n`;
  await writeFile(changed, another);
  const second = await world.run([
    "init",
    "--json",
    "--node",
    "prod12",
    "--runner-compose",
    changed,
  ]);
  expect(second.exitCode).toBe(0);
  const next = JSON.parse(second.stdout) as InitResult;
  expect(next.approved_compose_hashes).toEqual([...cloud.approved, next.runner_compose_hash]);
  for (const appId of [runner, await deploy(changed)]) expect(await key(appId)).toBe(200);
});

test("the names of schema v2 make the hash that its orchestrator's runners have", async () => {
  const world = await makePreparedWorld({}, "v2");
  const config = await readFile(path.join(world.folder, "orchestrator.yml"), "utf8");
  expect(orchestratorSchemas.v2.safeParse(parse(config)).success).toBe(true);
  const status = await world.run(["status", "--json"]);
  const { cvms } = JSON.parse(status.stdout) as StatusResult;
  const environment = V2_RUNNER_NAMES.map((name) => ({ name, value: "1" }));
  const runner = await deployRunner(world.sandbox, "bird-tracker", RUNNER_COMPOSE, environment);
  expect(await askForKey(world.sandbox, cvms[0]?.url ?? "", runner)).toMatchObject({ status: 200 });
});

test("refused: a name that another cluster's begins with, both ways round, and a registry of no recorded run without --adopt", async () => {
  const world = await makePreparedWorld();
  const prefix = await world.run(["init", "--json"], { TEE_CLUSTER_NAME: "bird" });
  expect(prefix.exitCode).toBe(6);
  expect(prefix.stdout).toContain("bird-tracker-registry");
  const longer = await world.run(["init", "--json"], { TEE_CLUSTER_NAME: "bird-tracker-two" });
  expect(longer.exitCode).toBe(6);

  const elsewhere = { TEE_CLUSTER_STATE_DIR: `${world.stateDir}-elsewhere` };
  const refused = await world.run(["init", "--json"], elsewhere);
  expect(refused.exitCode).toBe(6);
  expect(expectValid("failure", refused.stdout)).toMatchObject({
    ok: false,
    error: { code: "registry-name" },
  });
  const adopting = ["init", "--json", "--adopt", "--hash-from", "provision"];
  expect((await world.run(adopting, elsewhere)).exitCode).toBe(0);
  expect((await cloudOf(world.sandbox)).registriesEverMade).toBe(1);
});

test("a registry that holds a variable which the update would lose is left alone", async () => {
  const world = await makeWorld();
  const text = await readFile(
    path.join(COMPOSE_FOLDER, "docker-compose.phala.registry.yml"),
    "utf8",
  );
  await deployNamed(world.sandbox, "bird-tracker-registry", text, [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "OPERATORS_OWN",
  ]);
  world.sandbox.resetRequests();
  const run = await world.run(["init", "--json", "--adopt"]);
  expect(run.exitCode).toBe(2);
  expect(run.stdout).toContain("OPERATORS_OWN");
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test("a registry in the wrong mode is judged after the update that mends it, not before", async () => {
  const isWrong = {
    path: "^/gateway/.*/health$",
    action: { kind: "lie", fields: { mode: "runner" } },
  } as const;
  // Each update changes what the registry says of its mode.
  let faults: readonly Fault[] = [isWrong];
  const world = await makePreparedWorld({
    onRequest: ({ method }) => {
      if (method === "PATCH") world.sandbox.setFaults(faults);
    },
  });
  const another = await withCompose(world, "registry", (text) => `${text}# an image bump\n`);
  const broken = await world.run(["init", "--json"], another);
  expect(broken.exitCode).toBe(7);
  expect(JSON.parse(broken.stdout)).toMatchObject({
    error: { code: "wrong-mode", step: "verify-registry" },
  });
  faults = [];
  const mended = await world.run(["init", "--json"]);
  expect(mended.exitCode).toBe(0);
  const { steps } = JSON.parse(mended.stdout) as InitResult;
  expect(steps.map(({ status }) => status)[3]).toBe("skipped");
});

test("an init that was killed after step 3 is finished where the registry has a wallet that nobody gave", async () => {
  const world = await makeWorld();
  await makeV2Files(world.folder);
  const { TEE_CLUSTER_REGISTRY_COMPOSE: compose } = await v2Environment(world.folder);
  const env = { TEE_CLUSTER_REGISTRY_COMPOSE: compose };
  const child = world.start(["init", "--json"], env);
  await until(async () => (await cloudOf(world.sandbox)).live.includes("bird-tracker-registry"));
  child.kill("SIGKILL");
  await child;
  expect((await world.run(["init", "--json"], env)).exitCode).toBe(0);
  expect((await cloudOf(world.sandbox)).registriesEverMade).toBe(1);
});
