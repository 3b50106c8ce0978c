/** The runner's hash without a temporary runner: asked for, recomputed, never committed. */
import { expect, test } from "vitest";
import type { InitResult } from "../../src/commands/init/result.ts";
import type { RotateHashResult, RotatePlanResult } from "../../src/commands/rotate-hash/result.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  cloudOf,
  commitsOf,
  failureIn,
  makeWorld,
  withCompose,
  type Run,
  type World,
} from "../helpers/program.ts";

const PROVISION = ["--json", "--hash-from", "provision"];

const NEW_RUNNER = (text: string): string => `${text}# newer\n`;

const statusOf = (run: Run, id: string): string | undefined =>
  (JSON.parse(run.stdout) as InitResult | RotateHashResult).steps.find((step) => step.id === id)
    ?.status;

/** What a plan says, of which the action on the hash is the first. */
async function planOf(world: World, args: readonly string[], change = {}) {
  const run = await world.run([...args, ...PROVISION], change);
  expect([run.exitCode, commitsOf(world.sandbox)]).toEqual([0, 0]);
  return { run, plan: JSON.parse(run.stdout) as RotatePlanResult };
}

test("init: its plan names no temporary runner; one CVM in all; the hash is the one that a deployed runner has", async () => {
  const [provisioned, deployed] = await Promise.all([makeWorld(), makePreparedWorld()]);
  const planned = await planOf(provisioned, ["init", "--dry-run"]);
  expect(planned.run.stdout).not.toContain("runner-temp");
  expect(planned.plan.actions[1]?.detail).toContain("provisioning");
  const run = await provisioned.run(["init", ...PROVISION]);
  expect([run.exitCode, commitsOf(provisioned.sandbox)]).toEqual([0, 1]);
  for (const id of ["deploy-temporary-runner", "delete-temporary-runner"]) {
    expect(statusOf(run, id)).toBe("skipped");
  }
  expect(statusOf(run, "read-compose-hash")).toBe("done");
  const { approved } = await cloudOf(provisioned.sandbox);
  expect(approved).toHaveLength(1);
  expect(approved).toEqual((await cloudOf(deployed.sandbox)).approved);
  const again = await provisioned.run(["init", ...PROVISION]);
  expect([again.exitCode, statusOf(again, "read-compose-hash")]).toEqual([0, "reused"]);
});

test("rotate-hash: the plan has the very hash and list that the run then approves, and no runner is made or named", async () => {
  const world = await makePreparedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  world.sandbox.resetRequests();
  const change = await withCompose(world, "runner", NEW_RUNNER);
  const { run, plan } = await planOf(world, ["rotate-hash", "--plan"], change);
  expect(run.stdout).not.toContain("runner-temp");
  expect(plan.actions.map(({ action }) => action)).toEqual(["none", "update"]);
  expect(plan.compose_hash).toMatchObject({ from: "provisioned", basis: null });
  const rotated = await world.run(["rotate-hash", ...PROVISION], change);
  expect([rotated.exitCode, commitsOf(world.sandbox)]).toEqual([0, 0]);
  const result = JSON.parse(rotated.stdout) as RotateHashResult;
  expect(result.runner_compose_hash).toBe(plan.compose_hash.value);
  expect(result.approved_compose_hashes).toEqual(plan.approved_compose_hashes.after);
  const { approved, live } = await cloudOf(world.sandbox);
  expect(approved).toEqual([...before, result.runner_compose_hash]);
  expect(live).toEqual(["bird-tracker-registry"]);
});

test("hash --exact: Phala's own hash for a pull request; where it disagrees, a temporary runner is named, and shows", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  const exact = await world.run(["hash", "--check", "--exact", "--json"]);
  expect(JSON.parse(exact.stdout)).toMatchObject({ ok: true, approved: true, exact: true });
  world.sandbox.setFaults(["provision-disagrees"]);
  const differs = await world.run(["hash", "--check", "--exact", "--json"]);
  expect([differs.exitCode, failureIn(differs.stdout).error.code]).toEqual([7, "hash-differs"]);

  const change = await withCompose(world, "runner", NEW_RUNNER);
  const { plan } = await planOf(world, ["rotate-hash", "--plan"], change);
  const [made, deleted] = plan.actions;
  expect([made?.action, deleted?.action]).toEqual(["create", "delete"]);
  expect(made?.detail).toMatch(/--hash-from provision: Phala gives [0-9a-f]{64}/);
  expect(plan.compose_hash.from).toBe("predicted");

  world.sandbox.setFaults(["provision-disagrees,times=1"]);
  const run = await world.run(["rotate-hash", ...PROVISION], change);
  expect([run.exitCode, commitsOf(world.sandbox)]).toEqual([0, 1]);
  expect(run.stderr).toContain("a temporary runner is deployed instead");
  expect(statusOf(run, "deploy-temporary-runner")).toBe("done");
});
