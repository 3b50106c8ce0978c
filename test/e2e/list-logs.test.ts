/** Which clusters there are, what they cost, and what their CVMs wrote into their logs. */
import path from "node:path";
import { expect, test } from "vitest";
import type { ListResult } from "../../src/commands/list/result.ts";
import { deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  CANARIES,
  COMPOSE_FOLDER,
  failureIn,
  makeWorld,
  mutationsOf,
  type World,
} from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

const RUNNER_COMPOSE = path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml");
const NAMES = ["REGISTRY_URL", "CAPACITY_THRESHOLD"].map((name) => ({ name, value: "1" }));
const RUNNER = "bird-tracker-runner-0f73d1de";
const deploy = (world: World, name: string, cluster = "bird-tracker") =>
  deployRunner(world.sandbox, cluster, RUNNER_COMPOSE, NAMES, name);

test("list: by exact names, with the price; of the account and of the record; nothing is changed", async () => {
  const world = await makePreparedWorld();
  await deploy(world, RUNNER);
  await deploy(world, "owl-watch-runner-0f73d1de");
  await deploy(world, "bird-tracker-runner-not-ours");
  world.sandbox.resetRequests();
  const run = await world.run(["list", "--json"]);
  expect(run.exitCode).toBe(0);
  const { clusters } = expectValid("list", run.stdout) as unknown as ListResult;
  expect(
    clusters.map(({ name, registry_status, runners, in_account, recorded }) => [
      name,
      registry_status,
      runners,
      in_account,
      recorded,
    ]),
  ).toEqual([
    ["bird-tracker", "running", 1, true, true],
    ["owl-watch", null, 1, true, false],
  ]);
  expect(clusters[0]?.usd_per_hour).toBeCloseTo(2 * (clusters[1]?.usd_per_hour ?? 0), 5);
  expect(clusters[1]?.usd_per_hour).toBeGreaterThan(0);
  expect((await world.run(["list"])).stdout).toMatch(
    /^bird-tracker +running +1 +account, record +0\.\d+$/m,
  );
  expect(mutationsOf(world.sandbox)).toEqual([]);

  world.sandbox.setFaults([{ path: "/instance-types$", action: { kind: "status", status: 500 } }]);
  const free = expectValid(
    "list",
    (await world.run(["list", "--json"])).stdout,
  ) as unknown as ListResult;
  expect(free.clusters.map(({ usd_per_hour: usd }) => usd)).toEqual([null, null]);
  world.sandbox.setFaults([{ path: "/cvms/paginated$", action: { kind: "html" } }]);
  const down = await world.run(["list", "--json"]);
  expect([down.exitCode, failureIn(down.stdout).error.code]).toEqual([4, "not-the-api"]);
});

test("a name is no typo where the list can't be read, nor one that is gone and on record, nor an account's first", async () => {
  const world = await makePreparedWorld();
  world.sandbox.setFaults([{ path: "/cvms/paginated$", action: { kind: "html" } }]);
  const down = await world.run(["status", "--json", "--cluster-name", "bird-traker"]);
  expect([down.exitCode, failureIn(down.stdout).error.code]).toEqual([4, "not-the-api"]);
  world.sandbox.setFaults([]);
  expect((await world.run(["destroy", "--yes"])).exitCode).toBe(0);
  expect((await world.run(["destroy", "--yes"])).exitCode).toBe(0);
  const empty = await makeWorld();
  expect((await empty.run(["destroy", "--yes"])).exitCode).toBe(0);
});

test("logs: the registry's, a runner's by the end of its name, the console; through phala, without a secret", async () => {
  const world = await makePreparedWorld({ timings: { bootMs: 0 } });
  await deploy(world, RUNNER);
  const registry = await world.run(["logs", "--json", "--tail", "50"]);
  expect(expectValid("logs", registry.stdout)).toMatchObject({
    cluster: "bird-tracker",
    cvm: { name: "bird-tracker-registry" },
    container: "spawn-service",
  });
  expect(registry.stdout).toContain("mode registry+runner");
  expect(registry.stdout).not.toContain(CANARIES.awsSecret);
  const runner = await world.run(["logs", "runner-0f73d1de"]);
  expect(runner.stdout).toMatch(/^\S+ container spawn-service started/);
  const serial = await world.run(["logs", "--serial"]);
  expect(serial.stdout).toContain("compose hash");
  const followed = await world.run(["logs", "--follow"]);
  expect(followed.stdout).toContain("mode registry+runner");

  // What the run knows as a secret is hidden, in lines that come one by one too.
  const secret = { TEE_CLUSTER_SECRETS: "MARK", MARK: "registry+runner" };
  for (const words of [["logs"], ["logs", "--follow"]]) {
    const hidden = await world.run(words, secret);
    expect(hidden.stdout).toMatch(/mode \[redacted/);
    expect(hidden.stdout).not.toContain("registry+runner");
  }

  const codeOf = async (...words: string[]): Promise<unknown[]> => {
    const run = await world.run(["logs", "--json", ...words]);
    return [run.exitCode, failureIn(run.stdout).error.code];
  };
  expect(await codeOf("runner-ffffffff")).toEqual([2, "unknown-runner"]);
  expect(await codeOf("--follow")).toEqual([2, "watch-with-json"]);
  expect(await codeOf("--tail", "many")).toEqual([2, "invalid-inputs"]);
  expect(await codeOf("--since", "yesterday")).toEqual([2, "invalid-inputs"]);
  expect(await codeOf("--since", "1h30m", "--container", "nothing-of-that-name")).toEqual([
    4,
    "log-unavailable",
  ]);
});
