/** The platform, or somebody on it, does what nobody expects in the middle of a run. */
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { composeHashOf } from "../../src/core/compose-hash.ts";
import type { FailureResult } from "../../src/core/results.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import type { RotateHashResult } from "../../src/commands/rotate-hash/result.ts";
import type { Fault, Sandbox, SandboxOptions } from "../../src/sandbox/index.ts";
import { dropCvm } from "../helpers/cvms.ts";
import { stateFolder } from "../helpers/journal.ts";
import { untilUpdated, updateRegistry } from "../helpers/neighbour.ts";
import { warmPhalaBin } from "../helpers/phala-bin.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, mutationsOf, withCompose, type Run, type World } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";
import { until } from "../helpers/until.ts";

const REGISTRY = "bird-tracker-registry";
const RUNNER = "bird-tracker-runner-temp";
const SCRIPT = "#!/bin/sh\necho of the platform\n";

function failure({ exitCode, stdout }: Run): FailureResult["error"] {
  expect(exitCode, stdout).not.toBe(0);
  return (expectValid("failure", stdout) as unknown as FailureResult).error;
}

/** What a run that came to its end was told of. */
function codes({ exitCode, stdout }: Run): string[] {
  expect(exitCode, stdout).toBe(0);
  return (JSON.parse(stdout) as Pick<InitResult, "warnings">).warnings.map(({ code }) => code);
}

type Script = (
  request: Parameters<NonNullable<SandboxOptions["onRequest"]>>[0],
) => void | Promise<void>;

/** A prepared world in which a script is gone through before each request is answered, its own ones too. */
async function scriptedWorld(): Promise<{ world: World; play: (script: Script) => void }> {
  let script: Script | undefined;
  const world = await makePreparedWorld({ onRequest: (request) => script?.(request) });
  return { world, play: (next) => (script = next) };
}

let versions = 0;

/** A runner compose file that nobody has seen: the next run needs a temporary runner. */
function anotherRunner(world: World): Promise<Record<string, string>> {
  versions += 1;
  return withCompose(world, "runner", (text) => `${text}# version ${versions}\n`);
}

/** The faults that `make` says, as soon as there is a temporary runner. */
function aboutTheRunner(
  sandbox: Sandbox,
  make: (runner: NonNullable<Awaited<ReturnType<typeof runnerOf>>>) => readonly Fault[],
): Script {
  return async () => {
    const runner = await runnerOf(sandbox);
    if (runner) sandbox.setFaults(make(runner));
  };
}

async function runnerOf(sandbox: Sandbox) {
  const { cvms } = await sandbox.cloud();
  return cvms.find((cvm) => cvm.name === RUNNER && cvm.deletedAt === null);
}

test("a pre-launch script of the platform's own: refused with --strict, told without", async () => {
  const { world, play } = await scriptedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  play(
    aboutTheRunner(world.sandbox, ({ vmUuid, current }) => {
      const appCompose = { ...current.appCompose, pre_launch_script: SCRIPT };
      const saying = (where: string, fields: Record<string, unknown>): Fault => ({
        method: "GET",
        path: `/${vmUuid}${where}$`,
        action: { kind: "lie", fields },
      });
      return [
        saying("", { compose_hash: composeHashOf(appCompose) }),
        saying("/compose_file", { pre_launch_script: SCRIPT }),
      ];
    }),
  );
  const env = await anotherRunner(world);
  const strict = await world.run(["rotate-hash", "--json", "--strict"], env);
  expect([strict.exitCode, failure(strict).code]).toEqual([7, "pre-launch-script"]);
  const { live, approved } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([[REGISTRY], before]);

  const told = await world.run(["rotate-hash", "--json"], env);
  expect(codes(told)).toEqual(["pre-launch-script", "prediction-differed"]);
});

test("another service answers in the registry's place: told at once; the registry is deleted while it is waited for", async () => {
  const { world, play } = await scriptedWorld();
  world.sandbox.resetRequests();
  const lie = { kind: "lie", fields: { service: "nginx" } } as const;
  world.sandbox.setFaults([{ path: "^/gateway/.*/health$", action: lie }]);
  const foreign = await world.run(["init", "--json"]);
  expect([foreign.exitCode, failure(foreign)]).toMatchObject([
    7,
    {
      code: "wrong-service",
      step: "wait-for-registry",
      message: expect.stringContaining('"nginx"'),
    },
  ]);
  expect(mutationsOf(world.sandbox)).toEqual([]);

  world.sandbox.setFaults([]);
  let gone = false;
  play(async ({ path: where }) => {
    if (gone || !where.startsWith("/gateway/")) return;
    gone = true;
    await dropCvm(world.sandbox, REGISTRY);
  });
  const deleted = await world.run(["init", "--json"]);
  expect([deleted.exitCode, failure(deleted)]).toMatchObject([
    4,
    {
      code: "registry-gone",
      step: "wait-for-registry",
      hint: expect.stringContaining("tee-cluster init"),
    },
  ]);
  expect(gone).toBe(true);
});

