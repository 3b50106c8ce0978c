/** What the released orchestrator (schema v2) takes for granted of a registry, and what an operator adds to it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { RotateHashResult } from "../../src/commands/rotate-hash/result.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import { makeV2Files, V2_RUNNER_NAMES, v2Environment } from "../helpers/coordinator.ts";
import { deployNamed, deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  cloudOf,
  COMPOSE_FOLDER,
  failureIn,
  makeWorld,
  mutationsOf,
  withCompose,
  type Run,
  type World,
} from "../helpers/program.ts";
import { journalOf } from "../helpers/journal.ts";

const codesIn = ({ stdout }: Run): readonly string[] =>
  (JSON.parse(stdout) as InitResult).warnings.map(({ code }) => code);

async function makeV2World(): Promise<World> {
  const world = await makeWorld();
  await makeV2Files(world.folder);
  Object.assign(world.env, await v2Environment(world.folder));
  return world;
}

test("a registry whose image takes no list fails step 9 with exit 7 until it does", async () => {
  const world = await makeV2World();
  world.sandbox.setFaults(["status=404,at=POST .*/registry/approve-hash"]);
  const init = ["init", "--json", "--hash-from", "provision"];
  const run = await world.run(init);
  expect([run.exitCode, failureIn(run.stdout).error]).toEqual([
    7,
    expect.objectContaining({
      code: "orchestrator-push-not-offered",
      step: "verify-registry",
      message: expect.stringMatching(/404.*image is too old.*GATEWAY_AUTH_COORDINATOR_WALLET/),
    }),
  ]);
  // The list itself was approved by then.
  expect((await cloudOf(world.sandbox)).approved).toHaveLength(1);
  world.sandbox.setFaults([]);
  world.sandbox.resetRequests();
  expect((await world.run(init)).exitCode).toBe(0);
  const pushes = mutationsOf(world.sandbox).map((call) => call.replace(/\/gateway\/[^/]+/, ""));
  expect(pushes).toEqual(["POST /registry/approve-hash"]);
  const intents = (await journalOf(world)).filter(
    (record) => record.type === "intent" && record.action === "approve-hashes",
  );
  expect(intents).toHaveLength(2);

  // Nothing is left to prove: the list is pushed once, and that is no change.
  const rotated = await world.run(["rotate-hash", "--json"]);
  expect(JSON.parse(rotated.stdout)).toMatchObject({ ok: true, changed: false });
  expect(mutationsOf(world.sandbox)).toHaveLength(1);
});

test("an open /debug/exec is exit 7 although the compose file says nothing of it; --allow-debug-registry insists", async () => {
  const world = await makePreparedWorld();
  world.sandbox.setFaults(["status=422,at=GET .*/debug/exec"]);
  const refused = await world.run(["init", "--json"]);
  expect([refused.exitCode, failureIn(refused.stdout).error]).toEqual([
    7,
    expect.objectContaining({
      code: "debug-endpoint-open",
      message: expect.stringContaining("AWS keys"),
    }),
  ]);
  const asked = world.sandbox.requests().filter(({ path: where }) => where.includes("/debug/exec"));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter(({ path: where }) => where.includes("cmd"))).toEqual([]);
  const insisted = await world.run(["init", "--json", "--allow-debug-registry"]);
  expect([insisted.exitCode, codesIn(insisted)]).toEqual([
    0,
    expect.arrayContaining(["debug-endpoint-open"]),
  ]);
});

