/** `rotate-hash` as a user runs it, from a cluster that `init` has set up. */
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { FailureResult } from "../../src/core/results.ts";
import type { HistoryResult } from "../../src/commands/history/result.ts";
import type { RotateHashResult, RotatePlanResult } from "../../src/commands/rotate-hash/result.ts";
import { expectValid } from "../helpers/schemas.ts";
import { KEYS, startInTerminal } from "../helpers/terminal.ts";
import { updateRegistry } from "../helpers/neighbour.ts";
import { askForKey, deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  CANARIES,
  cloudOf,
  COMPOSE_FOLDER,
  mutationsOf,
  type Run,
  type World,
} from "../helpers/program.ts";

const RUNNER_COMPOSE = path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml");
const REGISTRY_COMPOSE = path.join(COMPOSE_FOLDER, "docker-compose.phala.registry.yml");
const AS_ORCHESTRATOR = ["REGISTRY_URL", "CAPACITY_THRESHOLD"].map((name) => ({
  name,
  value: "1",
}));

const result = ({ stdout }: Run): RotateHashResult =>
  expectValid("rotate-hash", stdout) as unknown as RotateHashResult;
const failure = ({ stdout }: Run): FailureResult["error"] =>
  (expectValid("failure", stdout) as unknown as FailureResult).error;

const rotate = (world: World, ...args: string[]): Promise<Run> =>
  world.run(["rotate-hash", "--json", ...args]);

const deploy = (
  world: World,
  composeFile = RUNNER_COMPOSE,
  environment = AS_ORCHESTRATOR,
): Promise<string> => deployRunner(world.sandbox, "bird-tracker", composeFile, environment);

/** A compose file with a line more than the shipped one, in the world's folder. */
async function changed(world: World, role: "registry" | "runner", line: string): Promise<string> {
  const file = path.join(world.folder, `${role}.yml`);
  const text = await readFile(
    path.join(COMPOSE_FOLDER, `docker-compose.phala.${role}.yml`),
    "utf8",
  );
  await writeFile(file, `${text}# ${line}\n`);
  return file;
}

test("a rolling rotation: old and new runners are accepted; again it changes nothing; a rollback restores", async () => {
  const world = await makePreparedWorld();
  const oldRunner = await deploy(world);
  const compose = await changed(world, "runner", "an image bump");
  world.sandbox.resetRequests();
  const why = `a newer image, not ${CANARIES.awsSecret}`;
  const first = await rotate(world, "--runner-compose", compose, "--reason", why);
  expect(first.exitCode).toBe(0);
  const { changed: has, previous_compose_hashes: before, ...now } = result(first);
  expect(has).toBe(true);
  expect(now.approved_compose_hashes).toEqual([...before, now.runner_compose_hash]);
  expect(mutationsOf(world.sandbox)).toEqual([
    "POST /api/v1/cvms/provision",
    "POST /api/v1/cvms",
    "DELETE /api/v1/cvms/ID",
    "PATCH /api/v1/cvms/ID",
  ]);
  const newRunner = await deploy(world, compose);
  for (const runner of [oldRunner, newRunner]) {
    expect(await askForKey(world.sandbox, now.registry.url, runner)).toMatchObject({
      status: 200,
    });
  }
  const { environment, live } = await cloudOf(world.sandbox);
  expect(environment["AWS_SECRET_ACCESS_KEY"]).toBe(CANARIES.awsSecret);
  expect(live).not.toContain("bird-tracker-runner-temp");

  world.sandbox.resetRequests();
  const again = await rotate(world, "--runner-compose", compose);
  expect([again.exitCode, result(again).changed]).toEqual([0, false]);
  expect(mutationsOf(world.sandbox)).toEqual([]);

  // The new runner is up: going back would cut it off, which takes the operator's word.
  const refused = await rotate(world, "--rollback");
  expect([refused.exitCode, failure(refused).code]).toEqual([2, "confirmation-needed"]);
  const back = await rotate(world, "--rollback", "--yes");
  expect(result(back)).toMatchObject({ changed: true, approved_compose_hashes: before });
  expect(result(back).runners_cut_off).toHaveLength(1);
  expect(await askForKey(world.sandbox, now.registry.url, newRunner)).toMatchObject({
    status: 403,
  });

  const history = await world.run(["history", "--verify", "--json"]);
  expect(history.exitCode).toBe(0);
  const { entries } = expectValid("history", history.stdout) as unknown as HistoryResult;
  expect(
    entries.map(({ command, reason, added, removed }) => [command, reason, added, removed]),
  ).toEqual([
    ["init", null, before, []],
    ["rotate-hash", "a newer image, not [redacted]", [now.runner_compose_hash], []],
    ["rotate-hash", null, [], [now.runner_compose_hash]],
  ]);
});