test("a registry that was deleted by hand is made anew, with a word; phala is started six times for all of it", async () => {
  const world = await makePreparedWorld();
  const { registry } = await cloudOf(world.sandbox);
  await dropCvm(world.sandbox, REGISTRY);
  const starts = path.join(world.folder, "starts");
  const wrapper = path.join(world.folder, "phala");
  await writeFile(wrapper, `#!/bin/sh\necho "$1" >> '${starts}'\nexec '${warmPhalaBin()}' "$@"\n`);
  await chmod(wrapper, 0o755);
  const run = await world.run(["init", "--json"], {
    ...(await anotherRunner(world)),
    PHALA_BIN: wrapper,
  });
  expect(run.exitCode, run.stdout).toBe(0);
  expect(run.stderr).toContain(
    `this machine has recorded ${REGISTRY} with app_id ${registry?.appId}, which Phala no longer has`,
  );
  const { live, registriesEverMade, approved } = await cloudOf(world.sandbox);
  expect([live, registriesEverMade]).toEqual([[REGISTRY], 2]);
  expect(approved).toEqual([(JSON.parse(run.stdout) as InitResult).runner_compose_hash]);
  const started = (await readFile(starts, "utf8")).trim().split("\n");
  expect(started.toSorted()).toEqual(["--version", "cvms", "deploy", "deploy", "deploy", "status"]);
});

test("the registry is updated by somebody else between steps 5 and 8: nothing is sent, the next run goes on", async () => {
  const { world, play } = await scriptedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  world.sandbox.resetRequests();
  let meddled = false;
  play(async ({ method }) => {
    if (meddled || method !== "DELETE") return;
    meddled = true;
    await updateRegistry(world.sandbox);
  });
  const env = await anotherRunner(world);
  const run = await world.run(["rotate-hash", "--json"], env);
  expect([run.exitCode, failure(run)]).toMatchObject([
    6,
    { code: "updated-meanwhile", step: "approve-compose-hash" },
  ]);
  // The one update is the other's.
  expect(mutationsOf(world.sandbox).filter((call) => call.startsWith("PATCH"))).toHaveLength(1);
  const { live, approved } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([[REGISTRY], before]);

  await untilUpdated(world.sandbox);
  const next = await world.run(["rotate-hash", "--json"], env);
  expect(codes(next)).toEqual(["updated-by-others"]);
  expect((await cloudOf(world.sandbox)).approved).toHaveLength(2);
});

test("a key that is withdrawn once something was made: exit 4, for 3 says that nothing was touched", async () => {
  const { world, play } = await scriptedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  const withdraw = (): void =>
    world.sandbox.setFaults([{ path: "^/api/v1/", action: { kind: "status", status: 401 } }]);
  world.sandbox.resetRequests();
  // The temporary runner is gone by the time at which the list of the live ones is asked for again.
  play(({ path: where }) => {
    const made = mutationsOf(world.sandbox).some((call) => call.startsWith("DELETE"));
    if (made && where.endsWith("/paginated")) withdraw();
  });
  const env = await anotherRunner(world);
  const late = await world.run(["init", "--json"], env);
  expect([late.exitCode, failure(late).code]).toEqual([4, "api-key-refused"]);
  const { live, approved } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([[REGISTRY], before]);
});

test("a rollback that was killed is resumed, not undone; without the earlier compose file it is refused", async () => {
  const world = await makePreparedWorld();
  const { approved: before } = await cloudOf(world.sandbox);
  const files = {
    ...(await anotherRunner(world)),
    ...(await withCompose(world, "registry", (text) => `${text}# an image bump\n`)),
  };
  const provision = ["--hash-from", "provision"];
  expect((await world.run(["rotate-hash", "--json", ...provision], files)).exitCode).toBe(0);
  const updates = (): number =>
    mutationsOf(world.sandbox).filter((call) => call.startsWith("PATCH")).length;
  const earlier = path.join(await stateFolder(world), "registry-composes");
  world.sandbox.resetRequests();
  const child = world.start(["rotate-hash", "--rollback", "--json"]);
  await until(() => updates() === 1);
  child.kill("SIGKILL");
  await child;
  const back = await world.run(["rotate-hash", "--rollback", "--json"]);
  expect(back.exitCode, back.stdout).toBe(0);
  const { approved_compose_hashes: hashes } = expectValid(
    "rotate-hash",
    back.stdout,
  ) as unknown as RotateHashResult;
  const { approved, registry } = await cloudOf(world.sandbox);
  expect([hashes, approved]).toEqual([before, before]);
  expect(registry?.current.appCompose.docker_compose_file).not.toContain("# an image bump");

  // Back again, to the file that only the record has.
  await rm(earlier, { recursive: true });
  world.sandbox.resetRequests();
  const lost = await world.run(["rotate-hash", "--rollback", "--json"]);
  expect([lost.exitCode, failure(lost).code]).toEqual([3, "earlier-compose-missing"]);
  expect(failure(lost).hint).toContain("tee-cluster rotate-hash --registry-compose");
  expect(mutationsOf(world.sandbox)).toEqual([]);
});