test("DEBUG_MODE in the registry's file is an error of doctor and init, and a warning with --allow-debug-registry", async () => {
  const world = await makeWorld();
  const env = await withCompose(world, "registry", (text) =>
    text.replace("      - LOG_LEVEL=INFO\n", "      - LOG_LEVEL=INFO\n      - DEBUG_MODE=true\n"),
  );
  const refused = await world.run(["init", "--json"], env);
  expect(refused.exitCode).toBe(3);
  expect(failureIn(refused.stdout).error.message).toContain("/debug/exec");
  expect((await cloudOf(world.sandbox)).live).toEqual([]);
  const failedChecks = async (...args: string[]): Promise<readonly unknown[]> => {
    const { stdout } = await world.run(["doctor", "--json", ...args], env);
    const { checks } = JSON.parse(stdout) as { checks: { finding?: string; severity: string }[] };
    return checks.filter(({ finding }) => finding === "debug-mode").map(({ severity }) => severity);
  };
  expect(await failedChecks()).toEqual(["error"]);
  expect(await failedChecks("--allow-debug-registry")).toEqual(["warning"]);
  const insisted = ["init", "--dry-run", "--json", "--allow-debug-registry"];
  expect((await world.run(insisted, env)).exitCode).toBe(0);
});

const TOKEN = "registry-token/canary+5Jk2";

test("--registry-env: kept in every update, recorded by name, never shown; missing values stop a run", async () => {
  const world = await makeWorld();
  const compose = await withCompose(world, "registry", (text) =>
    text.replace(
      "      - LOG_LEVEL=INFO\n",
      "      - LOG_LEVEL=INFO\n      - TOKEN=${REGISTRY_TOKEN}\n",
    ),
  );
  const env = { ...compose, REGISTRY_TOKEN: TOKEN, DSTACK_DOCKER_PASSWORD: "docker-password-1" };
  const flags = ["--registry-env", "REGISTRY_TOKEN", "--registry-env", "DSTACK_DOCKER_PASSWORD"];
  const without = await world.run(["init", "--json", ...flags], {
    ...compose,
    AWS_ACCESS_KEY_ID: "",
  });
  expect(without.exitCode).toBe(2);
  expect(failureIn(without.stdout).error.message).toMatch(
    /missing: .*AWS_ACCESS_KEY_ID.*DSTACK_DOCKER_PASSWORD.*REGISTRY_TOKEN/,
  );
  const provision = ["--hash-from", "provision"];
  const made = await world.run(["init", "--json", "--verbose", ...provision, ...flags], env);
  expect(made.exitCode).toBe(0);
  const environment = async (): Promise<Record<string, string>> =>
    (await cloudOf(world.sandbox)).environment;
  const names = Object.keys(await environment());
  expect(names.slice(-2)).toEqual(["DSTACK_DOCKER_PASSWORD", "REGISTRY_TOKEN"]);
  expect((await environment())["REGISTRY_TOKEN"]).toBe(TOKEN);

  // Neither their order nor the flags are needed again: the names are on record.
  world.sandbox.resetRequests();
  const otherOrder = await world.run(
    ["init", "--json", ...flags.slice(2), ...flags.slice(0, 2)],
    env,
  );
  expect(otherOrder.exitCode).toBe(0);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  const forced = await world.run(["rotate-hash", "--json", "--force-update"], env);
  expect(JSON.parse(forced.stdout)).toMatchObject({
    ok: true,
    changed: true,
    approved_via: "restart",
  });
  expect(Object.keys(await environment())).toEqual(names);
  expect((await environment())["REGISTRY_TOKEN"]).toBe(TOKEN);

  // Another machine has no record: the registry's own names stop it.
  world.sandbox.resetRequests();
  const elsewhere = { ...env, TEE_CLUSTER_STATE_DIR: path.join(world.folder, "other-state") };
  const lost = await world.run(["rotate-hash", "--json", "--force-update"], elsewhere);
  expect([lost.exitCode, failureIn(lost.stdout).error]).toEqual([
    2,
    expect.objectContaining({
      code: "environment-incomplete",
      hint: expect.stringContaining(
        "--registry-env DSTACK_DOCKER_PASSWORD --registry-env REGISTRY_TOKEN",
      ),
    }),
  ]);
  expect(mutationsOf(world.sandbox)).toEqual([]);

  const forgotten = await world.run(["rotate-hash", "--json"], compose);
  expect([forgotten.exitCode, failureIn(forgotten.stdout).error.message]).toEqual([
    2,
    "missing: DSTACK_DOCKER_PASSWORD (--registry-env), REGISTRY_TOKEN (--registry-env)",
  ]);
  const texts = [made, forced, lost, forgotten].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  const journal = JSON.stringify(await journalOf(world));
  for (const text of [
    ...texts,
    journal,
    await readFile(path.join(world.folder, "orchestrator.yml"), "utf8"),
  ])
    expect(text).not.toContain(TOKEN);
  expect(journal).toContain("REGISTRY_TOKEN");
});

