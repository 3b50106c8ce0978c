/** A renamed registry and CVMs of one app_id: each is seen, shown and deleted; two registries are a conflict. */
import { expect, test } from "vitest";
import type { DestroyResult } from "../../../src/commands/destroy/result.ts";
import type { ListResult } from "../../../src/commands/list/result.ts";
import type { StatusResult } from "../../../src/commands/status/result.ts";
import { dropCvm, makeCvm, replicateCvm } from "../../helpers/cvms.ts";
import { makePreparedWorld } from "../../helpers/prepared-cluster.ts";
import { cloudOf, makeWorld, type World } from "../../helpers/program.ts";
import { expectValid } from "../../helpers/schemas.ts";
import {
  anotherRunner,
  AT_ONCE,
  changesIn,
  failureOf,
  REGISTRY,
  RUNNER,
  scriptedWorld,
} from "./world.ts";

const jsonOf = async <T>(world: World, command: string, schema: string): Promise<T> => {
  const { stdout } = await world.run([command, "--json"]);
  return expectValid(schema, stdout) as unknown as T;
};
const registriesIn = ({ cvms }: StatusResult): readonly (string | null)[] =>
  cvms.filter(({ role }) => role === "registry").map(({ name }) => name);

test("a renamed registry and runners of one name: shown by status, list, logs and verify, and deleted by destroy", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  await makeCvm(world.sandbox, "somebody-elses");
  await makeCvm(world.sandbox, "bird-tracker-runner-0f73d1de");
  await replicateCvm(world.sandbox, "bird-tracker-runner-0f73d1de");
  world.sandbox.setFaults(["ambiguous-ids"]);
  await world.sandbox.alter(REGISTRY, { name: "my-own-name" });
  const status = await jsonOf<StatusResult>(world, "status", "status");
  expect(registriesIn(status)).toEqual(["my-own-name"]);
  expect(status.cvms.filter(({ role }) => role === "runner")).toHaveLength(2);
  expect(status.findings.map(({ code }) => code)).toContain("registry-renamed");
  const { clusters } = await jsonOf<ListResult>(world, "list", "list");
  expect(clusters).toMatchObject([
    { name: "bird-tracker", registry_status: "running", registries: 1 },
  ]);
  const log = await world.run(["logs", "--json"]);
  expect(expectValid("logs", log.stdout)).toMatchObject({ cvm: { name: "my-own-name" } });
  expect((await world.run(["verify"])).stdout).toContain("my-own-name");

  const { deleted } = JSON.parse(
    (await world.run(["destroy", "--yes", "--json"])).stdout,
  ) as DestroyResult;
  expect(deleted.map(({ role }) => role)).toEqual(["runner", "runner", "registry"]);
  expect(deleted.at(-1)).toMatchObject({ name: "my-own-name" });
  expect((await cloudOf(world.sandbox)).live).toEqual(["somebody-elses"]);
});

test("a replicated registry: the platform answers about the first, then refuses the app_id as ambiguous", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  const replica = await replicateCvm(world.sandbox, REGISTRY);
  const { clusters } = await jsonOf<ListResult>(world, "list", "list");
  expect(clusters).toMatchObject([{ name: "bird-tracker", registries: 2 }]);
  const status = await jsonOf<StatusResult>(world, "status", "status");
  expect(registriesIn(status)).toEqual([REGISTRY, REGISTRY]);
  expect(status.findings.map(({ code }) => code)).toContain("registry-ambiguous");

  await world.sandbox.alter(replica, { name: "my-own-copy" });
  world.sandbox.setFaults(["ambiguous-ids"]);
  const ambiguous = await jsonOf<StatusResult>(world, "status", "status");
  expect(new Set(registriesIn(ambiguous))).toEqual(new Set([REGISTRY, "my-own-copy"]));
  world.sandbox.resetRequests();
  const env = await anotherRunner(world);
  for (const command of ["init", "rotate-hash"]) {
    const { exitCode, error } = failureOf(await world.run([command, "--json"], env));
    expect([command, exitCode, error.code]).toEqual([command, 6, "registry-ambiguous"]);
    expect(error.message).toContain(replica);
  }
  expect(changesIn(world.sandbox)).toEqual([]);

  const gone = await world.run(["destroy", "--yes", "--json"]);
  expect([gone.exitCode, (await cloudOf(world.sandbox)).live], gone.stderr).toEqual([0, []]);
});

test("a temporary runner that is replicated, and a run that fails: none is left", async () => {
  const world = await scriptedWorld({ timings: AT_ONCE });
  let replicated = false;
  world.play(async ({ method, path }) => {
    const isThere = method === "GET" && path.endsWith("/compose_file");
    if (replicated || !isThere || !(await cloudOf(world.sandbox)).live.includes(RUNNER)) return;
    replicated = true;
    await world.sandbox.alter(await replicateCvm(world.sandbox, RUNNER), { name: "my-copy" });
    world.sandbox.setFaults(["ambiguous-ids", "no-compose-file"]);
  });
  const env = { ...(await anotherRunner(world)), TEE_CLUSTER_TIMEOUT: "10s" };
  const { left_behind: left } = failureOf(await world.run(["init", "--json"], env));
  expect([replicated, left]).toEqual([true, []]);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});

test("a registry that is deleted in the middle of a run is not left behind, whatever the run was doing", async () => {
  const world = await makeWorld({
    timings: AT_ONCE,
    async onRequest({ method, path }) {
      if (method !== "POST" || !path.endsWith("/cvms/provision")) return;
      if ((await cloudOf(world.sandbox)).live.includes(REGISTRY))
        await dropCvm(world.sandbox, REGISTRY);
    },
  });
  const {
    left_behind: left,
    exitCode,
    error,
  } = failureOf(await world.run(["init", "--json"], { TEE_CLUSTER_TIMEOUT: "10s" }));
  expect([exitCode, error.code, left]).toEqual([4, "registry-gone", []]);
  expect((await cloudOf(world.sandbox)).live).toEqual([]);
});
