/**
 * Lies of the sandbox, through the built program: what a run says, and what the platform can read
 * of what was sent. A lying platform holds the keys that it hands out, so it decrypts what was sealed to them.
 */
import path from "node:path";
import { expect, test } from "vitest";
import { decryptEnvironment } from "../../src/sandbox/kms.ts";
import { LIES, type Lie } from "../../src/sandbox/attestation/lies.ts";
import type { Generation } from "../../src/sandbox/model.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  CANARIES,
  cloudOf,
  failureIn,
  makeWorld,
  mutationsOf,
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

/** Without a temporary runner: nothing here is about how a hash is come by. */
const FAST_JSON = ["--json", "--hash-from", "provision"] as const;

const secretsRead = async (world: World, cluster?: string): Promise<string[]> =>
  (await readByThePlatform(world, cluster)).map(
    ({ environment }) => environment["AWS_SECRET_ACCESS_KEY"] ?? "(no such name)",
  );

type Mode = "auto" | "require";

/**
 * Exit 7 by the first step that sees it: a key that only one of several looks shows, and what the registry runs. Which
 * lie is which code is for integration/attestation/lies.test.ts.
 */
const REFUSED: readonly (readonly [Lie, string, string, Mode])[] = [
  ["two-env-keys", "env-key-substituted", "deploy-registry", "auto"],
  ["foreign-compose", "attest-compose", "wait-for-registry", "require"],
];

test("init on a platform that lies: exit 7, and no secret was sent", async () => {
  const world = await makeWorld();
  for (const [lie, code, step, mode] of REFUSED) {
    world.sandbox.setLies([lie]);
    const name = ["--cluster-name", lie];
    const run = await world.run(["init", "--json", "--attest", mode, ...name]);
    expect([run.exitCode, failureIn(run.stdout).error], lie).toMatchObject([7, { code, step }]);
    const read = await secretsRead(world, lie);
    expect(read, lie).toEqual(step === "deploy-registry" ? [] : [""]);
  }
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
  const run = await world.run(["init", ...FAST_JSON]);
  expect(run.exitCode).toBe(0);
  const warned = ["env-key-unverified", "attest-unavailable"].map((code) =>
    expect.objectContaining({ code }),
  );
  expect(expectValid("init", run.stdout)).toMatchObject({
    attestation: { result: "none" },
    warnings: expect.arrayContaining(warned),
  });
});

test("with off no lie is looked at: the platform reads the secret, as every documented run lets it; each run warns", async () => {
  const lies = Object.keys(LIES) as Lie[];
  const world = await makeWorld({ lies: lies.filter((lie) => lie !== "two-env-keys") });
  const run = await world.run(["init", ...FAST_JSON, "--attest", "off"]);
  expect(run.exitCode).toBe(0);
  expect(expectValid("init", run.stdout)).toMatchObject({
    attestation: { result: "none", checks: [] },
    warnings: expect.arrayContaining([expect.objectContaining({ code: "attest-off" })]),
  });
  expect(await secretsRead(world)).toEqual([CANARIES.awsSecret, CANARIES.awsSecret]);
});

test("a new registry gets its names at first and its AWS keys once it is attested: the same compose hash", async () => {
  const world = await makeWorld();
  const run = await world.run(["init", ...FAST_JSON, "--attest", "require"]);
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

  const run = await world.run(["init", ...FAST_JSON], env);
  expect(run.exitCode).toBe(0);
  expect(expectValid("init", run.stdout)).toMatchObject({
    warnings: expect.arrayContaining([
      expect.objectContaining({ code: "secrets-sent-unverified" }),
    ]),
  });
  expect((await secretsRead(world))[0]).toBe(CANARIES.awsSecret);
});

/**
 * Of a registry that was verified before: what is another thing than then has changed, and the keys are to be rotated.
 * unit/trust/compare-with-last.test.ts has everything that may have changed.
 */
const REFUSED_LATER: readonly (readonly [Lie, string])[] = [
  ["two-env-keys", "env-key-substituted"],
  ["own-kms", "attest-changed"],
];

/** Of one that nobody has verified. */
const REFUSED_TAKE_OVER: readonly (readonly [Lie, string, Mode])[] = [
  ["own-kms", "kms-unknown", "require"],
  ["foreign-compose", "attest-compose", "auto"],
];