/** A changed runner compose file, and the rotation to it. */
async function rotationOf(world: World) {
  const { TEE_CLUSTER_RUNNER_COMPOSE: compose = "" } = await withCompose(
    world,
    "runner",
    (text) => `${text}# an image bump\n`,
  );
  const rotate = (...args: string[]): Promise<Run> =>
    world.run([
      "rotate-hash",
      "--json",
      "--hash-from",
      "provision",
      "--runner-compose",
      compose,
      ...args,
    ]);
  return { compose, rotate };
}

test("--drop: the orchestrator approves the hash again while a runner has it; --delete-revoked deletes that runner alone", async () => {
  const world = await makePreparedWorld({}, "v2");
  const deploy = (file: string): Promise<string> =>
    deployRunner(
      world.sandbox,
      "bird-tracker",
      file,
      V2_RUNNER_NAMES.map((name) => ({ name, value: "1" })),
    );
  const old = await deploy(path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml"));
  const { compose, rotate } = await rotationOf(world);
  const both = JSON.parse((await rotate()).stdout) as RotateHashResult;
  await deploy(compose);
  const [dropped = ""] = both.approved_compose_hashes;
  const kept = await rotate("--drop", dropped, "--yes");
  expect(kept.exitCode).toBe(0);
  const warning = (JSON.parse(kept.stdout) as RotateHashResult).warnings.find(
    ({ code }) => code === "revocation-not-lasting",
  );
  expect(warning?.message).toMatch(
    /approves [0-9a-f]{12} again while a runner has it.*bird-tracker-runner-/,
  );
  expect((await cloudOf(world.sandbox)).live).toHaveLength(3);

  world.sandbox.resetRequests();
  const gone = await rotate("--drop", dropped, "--delete-revoked");
  expect(JSON.parse(gone.stdout)).toMatchObject({
    changed: true,
    runners_deleted: [{ app_id: old, compose_hash: dropped }],
  });
  expect(mutationsOf(world.sandbox).filter((call) => call.startsWith("DELETE"))).toHaveLength(1);
  expect((await cloudOf(world.sandbox)).live).toHaveLength(2);
  const deletions = (await journalOf(world)).filter(
    (record) => record.type === "intent" && record.action === "delete-cvm" && record.app_id === old,
  );
  expect(deletions).toHaveLength(1);
  const again = await rotate("--drop", dropped, "--delete-revoked");
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, changed: false, runners_deleted: [] });
});

test("a registry without uptime_seconds converges: pushed again or not, nothing has changed", async () => {
  const world = await makePreparedWorld({}, "v2");
  const { rotate } = await rotationOf(world);
  for (const changed of [true, false])
    expect(JSON.parse((await rotate()).stdout)).toMatchObject({
      ok: true,
      changed,
      approved_via: "api",
    });
});

test("a VPC cluster is named as not supported, before anything is made", async () => {
  const world = await makeWorld();
  await deployNamed(
    world.sandbox,
    "bird-tracker-vpc-server",
    "services: {vpc: {image: vpc:1}}\n",
    [],
  );
  world.sandbox.resetRequests();
  const run = await world.run(["init", "--json"]);
  expect([run.exitCode, failureIn(run.stdout).error.message]).toEqual([
    6,
    expect.stringContaining("VPC clusters are not supported"),
  ]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});
