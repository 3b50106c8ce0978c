/** `config migrate` through the built program: the file is the old one or the new one, and nothing is asked of Phala. */
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeGatewayKey } from "../helpers/coordinator.ts";
import { makeWorld, type World } from "../helpers/program.ts";
import { expectValid, validator } from "../helpers/schemas.ts";

const GOLDEN = fileURLToPath(new URL("../../fixtures/golden", import.meta.url));
const golden = (schema: "v1" | "v2"): string => path.join(GOLDEN, `orchestrator.${schema}.yml`);

/** No key, no cluster: none of it is needed. */
const BARE = {
  TEE_CLUSTER_NAME: undefined,
  PHALA_API_KEY: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
};

const KEY = ["--gateway-key-path", "keys/coordinator.pem"];

/** A working folder with a file of v1 and the coordinator's key. */
async function makeFolder(): Promise<World> {
  const world = await makeWorld();
  await copyFile(golden("v1"), path.join(world.folder, "orchestrator.yml"));
  await chmod(path.join(world.folder, "orchestrator.yml"), 0o640);
  await mkdir(path.join(world.folder, "keys"));
  await makeGatewayKey(path.join(world.folder, "keys"), "coordinator.pem");
  return world;
}

const textOf = (world: World, name = "orchestrator.yml"): Promise<string> =>
  readFile(path.join(world.folder, name), "utf8");

test("a dry run shows it, the run does it, a second one has nothing to do", async () => {
  const world = await makeFolder();
  const [v1, v2] = await Promise.all([
    readFile(golden("v1"), "utf8"),
    readFile(golden("v2"), "utf8"),
  ]);

  const dry = await world.run(["config", "migrate", ...KEY, "--dry-run"], BARE);
  expect(dry.exitCode).toBe(0);
  expect(dry.stderr).toContain("REGISTRY_URL, CAPACITY_THRESHOLD, MODEL_MEMORY_LIMIT_MB");
  expect(dry.stdout).toMatchInlineSnapshot(`
    "orchestrator.yml would be of schema v2:

    -     # Where the registry's models are reached; the orchestrator fills <model-port> in.
    -     cluster-urls:
    -       - "https://0123456789abcdef0123456789abcdef01234567-<model-port>.dstack-pha-prod10.phala.network"
    -     # Relative to where the orchestrator runs.
    -     registry-compose-path: "model_orchestrator/data/docker-compose.phala.registry.yml"
    +     # The coordinator's RSA private key (PEM): requests to the CVMs are signed with it.
    +     gateway-key-path: "keys/coordinator.pem"
    -     # A new runner is added when this share of the models that fit on a CVM is running: 0.8 of 4 is 3.
    -     provision-factor: 0.8
    +     # A runner says that it is full at this share of its capacity; the orchestrator then adds another.
    +     capacity-threshold: 0.8

      Threshold  0.8: the old provision-factor; --capacity-threshold sets another

    This was a dry run: nothing has been changed."
  `);
  expect(await textOf(world)).toBe(v1);

  const threshold = { CAPACITY_THRESHOLD: "0.7" };
  const done = await world.run(["config", "migrate", ...KEY, "--json"], { ...BARE, ...threshold });
  expect(done.exitCode).toBe(0);
  expect(expectValid("config-migrate", done.stdout)).toMatchObject({
    file: "orchestrator.yml",
    output: "orchestrator.yml",
    previous_schema: "v1",
    written: true,
    capacity_threshold: { value: 0.7, from: "input" },
    warnings: [{ code: "runner-hash-changes" }],
  });
  expect(await textOf(world)).toBe(v2);
  expect((await stat(path.join(world.folder, "orchestrator.yml"))).mode & 0o777).toBe(0o640);

  const again = await world.run(["config", "migrate", "--json"], BARE);
  expect(again.exitCode).toBe(0);
  expect(expectValid("config-migrate", again.stdout)).toMatchObject({
    changed: false,
    output: null,
  });
  expect(await readdir(world.folder)).toEqual(["keys", "orchestrator.yml"]);
  expect(world.sandbox.requests()).toEqual([]);
});

