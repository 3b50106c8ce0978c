/** Approval without a restart: the list is pushed to a running registry of schema v2. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { FailureResult } from "../../src/core/results.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import type { RotateHashResult } from "../../src/commands/rotate-hash/result.ts";
import { lifeOf } from "../../src/sandbox/lifecycle.ts";
import { makeGatewayKey, V2_RUNNER_NAMES } from "../helpers/coordinator.ts";
import { askForKey, deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, COMPOSE_FOLDER, mutationsOf, type Run, type World } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

/** Without a temporary runner: nothing here is about how a hash is come by. */
const ROTATE = ["rotate-hash", "--json", "--hash-from", "provision"];
const RUNNER_COMPOSE = path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml");
const AS_ORCHESTRATOR = V2_RUNNER_NAMES.map((name) => ({ name, value: "1" }));

const result = ({ stdout }: Run): RotateHashResult =>
  expectValid("rotate-hash", stdout) as unknown as RotateHashResult;
const failure = ({ stdout }: Run): FailureResult["error"] =>
  (JSON.parse(stdout) as FailureResult).error;

/** When the instance that serves was started, in ms since the epoch. */
async function startedAt({ sandbox }: World): Promise<number> {
  const { registry } = await cloudOf(sandbox);
  if (!registry) throw new Error("there is no registry");
  return lifeOf(registry, Date.now()).bootedAt;
}

test("a rotation pushes the list: uptime untouched, old and new runner accepted; a restart forgets it, and is noticed", async () => {
  const world = await makePreparedWorld({ behaviour: { uptimeSeconds: true } }, "v2");
  const other = await makeGatewayKey(world.folder, "another.pem");
  const rotate = (...args: string[]): Promise<Run> => world.run([...ROTATE, ...args]);
  const deploy = (file: string): Promise<string> =>
    deployRunner(world.sandbox, "bird-tracker", file, AS_ORCHESTRATOR);
  const oldRunner = await deploy(RUNNER_COMPOSE);
  const compose = path.join(world.folder, "runner.yml");
  await writeFile(compose, `${await readFile(RUNNER_COMPOSE, "utf8")}# an image bump\n`);

  // Up for long by its own word, or its 401 might mean that it has not loaded the keys yet.
  const longUp = { kind: "lie", fields: { uptime_seconds: 3_600 } } as const;
  world.sandbox.setFaults([{ path: "/health$", action: longUp }]);
  const wrongKey = await rotate("--runner-compose", compose, "--gateway-key-path", other);
  world.sandbox.setFaults([]);
  expect([wrongKey.exitCode, failure(wrongKey).code]).toEqual([4, "approve-refused"]);

  const before = await startedAt(world);
  world.sandbox.resetRequests();
  const pushed = await rotate("--runner-compose", compose);
  expect(pushed.exitCode).toBe(0);
  const answer = result(pushed);
  expect(answer).toMatchObject({ changed: true, approved_via: "api" });
  expect(answer.approved_compose_hashes).toHaveLength(2);
  expect(answer.warnings.map(({ code }) => code)).toContain("approved-until-restart");
  expect(mutationsOf(world.sandbox).map((call) => call.replace(/\/gateway\/[^/]+/, ""))).toEqual([
    "POST /registry/approve-hash",
  ]);
  expect(await startedAt(world)).toBe(before);
  const newRunner = await deploy(compose);
  for (const runner of [oldRunner, newRunner]) {
    expect(await askForKey(world.sandbox, answer.registry.url, runner)).toMatchObject({
      status: 200,
    });
  }
  expect((await cloudOf(world.sandbox)).approved).toHaveLength(1);
  expect(result(await rotate("--runner-compose", compose)).changed).toBe(false);

  await restart(world, answer.registry.vm_uuid, answer.registry.url);
  expect(await askForKey(world.sandbox, answer.registry.url, newRunner)).toMatchObject({
    status: 403,
  });
  // A push leaves the environment alone, so what else differs has to wait, and is told.
  const also = ["--approve-via", "api", "--capacity-threshold", "0.5"];
  const again = result(await rotate("--runner-compose", compose, ...also));
  expect([again.changed, again.approved_via]).toEqual([true, "api"]);
  const waiting = again.warnings.filter(({ code }) => code === "waits-for-restart");
  expect(waiting.map(({ message }) => message)).toEqual([
    expect.stringContaining("CAPACITY_THRESHOLD"),
  ]);
  expect((await cloudOf(world.sandbox)).environment["CAPACITY_THRESHOLD"]).toBe("0.8");
  expect(await askForKey(world.sandbox, answer.registry.url, newRunner)).toMatchObject({
    status: 200,
  });

  const lasting = result(await rotate("--runner-compose", compose, "--approve-via", "restart"));
  expect([lasting.changed, lasting.approved_via]).toEqual([true, "restart"]);
  expect((await cloudOf(world.sandbox)).approved).toEqual(answer.approved_compose_hashes);
});

