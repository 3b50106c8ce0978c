/**
 * Every lie of the sandbox in every mode, through the built program: what a run says, and what the platform can read
 * of what was sent. A lying platform holds the keys that it hands out, so it decrypts what was sealed to them.
 */
import { rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { decryptEnvironment } from "../../src/sandbox/kms.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";
import type { Generation } from "../../src/sandbox/model.ts";
import { makePreparedWorld, openPreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  CANARIES,
  cloudOf,
  failureIn,
  makeWorld,
  mutationsOf,
  openWorld,
  withCompose,
  type World,
} from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

/** The environments that the platform was ever given for a cluster's registry, as whoever has its keys reads them. */
async function readByThePlatform({ sandbox }: World, cluster = "bird-tracker") {
  const { cvms } = await sandbox.cloud();
  return cvms
    .filter(({ name }) => name === `${cluster}-registry`)
    .flatMap(({ previous, current, kmsPrivateKey }) =>
      [previous, current]
        .filter((one): one is Generation => one !== null)
        .map(({ composeHash, encryptedEnv }) => ({
          composeHash,
          environment: Object.fromEntries(decryptEnvironment(encryptedEnv ?? "", kmsPrivateKey)),
        })),
    );
}

const secretsRead = async (world: World, cluster?: string): Promise<string[]> =>
  (await readByThePlatform(world, cluster)).map(
    ({ environment }) => environment["AWS_SECRET_ACCESS_KEY"] ?? "(no such name)",
  );

/** Ends with exit 7 in auto and require; the first step that sees it. */
const REFUSED: readonly (readonly [Lie, string, string])[] = [
  ["own-env-key", "env-key-substituted", "deploy-registry"],
  ["two-env-keys", "env-key-substituted", "deploy-registry"],
  ["own-kms", "env-key-substituted", "deploy-registry"],
  ["foreign-compose", "attest-compose", "wait-for-registry"],
  ["foreign-script", "attest-compose", "wait-for-registry"],
  ["dev-image", "attest-os-dev", "wait-for-registry"],
  ["no-tee", "attest-quote", "wait-for-registry"],
  ["debug-td", "attest-debug", "wait-for-registry"],
  ["edited-log", "attest-event-log", "wait-for-registry"],
  ["paths-differ", "attest-compose", "wait-for-registry"],
  ["changed-later", "attest-compose", "wait-for-registry"],
];

// Side by side only a test's own context knows which test ends.
describe.concurrent("init on a platform that lies", () => {
  test.for(REFUSED)(
    "%s is exit 7 in auto and require, and no secret was sent",
    async ([lie, code, step], { onTestFinished }) => {
      const world = await openWorld({ lies: [lie] });
      onTestFinished(() => world.close());
      for (const mode of ["auto", "require"]) {
        const cluster = `${mode}-cluster`;
        const run = await world.run([
          "init",
          "--json",
          "--attest",
          mode,
          "--cluster-name",
          cluster,
        ]);
        expect([run.exitCode, failureIn(run.stdout).error], mode).toMatchObject([
          7,
          { code, step },
        ]);
        const read = await secretsRead(world, cluster);
        expect(read, mode).toEqual(step === "deploy-registry" ? [] : [""]);
      }
    },
  );
});

test("an unknown OS image: a warning and partly in auto, exit 7 in require", async () => {
  const world = await makeWorld({ lies: ["patched-os"] });
  const refused = await world.run([
    "init",
    "--json",
    "--attest",
    "require",
    "--cluster-name",
    "wary",
  ]);
  expect([refused.exitCode, failureIn(refused.stdout).error.code]).toEqual([
    7,
    "attest-os-unknown",
  ]);
  expect(await secretsRead(world, "wary")).toEqual([""]);

  const run = await world.run(["init", "--json"]);
  expect(run.exitCode).toBe(0);
  expect(expectValid("init", run.stdout)).toMatchObject({
    attestation: { result: "partly" },
    warnings: expect.arrayContaining([expect.objectContaining({ code: "attest-os-unknown" })]),
  });
});

test("evidence, or a signed key, that nobody shows: warnings in auto, exit 7 in require", async () => {
  const world = await makeWorld({ faults: [] });
  world.sandbox.setFaults([
    { path: "/attestation$", action: { kind: "status", status: 404 } },
    { path: "/prpc/", action: { kind: "status", status: 404 } },
    { path: "/kms/", action: { kind: "status", status: 404 } },
  ]);
  const env = { TEE_CLUSTER_TIMEOUT: "1s" };
  const refused = await world.run(
    ["init", "--json", "--attest", "require", "--cluster-name", "wary"],
    env,
  );
  expect([refused.exitCode, failureIn(refused.stdout).error]).toMatchObject([
    7,
    { code: "env-key-unverified", step: "deploy-registry" },
  ]);
  expect(await secretsRead(world, "wary")).toEqual([]);

  world.sandbox.setFaults([
    { path: "/attestation$", action: { kind: "status", status: 404 } },
    { path: "/prpc/", action: { kind: "status", status: 503 } },
  ]);
  const waited = await world.run(
    ["init", "--json", "--attest", "require", "--cluster-name", "patient"],
    env,
  );
  expect([waited.exitCode, failureIn(waited.stdout).error]).toMatchObject([
    7,
    {
      code: "attest-unavailable",
      step: "wait-for-registry",
      message: expect.stringMatching(/Info answered HTTP 503; .*attestation answered HTTP 404/),
    },
  ]);
  expect(await secretsRead(world, "patient")).toEqual([""]);

  world.sandbox.setFaults([
    { path: "/attestation$", action: { kind: "status", status: 404 } },
    { path: "/prpc/", action: { kind: "status", status: 404 } },
    { path: "/kms/", action: { kind: "status", status: 404 } },
  ]);
  const run = await world.run(["init", "--json"]);
  expect(run.exitCode).toBe(0);
  const warned = ["env-key-unverified", "attest-unavailable"].map((code) =>
    expect.objectContaining({ code }),
  );
  expect(expectValid("init", run.stdout)).toMatchObject({
    attestation: { result: "none" },
    warnings: expect.arrayContaining(warned),
  });
});

test("with off a platform with its own key reads the secret, as every documented run lets it; each run warns", async () => {
  const world = await makeWorld({ lies: ["own-env-key", "debug-td"] });
  const run = await world.run(["init", "--json", "--attest", "off"]);
  expect(run.exitCode).toBe(0);
  expect(expectValid("init", run.stdout)).toMatchObject({
    attestation: { result: "none", checks: [] },
    warnings: expect.arrayContaining([expect.objectContaining({ code: "attest-off" })]),
  });
  expect(await secretsRead(world)).toEqual([CANARIES.awsSecret, CANARIES.awsSecret]);
});

test("a new registry gets its names at first and its AWS keys once it is attested: the same compose hash", async () => {
  const world = await makeWorld();
  const run = await world.run(["init", "--json", "--attest", "require"]);
  expect(run.exitCode).toBe(0);
  expect(expectValid("init", run.stdout)).toMatchObject({ attestation: { result: "verified" } });
  const [first, second] = await readByThePlatform(world);
  expect(Object.keys(first?.environment ?? {})).toEqual(Object.keys(second?.environment ?? {}));
  expect(first?.composeHash).toBe(second?.composeHash);
  expect([first, second].map((one) => one?.environment["AWS_ACCESS_KEY_ID"])).toEqual([
    "",
    "AKIACANARY0EXAMPLE00",
  ]);
  expect(await secretsRead(world)).toEqual(["", CANARIES.awsSecret]);

  const history = await world.run(["history", "--json"]);
  expect(expectValid("history", history.stdout)).toMatchObject({
    entries: [{ attestation: { mode: "require", result: "verified", scripts: [] } }],
  });
});

test("a compose file that needs its secrets to start: sent with a warning in auto, exit 2 in require", async () => {
  const world = await makeWorld();
  const env = await withCompose(world, "registry", (text) =>
    text.replace("${AWS_SECRET_ACCESS_KEY}", "${AWS_SECRET_ACCESS_KEY:?is missing}"),
  );
  const refused = await world.run(["init", "--json", "--attest", "require"], env);
  expect([refused.exitCode, failureIn(refused.stdout).error.code]).toEqual([
    2,
    "secrets-needed-to-start",
  ]);
  expect(mutationsOf(world.sandbox)).toEqual([]);

  const run = await world.run(["init", "--json"], env);
  expect(run.exitCode).toBe(0);
  expect(expectValid("init", run.stdout)).toMatchObject({
    warnings: expect.arrayContaining([
      expect.objectContaining({ code: "secrets-sent-unverified" }),
    ]),
  });
  expect((await secretsRead(world))[0]).toBe(CANARIES.awsSecret);
});

test("a run that ends between steps 4 and 8 is gone on with: the keys are sent then", async () => {
  const world = await makePreparedWorldWithoutSecrets();
  expect(await secretsRead(world)).toEqual([""]);
  const again = await world.run(["init", "--json"]);
  expect(again.exitCode).toBe(0);
  expect((await secretsRead(world)).at(-1)).toBe(CANARIES.awsSecret);
});

/** Its runner's deployment fails. */
async function makePreparedWorldWithoutSecrets(): Promise<World> {
  let made = 0;
  const world = await makeWorld({
    onRequest: ({ method, path: where }) => {
      if (method !== "POST" || !where.endsWith("/cvms/provision")) return;
      made += 1;
      if (made === 2)
        world.sandbox.setFaults([
          { method: "POST", path: "/cvms/provision$", action: { kind: "status", status: 400 } },
        ]);
    },
  });
  const run = await world.run(["init", "--json"]);
  expect([run.exitCode, failureIn(run.stdout).error.step]).toEqual([4, "deploy-temporary-runner"]);
  world.sandbox.setFaults([]);
  return world;
}

describe.concurrent("rotate-hash and --adopt", () => {
  test.for<[Lie, string]>([
    ["own-env-key", "env-key-substituted"],
    ["two-env-keys", "env-key-substituted"],
    ["debug-td", "attest-debug"],
    ["paths-differ", "attest-compose"],
  ])(
    "%s: a rotation is exit 7 in both modes, nothing is sent, and goes on once it is over",
    async ([lie, code], { onTestFinished }) => {
      const world = await openPreparedWorld();
      onTestFinished(() => world.close());
      const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
      const { registry: before } = await cloudOf(world.sandbox);
      world.sandbox.setLies([lie]);
      for (const mode of ["auto", "require"]) {
        const run = await world.run(["rotate-hash", "--json", "--yes", "--attest", mode], env);
        expect([run.exitCode, failureIn(run.stdout).error], mode).toMatchObject([
          7,
          { code, step: "approve-compose-hash" },
        ]);
        expect((await cloudOf(world.sandbox)).registry?.operations, mode).toEqual(
          before?.operations,
        );
      }
      world.sandbox.setLies([]);
      const run = await world.run(["rotate-hash", "--json", "--yes", "--attest", "require"], env);
      expect(run.exitCode).toBe(0);
      expect(expectValid("rotate-hash", run.stdout)).toMatchObject({
        attestation: { result: "verified" },
      });
    },
  );

  test("a registry that is taken over is attested like a new one, in each mode", async ({
    onTestFinished,
  }) => {
    const world = await openPreparedWorld();
    onTestFinished(() => world.close());
    await rm(world.stateDir, { recursive: true });
    world.sandbox.setLies(["debug-td"]);
    const place = (name: string) => ["--state-dir", path.join(world.folder, name)];
    for (const mode of ["auto", "require"]) {
      const run = await world.run([
        "init",
        "--adopt",
        "--json",
        "--attest",
        mode,
        ...place("lied"),
      ]);
      expect([run.exitCode, failureIn(run.stdout).error.code], mode).toEqual([7, "attest-debug"]);
    }
    world.sandbox.setLies([]);
    for (const mode of ["auto", "require", "off"]) {
      const run = await world.run(["init", "--adopt", "--json", "--attest", mode, ...place(mode)]);
      expect(run.exitCode, mode).toBe(0);
      expect(expectValid("init", run.stdout), mode).toMatchObject({
        attestation: { result: mode === "off" ? "none" : "verified" },
      });
    }
  });
});

test("an update by the platform afterwards is detected by verify, and stops a rotation", async () => {
  const world = await makePreparedWorld();
  world.sandbox.setLies(["changed-later"]);
  const verified = await world.run(["verify", "--json"]);
  expect(verified.exitCode).toBe(7);
  expect(JSON.stringify(expectValid("verify", verified.stdout))).toContain("attest-changed");
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  const rotated = await world.run(["rotate-hash", "--json", "--yes"], env);
  expect([rotated.exitCode, failureIn(rotated.stdout).error.code]).toEqual([7, "attest-compose"]);
});