test("rotate-hash: every lie is exit 7, nothing is sent, and it goes on once it is over", async () => {
  const world = await makePreparedWorld();
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  const { registry: before } = await cloudOf(world.sandbox);
  const rotate = (mode: Mode) =>
    world.run(["rotate-hash", "--yes", ...FAST_JSON, "--attest", mode], env);
  for (const [lie, code] of REFUSED_LATER) {
    world.sandbox.setLies([lie]);
    const run = await rotate("auto");
    expect([run.exitCode, failureIn(run.stdout).error], lie).toMatchObject([
      7,
      { code, step: "approve-compose-hash" },
    ]);
    const { registry } = await cloudOf(world.sandbox);
    expect(registry?.operations, lie).toEqual(before?.operations);
  }
  world.sandbox.setLies([]);
  const run = await rotate("require");
  expect(run.exitCode).toBe(0);
  expect(expectValid("rotate-hash", run.stdout)).toMatchObject({
    attestation: { result: "verified" },
  });
});

test("--adopt: every lie is exit 7, nothing is sent; without one it goes through, also unattested", async () => {
  const world = await makePreparedWorld();
  const { registry: before } = await cloudOf(world.sandbox);
  const adopt = (mode: string, place: string) =>
    world.run(["init", "--adopt", ...FAST_JSON, "--attest", mode], {
      TEE_CLUSTER_STATE_DIR: path.join(world.folder, place),
    });
  for (const [lie, code, mode] of REFUSED_TAKE_OVER) {
    world.sandbox.setLies([lie]);
    const run = await adopt(mode, lie);
    expect([run.exitCode, failureIn(run.stdout).error.code], lie).toEqual([7, code]);
    const { registry } = await cloudOf(world.sandbox);
    expect(registry?.operations, lie).toEqual(before?.operations);
  }
  world.sandbox.setLies([]);
  for (const mode of ["require", "off"]) {
    const run = await adopt(mode, mode);
    expect(run.exitCode, mode).toBe(0);
    expect(expectValid("init", run.stdout), mode).toMatchObject({
      attestation: { result: mode === "off" ? "none" : "verified" },
    });
  }
});

test("evidence from before the restart: exit 7 after the update, and the keys are to be rotated", async () => {
  const world = await makePreparedWorld();
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  world.sandbox.setLies(["stale-evidence"]);
  const run = await world.run(["rotate-hash", "--yes", ...FAST_JSON], env);
  expect([run.exitCode, failureIn(run.stdout).error]).toMatchObject([
    7,
    { code: "attest-stale", step: "verify-registry", hint: expect.stringContaining("AWS keys") },
  ]);
});

test("an update of ours that was cut off is no change by somebody else", async () => {
  const world = await makePreparedWorld();
  const env = await withCompose(world, "registry", (text) => `${text}# changed\n`);
  // Accepted and done, and never listed: the run can't tell what became of it.
  world.sandbox.setFaults([
    { method: "PATCH", action: { kind: "operation", ends: "missing", applied: true } },
  ]);
  const run = await world.run(["rotate-hash", "--json", "--yes"], {
    ...env,
    TEE_CLUSTER_TIMEOUT: "1s",
  });
  expect([run.exitCode, failureIn(run.stdout).error.code]).toEqual([5, "update-unconfirmed"]);
  world.sandbox.setFaults([]);
  const verified = await world.run(["verify", "--json", "--attest", "require"], env);
  expect([verified.exitCode, expectValid("verify", verified.stdout)]).toMatchObject([
    0,
    {
      attestation: {
        checks: expect.arrayContaining([
          expect.objectContaining({
            id: "unchanged",
            result: "passed",
            message: "it runs what an update of this machine gave it",
          }),
        ]),
      },
    },
  ]);
});

test("an update by the platform afterwards is detected by verify and status, and stops a rotation", async () => {
  const world = await makePreparedWorld();
  world.sandbox.setLies(["changed-later"]);
  const verified = await world.run(["verify", "--json"]);
  expect(verified.exitCode).toBe(7);
  expect(expectValid("verify", verified.stdout)).toMatchObject({
    error: { code: "attest-changed", hint: expect.stringContaining("rotate the AWS keys") },
  });
  const status = await world.run(["status", "--json"]);
  expect([status.exitCode, expectValid("status", status.stdout)]).toMatchObject([
    7,
    {
      attestation: { result: "none", unchanged: false, last_verified_at: expect.any(String) },
      findings: [{ code: "attest-changed", severity: "error" }],
    },
  ]);
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  const rotated = await world.run(["rotate-hash", "--json", "--yes"], env);
  expect([rotated.exitCode, failureIn(rotated.stdout).error.code]).toEqual([7, "attest-changed"]);
});