test("from an empty state directory: live runners keep their approval by --record, and the registry's own file is updated too", async () => {
  const world = await makePreparedWorld();
  const oldRunner = await deploy(world);
  const record = path.join(world.folder, "hash-record.json");
  expect((await world.run(["hash", "--export", record])).exitCode).toBe(0);
  await rm(world.stateDir, { recursive: true });
  const runnerFile = await changed(world, "runner", "an image bump");
  const registryFile = await changed(world, "registry", "an image bump");
  const files = ["--runner-compose", runnerFile, "--registry-compose", registryFile];
  // Nobody here can tell what the old runner runs.
  const alone = await rotate(world, ...files);
  expect([alone.exitCode, failure(alone).code]).toEqual([7, "live-runner-unclear"]);
  const run = await rotate(world, ...files, "--record", record);
  expect(run.exitCode).toBe(0);
  const answer = result(run);
  expect(answer).toMatchObject({ previous_compose_hashes: [], registry_compose_changed: true });
  expect(answer.warnings.map(({ code }) => code)).toContain("previous-list-unknown");
  expect(answer.approved_compose_hashes).toHaveLength(2);
  const runner = await deploy(world, runnerFile);
  for (const id of [oldRunner, runner]) {
    expect(await askForKey(world.sandbox, answer.registry.url, id)).toMatchObject({ status: 200 });
  }
});