test("another file is written beside it, and never over one that says something else", async () => {
  const world = await makeFolder();
  const args = ["config", "migrate", "orchestrator.yml", ...KEY, "--output", "v2.yml"];
  const made = await world.run(args, { ...BARE, TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v2" });
  expect(made.exitCode).toBe(0);
  expect(made.stderr).not.toContain("TEE_CLUSTER_ORCHESTRATOR_SCHEMA");
  expect(made.stdout).toContain("v2.yml is now of schema v2, from orchestrator.yml:");
  expect(made.stdout).toContain("  tee-cluster rotate-hash --orchestrator-schema v2\n");
  expect(await textOf(world)).toBe(await readFile(golden("v1"), "utf8"));

  await writeFile(path.join(world.folder, "v2.yml"), "mine: true\n");
  const refused = await world.run([...args, "--json"], BARE);
  expect(refused.exitCode).toBe(6);
  expect(expectValid("failure", refused.stdout)).toMatchObject({
    command: "config migrate",
    error: { code: "config-exists" },
  });
  expect(await textOf(world, "v2.yml")).toBe("mine: true\n");
});

test("what is refused is named, with what to do, and nothing is written", async () => {
  const world = await makeFolder();
  const file = (name: string): string => path.join(world.folder, name);
  await writeFile(file("latin1.yml"), Buffer.from("# f\xfcr Ann\n", "latin1"));
  await writeFile(file("broken.yml"), "infrastructure: [\n");
  await copyFile(file("keys/coordinator.pem"), file("keys/open.pem"));
  await chmod(file("keys/open.pem"), 0o644);
  const before = await readdir(world.folder);
  const cases = [
    [["nowhere.yml", ...KEY], 2, "config-missing"],
    [["orchestrator.yml"], 2, "gateway-key-path-missing"],
    [["orchestrator.yml", "--gateway-key-path", "keys/nothing.pem"], 3, "gateway-key"],
    [["orchestrator.yml", "--gateway-key-path", "keys/open.pem"], 3, "gateway-key"],
    [["keys", ...KEY], 6, "config-not-a-file"],
    [["latin1.yml", ...KEY], 6, "config-unreadable"],
    [["broken.yml", ...KEY], 6, "config-unreadable"],
    [["orchestrator.yml", ...KEY, "--output", "no/where.yml"], 2, "config-folder-missing"],
  ] as const;
  for (const [args, ...end] of cases) {
    const { exitCode, stdout } = await world.run(["config", "migrate", ...args, "--json"], BARE);
    const { error } = expectValid("failure", stdout) as {
      error: { code: string; hint: string | null };
    };
    expect(error.hint).toMatch(/--gateway-key-path|config migrate FILE|chmod 600|--output|fix/);
    expect([exitCode, error.code], args.join(" ")).toEqual(end);
  }
  expect(await readdir(world.folder)).toEqual(before);
  expect(await textOf(world)).toBe(await readFile(golden("v1"), "utf8"));
});

test("the schema refuses an answer that contradicts itself", () => {
  const nothing = {
    ok: true,
    command: "config migrate",
    file: "a.yml",
    output: null,
    previous_schema: "v2",
    changed: false,
    written: false,
    capacity_threshold: null,
    diff: [],
    warnings: [],
  };
  const threshold = { value: 0.8, from: "default" };
  const change = { output: "a.yml", previous_schema: "v1", changed: true, diff: ["+ a: 1"] };
  const isValid = validator("config-migrate");
  expect(isValid(nothing)).toBe(true);
  expect(isValid({ ...nothing, ...change, capacity_threshold: threshold })).toBe(true);
  expect(isValid({ ...nothing, ...change })).toBe(false);
  expect(isValid({ ...nothing, written: true })).toBe(false);
  expect(isValid({ ...nothing, ...change, capacity_threshold: threshold, diff: ["a: 1"] })).toBe(
    false,
  );
});