/** Restarts a CVM as the dashboard does, and waits until it answers again. */
async function restart(world: World, vmUuid: string, url: string): Promise<void> {
  await fetch(`${world.sandbox.apiUrl}/api/v1/cvms/${vmUuid}/restart`, {
    method: "POST",
    headers: { "x-api-key": world.sandbox.apiKey },
  });
  await expect.poll(async () => (await fetch(`${url}/health`)).status).toBe(200);
}

test("a registry that takes no list while it runs is updated, or left alone with --approve-via api", async () => {
  const world = await makePreparedWorld({}, "v2");
  world.sandbox.setFaults(["status=404,at=POST .*/registry/approve-hash"]);
  const { approved } = await cloudOf(world.sandbox);
  const compose = path.join(world.folder, "runner.yml");
  await writeFile(compose, `${await readFile(RUNNER_COMPOSE, "utf8")}# an image bump\n`);
  const args = [...ROTATE, "--runner-compose", compose];
  const only = await world.run([...args, "--approve-via", "api"]);
  expect([only.exitCode, failure(only).code]).toEqual([4, "approve-not-offered"]);
  expect((await cloudOf(world.sandbox)).approved).toEqual(approved);
  // The list is approved then, and the orchestrator could not work with that registry all the same.
  const auto = await world.run(args);
  expect([auto.exitCode, failure(auto).code]).toEqual([7, "orchestrator-push-not-offered"]);
  expect((await cloudOf(world.sandbox)).approved).toHaveLength(2);
});

test("init pushes too; again it changes nothing; of schema v1 it refuses to", async () => {
  const world = await makePreparedWorld({ behaviour: { uptimeSeconds: true } }, "v2");
  const compose = path.join(world.folder, "runner.yml");
  await writeFile(compose, `${await readFile(RUNNER_COMPOSE, "utf8")}# an image bump\n`);
  world.sandbox.resetRequests();
  const init = (...args: string[]): Promise<Run> =>
    world.run(["init", "--json", "--hash-from", "provision", ...args]);
  const pushed = await init("--runner-compose", compose, "--approve-via", "api");
  const answer = expectValid("init", pushed.stdout) as unknown as InitResult;
  expect(answer.warnings.map(({ code }) => code)).toContain("approved-until-restart");
  const { approved, inForce } = await cloudOf(world.sandbox);
  expect([approved.length, inForce]).toEqual([1, answer.approved_compose_hashes]);
  const calls = mutationsOf(world.sandbox);
  expect(calls.some((call) => call.startsWith("PATCH"))).toBe(false);

  world.sandbox.resetRequests();
  expect((await init("--runner-compose", compose)).exitCode).toBe(0);
  expect(mutationsOf(world.sandbox)).toEqual([]);

  const v1 = await init("--approve-via", "api", "--orchestrator-schema", "v1");
  expect([v1.exitCode, failure(v1).code]).toEqual([2, "invalid-inputs"]);
});
