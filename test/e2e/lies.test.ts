/** Phala's API says what is not so: nothing is approved by it, and no secret is sent. */
import { expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../src/core/compose-hash.ts";
import type { FailureResult } from "../../src/core/results.ts";
import type { Sandbox } from "../../src/sandbox/index.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  CANARIES,
  cloudOf,
  commitsOf,
  failureIn,
  makeWorld,
  mutationsOf,
  withCompose,
  type World,
} from "../helpers/program.ts";

const CVM = "^/api/v1/cvms/[0-9a-f]{32}$";
const COMPOSE = "^/api/v1/cvms/[0-9a-f]{32}/compose_file$";
/** The measured text, which counts where the other one does not hash to the compose hash. */
const ATTESTATION = "^/api/v1/cvms/[0-9a-f]{32}/attestation$";

/** Nothing is attested: where the lie is about the text, the measured one would put it right. */
const UNMEASURED = [ATTESTATION, { tcb_info: null }] as const;

/** Lays fields over the answers for a path. */
function lie(
  sandbox: Sandbox,
  ...lies: readonly (readonly [path: string, fields: object])[]
): void {
  sandbox.setFaults(
    lies.map(([path, fields]) => ({
      method: "GET",
      path,
      action: { kind: "lie", fields: { ...fields } },
    })),
  );
}

/** unit/app-compose/verify.test.ts has every form and difference, of the hash too. */
test("about the runner: nothing is approved, no runner is left", async () => {
  const told = [COMPOSE, { docker_compose_file: "services: {}" }] as const;
  const world = await makePreparedWorld({
    onRequest: () => {
      // Only once the temporary runner is there: the registry's own answers are left alone.
      if (commitsOf(world.sandbox) > 0) lie(world.sandbox, told, UNMEASURED);
    },
  });
  const { approved: before } = await cloudOf(world.sandbox);
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  world.sandbox.resetRequests();
  const run = await world.run(["init", "--json"], env);
  expect(run.exitCode).toBe(7);
  expect(failureIn(run.stdout).error).toMatchObject({
    code: "compose-hash-mismatch",
    step: "read-compose-hash",
  });
  const { live, approved } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([["bird-tracker-registry"], before]);
});

/** Lies that hold together: the hash is that of the other text. */
const ABOUT_A_STANDING_REGISTRY: readonly [
  string,
  Partial<AppCompose>,
  readonly string[],
  number,
  string,
][] = [
  ["another text", { docker_compose_file: "services: {}" }, [], 7, "registry-compose-mismatch"],
  ["one name more", { allowed_envs: ["TOKEN"] }, [], 2, "environment-incomplete"],
  ["a weaker app-compose", { no_instance_id: true }, ["--strict"], 7, "app-compose-field"],
];

test("about a registry that is there: it is not updated, nor is anything else made", async () => {
  const world = await makePreparedWorld();
  const { registry } = await cloudOf(world.sandbox);
  const real = registry?.current.appCompose ?? {};
  const attempt = async (about: string, flags: readonly string[], code: number, name: string) => {
    world.sandbox.resetRequests();
    const run = await world.run(["rotate-hash", "--fresh", "--json", ...flags]);
    expect([run.exitCode, failureIn(run.stdout).error.code], about).toEqual([code, name]);
    expect(mutationsOf(world.sandbox), about).toEqual([]);
  };
  for (const [about, change, flags, code, name] of ABOUT_A_STANDING_REGISTRY) {
    const told = { ...real, ...change };
    lie(world.sandbox, [COMPOSE, told], [CVM, { compose_hash: composeHashOf(told) }]);
    await attempt(about, flags, code, name);
  }
  lie(world.sandbox, [CVM, { compose_hash: `0x${"a".repeat(64)}` }]);
  await attempt("a hash with 0x", [], 7, "compose-hash-malformed");
});

/** Runs `init` with an API that lies once a mutating call of that kind was made. */
async function initWithLieAfter(
  call: RegExp,
  make: (options: { onRequest: () => void }) => Promise<World>,
  env: (world: World) => Promise<Record<string, string>>,
): Promise<{ world: World; error: FailureResult["error"]; again: () => ReturnType<World["run"]> }> {
  let lying = true;
  const world = await make({
    onRequest: () => {
      if (lying && mutationsOf(world.sandbox).some((made) => call.test(made)))
        lie(world.sandbox, [COMPOSE, { docker_compose_file: "services: {}" }], UNMEASURED);
    },
  });
  world.sandbox.resetRequests();
  const change = await env(world);
  const run = await world.run(["init", "--json"], change);
  expect(run.exitCode).toBe(7);
  lying = false;
  world.sandbox.setFaults([]);
  return {
    world,
    error: failureIn(run.stdout).error,
    again: () => world.run(["init", "--json"], change),
  };
}

test("about a new registry: it gets no list, and no secret; the next run goes on and sends them", async () => {
  const { world, error, again } = await initWithLieAfter(/^DELETE /, makeWorld, async () => ({}));
  expect(error).toMatchObject({ code: "compose-hash-mismatch", step: null });
  const { live, approved, environment } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([["bird-tracker-registry"], []]);
  expect(environment).toMatchObject({ AWS_SECRET_ACCESS_KEY: "" });
  expect((await again()).exitCode).toBe(0);
  const { environment: after } = await cloudOf(world.sandbox);
  expect(after).toMatchObject({ AWS_SECRET_ACCESS_KEY: CANARIES.awsSecret });
});

test("about a registry that was just updated: it is told, and the next run looks again without an update", async () => {
  const { world, error, again } = await initWithLieAfter(/^PATCH /, makePreparedWorld, (it) =>
    withCompose(it, "registry", (text) => `${text}# changed\n`),
  );
  expect(error).toMatchObject({ code: "compose-hash-mismatch", step: "verify-registry" });
  expect(error.hint).toContain("it has its secrets and the approved list already");
  world.sandbox.resetRequests();
  expect((await again()).exitCode).toBe(0);
  expect(mutationsOf(world.sandbox)).toEqual([]);
});