test("being up is no approval: a runner that is refused stays refused, with a record and without one", async () => {
  const world = await makePreparedWorld();
  const spy = [...AS_ORCHESTRATOR, { name: "DSTACK_AUTHORIZED_KEYS", value: "ssh-ed25519 AAAA" }];
  const other = await deploy(world, RUNNER_COMPOSE, spy);
  const strange = path.join(world.folder, "strange.yml");
  await writeFile(strange, `${await readFile(RUNNER_COMPOSE, "utf8")}# by nobody we know\n`);
  const foreign = await deploy(world, strange);
  const compose = await changed(world, "runner", "an image bump");
  const run = result(await rotate(world, "--runner-compose", compose));
  expect(run.warnings.filter(({ code }) => code === "runner-not-approved")).toHaveLength(2);
  expect(run.approved_compose_hashes).toEqual([
    ...run.previous_compose_hashes,
    run.runner_compose_hash,
  ]);
  for (const runner of [other, foreign]) {
    expect(await askForKey(world.sandbox, run.registry.url, runner)).toMatchObject({ status: 403 });
  }
  // Without a record nobody can tell who was approved: one that does not run the local compose file takes a word.
  await rm(world.stateDir, { recursive: true });
  world.sandbox.resetRequests();
  const unclear = await rotate(world, "--runner-compose", compose);
  expect([unclear.exitCode, failure(unclear).code]).toEqual([7, "live-runner-unclear"]);
  const [, first = ""] = /--drop ([0-9a-f]{64})/.exec(failure(unclear).hint ?? "") ?? [];
  const still = await rotate(world, "--runner-compose", compose, "--drop", first);
  expect([still.exitCode, failure(still).code]).toEqual([7, "live-runner-unclear"]);
  const [, second = ""] = /--drop ([0-9a-f]{64})/.exec(failure(still).hint ?? "") ?? [];
  expect(mutationsOf(world.sandbox)).toEqual([]);
  const firstIsSpy = failure(unclear).message.includes("DSTACK_AUTHORIZED_KEYS");
  const [hash, kept] = firstIsSpy ? [first, second] : [second, first];
  const words = ["--runner-compose", compose, "--drop", hash, "--keep", kept];
  const strict = await rotate(world, ...words, "--yes", "--strict");
  expect([strict.exitCode, failure(strict).code]).toEqual([7, "previous-list-unknown"]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  const fresh = result(await rotate(world, ...words, "--yes"));
  expect(fresh.approved_compose_hashes).toContain(kept);
  expect(fresh.runners_cut_off.map(({ compose_hash: it }) => it)).toEqual([hash]);
  expect(await askForKey(world.sandbox, run.registry.url, other)).toMatchObject({ status: 403 });
});

test("refused before anything is made: contradictions, a variable that would be lost, nothing to restore", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  for (const [args, message] of [
    // Every other one: unit/commands/rotate-flags.
    [["--replace", "--retire"], "can't be given together"],
    [["--approve-via", "api"], "needs --orchestrator-schema v2"],
    [["--approve-via", "phone"], "Allowed choices are auto, restart, api"],
  ] as const) {
    const run = await rotate(world, ...args);
    expect([args, run.exitCode]).toEqual([args, 2]);
    expect(failure(run).message).toContain(message);
  }
  const text = await readFile(REGISTRY_COMPOSE, "utf8");
  const without = path.join(world.folder, "without.yml");
  await writeFile(without, text.replace(/^.*CVM_BASE_DOMAIN.*\n/m, ""));
  const lost = await rotate(world, "--registry-compose", without);
  expect([lost.exitCode, failure(lost).code]).toEqual([2, "environment-incomplete"]);
  expect(failure(lost).message).toContain("CVM_BASE_DOMAIN");
  const nothing = await rotate(world, "--rollback");
  expect([nothing.exitCode, failure(nothing).code]).toEqual([2, "nothing-to-restore"]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test("an update that does not come back healthy says how to go back, and --rollback does, the compose file too", async () => {
  const world = await makePreparedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  const broken = path.join(world.folder, "broken.yml");
  const text = await readFile(REGISTRY_COMPOSE, "utf8");
  await writeFile(broken, text.replace("example/spawntee@", "example/spawntee-crash-on-boot@"));
  const compose = await changed(world, "runner", "an image bump");
  const failed = await rotate(world, "--runner-compose", compose, "--registry-compose", broken);
  expect([failed.exitCode, failure(failed).code]).toEqual([4, "update-failed"]);
  expect(failure(failed).hint).toContain("tee-cluster rotate-hash --rollback");
  const back = await rotate(world, "--rollback");
  expect(back.exitCode).toBe(0);
  expect(result(back)).toMatchObject({
    registry_compose_changed: true,
    approved_compose_hashes: before,
  });
  const { registry, approved } = await cloudOf(world.sandbox);
  expect([registry?.current.appCompose.docker_compose_file, approved]).toEqual([text, before]);
});

test("--plan shows every difference and changes nothing; the rotation does just that; which hashes then stay", async () => {
  const world = await makePreparedWorld();
  const oldRunner = await deploy(world);
  const runnerFile = await changed(world, "runner", "an image bump");
  const registryFile = await changed(world, "registry", "another line");
  const files = ["--runner-compose", runnerFile, "--registry-compose", registryFile];
  world.sandbox.resetRequests();
  const run = await rotate(world, "--plan", ...files);
  expect(run.exitCode).toBe(0);
  const plan = expectValid("rotate-hash-plan", run.stdout) as unknown as RotatePlanResult;
  expect(mutationsOf(world.sandbox)).toEqual([]);
  expect(plan.compose_hash.from).toBe("predicted");
  expect(plan.compose_changes).toEqual({
    registry: ["+ # another line"],
    runner: ["+ # an image bump"],
  });
  expect(plan.runners.map(({ accepted }) => accepted)).toEqual([true]);
  expect(plan.approved_compose_hashes.added).toEqual([plan.compose_hash.value]);
  expect(plan.actions.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
    "create bird-tracker-runner-temp",
    "delete bird-tracker-runner-temp",
    "update bird-tracker-registry",
  ]);
  const shown = await world.run(["rotate-hash", "--plan", "--replace", "--yes", ...files]);
  expect(shown.stdout).toContain("would lose access");
  expect(shown.stdout).toContain("+ # an image bump");
  const silent = await rotate(world, "--replace", ...files);
  expect([silent.exitCode, failure(silent).code]).toEqual([2, "confirmation-needed"]);
  const unknown = await rotate(world, "--keep", "f".repeat(64), ...files);
  expect([unknown.exitCode, failure(unknown).code]).toEqual([7, "hash-unchecked"]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  const real = result(await rotate(world, ...files));
  expect(real.runner_compose_hash).toBe(plan.compose_hash.value);
  expect(real.approved_compose_hashes).toEqual(plan.approved_compose_hashes.after);

  const [a = "", b = ""] = real.approved_compose_hashes;
  const dropped = result(await rotate(world, "--drop", a, "--yes", ...files));
  expect(dropped.approved_compose_hashes).toEqual([b]);
  expect(await askForKey(world.sandbox, dropped.registry.url, oldRunner)).toMatchObject({
    status: 403,
  });

  // To the runner's file from before.
  const back = ["--registry-compose", registryFile];
  const replaced = result(await rotate(world, ...back, "--replace"));
  expect(replaced.approved_compose_hashes).toEqual([a]);
});

test("the region of the last run stands where nothing else is said", async () => {
  const world = await makePreparedWorld();
  expect((await world.run(["init", "--json", "--aws-region", "us-east-2"])).exitCode).toBe(0);
  expect((await cloudOf(world.sandbox)).environment["AWS_REGION"]).toBe("us-east-2");
  world.sandbox.resetRequests();
  const run = await rotate(world);
  expect(run.stderr).toContain("as recorded: --aws-region (AWS_REGION) us-east-2");
  const again = await world.run(["init", "--json"]);
  expect(again.stderr).toContain(
    "as recorded for bird-tracker: --aws-region (AWS_REGION) us-east-2",
  );
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test("where only live runners tell the schema, a hash over other names is refused", async () => {
  const world = await makePreparedWorld();
  await rm(world.stateDir, { recursive: true });
  await rm(path.join(world.folder, "orchestrator.yml"));
  await deploy(world, RUNNER_COMPOSE, [
    ...AS_ORCHESTRATOR,
    { name: "MODEL_MEMORY_LIMIT_MB", value: "1" },
  ]);
  world.sandbox.resetRequests();
  const run = await rotate(world);
  expect([run.exitCode, failure(run).code]).toEqual([2, "orchestrator-schema-unclear"]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test("an update that another machine has under way ends the run with 6", async () => {
  const world = await makePreparedWorld({ timings: { updateDownMs: 20_000 } });
  await updateRegistry(world.sandbox);
  world.sandbox.resetRequests();
  const run = await rotate(world);
  expect([run.exitCode, failure(run).code]).toEqual([6, "update-under-way"]);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

test("on a terminal it asks for what is missing, and before the registry restarts", async () => {
  const world = await makePreparedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  await deploy(world);
  const compose = await changed(world, "runner", "an image bump");
  const secret = { AWS_SECRET_ACCESS_KEY: undefined };
  const args = ["rotate-hash", "--runner-compose", compose, "--replace"];
  const session = startInTerminal(world, args, secret);
  await session.answer("? AWS secret access key", CANARIES.awsSecret, KEYS.enter);
  await session.answer(
    "? Deploy bird-tracker-runner-temp (tdx.medium, $0.116 an hour, deleted by this run)",
    "y",
    KEYS.enter,
  );
  await session.answer("? Revoke the access of these runners?", "y", KEYS.enter);
  const asked = await session.answer("? Restart bird-tracker-registry now?", "n", KEYS.enter);
  expect(asked).toContain("the models on it stop");
  expect(await session.exit).toBe(130);
  expect(session.screen()).toContain("cancelled: nothing was approved");
  expect(session.cursorVisible()).toBe(true);
  expect(session.bytes()).not.toContain(CANARIES.awsSecret);
  const { approved, inForce, live } = await cloudOf(world.sandbox);
  expect(live).not.toContain("bird-tracker-runner-temp");
  expect([approved, inForce]).toEqual([before, before]);
});
