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

test("a renamed registry: shown by status, list, logs and verify, and deleted by destroy", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  await makeCvm(world.sandbox, "somebody-elses");
  await world.sandbox.alter(REGISTRY, { name: "my-own-name" });
  const status = await jsonOf<StatusResult>(world, "status", "status");
  expect(registriesIn(status)).toEqual(["my-own-name"]);
  expect(status.findings.map(({ code }) => code)).toContain("registry-renamed");
  const { clusters } = await jsonOf<ListResult>(world, "list", "list");
  expect(clusters).toMatchObject([
    { name: "bird-tracker", registry_status: "running", registries: 1 },
  ]);
  const log = await world.run(["logs", "--json"]);
  expect(expectValid("logs", log.stdout)).toMatchObject({ cvm: { name: "my-own-name" } });
  expect((await world.run(["verify"])).stdout).toContain("my-own-name");

  const plan = await world.run(["destroy", "--dry-run", "--json"]);
  expect(JSON.parse(plan.stdout)).toMatchObject({ actions: [{ resource: "my-own-name" }] });
  const { deleted } = JSON.parse(
    (await world.run(["destroy", "--yes", "--json"])).stdout,
  ) as DestroyResult;
  expect(deleted).toMatchObject([{ name: "my-own-name", role: "registry" }]);
  expect((await cloudOf(world.sandbox)).live).toEqual(["somebody-elses"]);
});

test.each([
  ["answers about the first", "", REGISTRY],
  ["refuses the app_id as ambiguous, and one has another name", "ambiguous-ids", "my-own-copy"],
])("a replicated registry, where the platform %s", async (_, fault, name) => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  const replica = await replicateCvm(world.sandbox, REGISTRY);
  await world.sandbox.alter(replica, { name });
  world.sandbox.setFaults(fault === "" ? [] : [fault]);
  const status = await jsonOf<StatusResult>(world, "status", "status");
  expect(new Set(registriesIn(status))).toEqual(new Set([REGISTRY, name]));
  expect(registriesIn(status)).toHaveLength(2);
  expect(status.findings.map(({ code }) => code)).toContain("registry-ambiguous");
  const { clusters } = await jsonOf<ListResult>(world, "list", "list");
  expect(clusters).toMatchObject([{ name: "bird-tracker", registries: 2 }]);

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

test.each(["", "ambiguous-ids"])(
  "a temporary runner that is replicated, and a run that fails: none is left (%s)",
  async (fault) => {
    const world = await scriptedWorld({ timings: AT_ONCE });
    let replicated = false;
    world.play(async ({ method, path }) => {
      const isThere = method === "GET" && path.endsWith("/compose_file");
      if (replicated || !isThere || !(await cloudOf(world.sandbox)).live.includes(RUNNER)) return;
      replicated = true;
      await world.sandbox.alter(await replicateCvm(world.sandbox, RUNNER), { name: "my-copy" });
      world.sandbox.setFaults([...(fault === "" ? [] : [fault]), "no-compose-file"]);
    });
    const env = { ...(await anotherRunner(world)), TEE_CLUSTER_TIMEOUT: "10s" };
    const { left_behind: left } = failureOf(await world.run(["init", "--json"], env));
    expect([replicated, left]).toEqual([true, []]);
    expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  },
);

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

test("runners of one name are each deleted", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  await makeCvm(world.sandbox, "bird-tracker-runner-0f73d1de");
  await replicateCvm(world.sandbox, "bird-tracker-runner-0f73d1de");
  world.sandbox.setFaults(["ambiguous-ids"]);
  const status = await jsonOf<StatusResult>(world, "status", "status");
  expect(status.cvms.filter(({ role }) => role === "runner")).toHaveLength(2);
  expect((await world.run(["destroy", "--yes"])).exitCode).toBe(0);
  expect((await cloudOf(world.sandbox)).live).toEqual([]);
});
