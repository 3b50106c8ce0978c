/** What a CVM is known by, what its app-compose may lack, and what is left behind. */
import { expect, test } from "vitest";
import { journalOf } from "../../helpers/journal.ts";
import { makePreparedWorld } from "../../helpers/prepared-cluster.ts";
import { cloudOf, makeWorld } from "../../helpers/program.ts";
import {
  anotherRunner,
  AT_ONCE,
  changesIn,
  failureOf,
  initiated,
  onGet,
  REGISTRY,
  rotated,
} from "./world.ts";

test("a registry renamed in the dashboard is found by its app_id, with a warning; no second one is made", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  await world.sandbox.alter(REGISTRY, { name: "renamed-registry" });
  world.sandbox.resetRequests();
  const run = await world.run(["init", "--json"]);
  expect(initiated(run).warnings.map(({ code }) => code)).toContain("registry-renamed");
  expect(run.stderr).toContain(`${REGISTRY} (now renamed-registry) exists and is ours`);
  expect(changesIn(world.sandbox)).toEqual([]);
  expect((await cloudOf(world.sandbox)).live).toEqual(["renamed-registry"]);
});

test("a hash without its app-compose: exit 7 and nothing approved, and the way around it is named", async () => {
  const world = await makeWorld({ timings: AT_ONCE });
  const NO_FILE = "status=404,at=GET /cvms/[^/]+/(compose_file|attestation)$";
  const env = { TEE_CLUSTER_TIMEOUT: "5s" };
  world.sandbox.setFaults([NO_FILE]);
  const run = failureOf(await world.run(["init", "--json"], env));
  expect([run.exitCode, run.error.code]).toEqual([7, "app-compose-unchecked"]);
  expect(run.error.hint).toContain("--allow-unchecked-hash");
  expect((await cloudOf(world.sandbox)).approved).toEqual([]);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});

test("a hash whose app-compose nobody can read, with --allow-unchecked-hash: approved, and recorded as that", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  const { approved: before, registry } = await cloudOf(world.sandbox);
  const others = `/cvms/(?!(app_)?(${registry?.vmUuid}|${registry?.appId}))[^/]+/(compose_file|attestation)$`;
  world.sandbox.setFaults([
    onGet(others, { kind: "status", status: 404, body: { detail: "none" } }),
  ]);
  const env = { ...(await anotherRunner(world)), TEE_CLUSTER_TIMEOUT: "20s" };
  const run = await world.run(["rotate-hash", "--json", "--allow-unchecked-hash"], env);
  const after = rotated(run);
  expect(after.approved_compose_hashes).toEqual([...before, after.runner_compose_hash]);
  expect(after.warnings.map(({ code }) => code)).toContain("app-compose-unchecked");
  expect((await cloudOf(world.sandbox)).approved).toEqual(after.approved_compose_hashes);
  const recorded = (await journalOf(world)).findLast(({ type }) => type === "compose-hash");
  expect(recorded).toMatchObject({ hash: after.runner_compose_hash, unchecked: true });
});

test("the API's file has no allowed_envs: the measured text names the variables, and none is lost", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  const { environment: before } = await cloudOf(world.sandbox);
  world.sandbox.setFaults(["no-allowed-envs"]);
  rotated(await world.run(["rotate-hash", "--json"], await anotherRunner(world)));
  const { environment } = await cloudOf(world.sandbox);
  expect(Object.keys(environment)).toEqual(Object.keys(before));
});

test("a create that makes two temporary runners of one app_id: both are deleted", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  world.sandbox.setFaults(["replica"]);
  const run = await world.run(["rotate-hash", "--json"], await anotherRunner(world));
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  expect(rotated(run).steps.find(({ id }) => id === "delete-temporary-runner")?.status).toBe(
    "done",
  );
});

test("a create that makes two registries of one app_id: neither is given the list or the secrets", async () => {
  const world = await makeWorld({ timings: AT_ONCE });
  world.sandbox.setFaults(["replica"]);
  const run = failureOf(await world.run(["init", "--json"]));
  expect([run.exitCode, run.error.code]).toEqual([6, "registry-ambiguous"]);
  const { approved, live } = await cloudOf(world.sandbox);
  expect([approved, live]).toEqual([[], [REGISTRY, REGISTRY]]);
  expect(run.left_behind.map(({ name }) => name)).toEqual([REGISTRY, REGISTRY]);
});
