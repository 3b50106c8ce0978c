/** What a run is told of and goes on over: each warning with its code, several of them in one run. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Rendered } from "../../src/core/command-hint.ts";
import type { InitResult } from "../../src/commands/init/result.ts";
import type { RotatePlanResult } from "../../src/commands/rotate-hash/result.ts";
import { untilUpdated, updateRegistry } from "../helpers/neighbour.ts";
import { deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, mutationsOf, type World } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

const DOMAIN = "models.example.org";

type Told = Rendered<Pick<InitResult, "warnings">["warnings"]>;

const sorted = (told: Told): string[] => told.map(({ code }) => code).toSorted();
const messageOf = (told: Told, code: string): string =>
  told.find((warning) => warning.code === code)?.message ?? "";

/** The dashboard: another text, the same variables. */
async function editedByOthers(world: World): Promise<void> {
  const own = await readFile(world.env["TEE_CLUSTER_REGISTRY_COMPOSE"] ?? "", "utf8");
  await updateRegistry(world.sandbox, { docker_compose_file: `${own}# by somebody else\n` });
  await untilUpdated(world.sandbox);
}

test("init over a registry that others have updated, with another size, place and domain asked for", async () => {
  const world = await makePreparedWorld();
  await editedByOthers(world);
  const asked = ["--instance-type", "tdx.large", "--node", "prod12", "--cvm-base-domain", DOMAIN];
  const run = await world.run(["init", "--json", ...asked]);
  expect(run.exitCode, run.stdout).toBe(0);
  const { warnings } = expectValid("init", run.stdout) as unknown as Rendered<InitResult>;
  expect(sorted(warnings)).toEqual([
    "base-domain-given",
    "instance-type-differs",
    "node-differs",
    "orchestrator-schema-v1",
    "registry-compose-unrecorded",
    "updated-by-others",
  ]);
  expect(messageOf(warnings, "instance-type-differs")).toContain(
    "is a tdx.medium, asked for was tdx.large",
  );
  expect(messageOf(warnings, "node-differs")).toContain("is on prod10, asked for was prod12");
  expect(messageOf(warnings, "updated-by-others")).toMatch(/at \d{4}-.*rotate-hash --keep/);
  const { registry, environment, registriesEverMade } = await cloudOf(world.sandbox);
  expect([registriesEverMade, registry?.nodeId, registry?.instanceType]).toEqual([
    1,
    18,
    "tdx.medium",
  ]);
  expect(environment["CVM_BASE_DOMAIN"]).toBe(DOMAIN);
  expect(registry?.current.appCompose.docker_compose_file).not.toContain("by somebody else");
});

test("a plan without a record here: neither list nor settings are known; a runner of another schema is told", async () => {
  const world = await makePreparedWorld();
  const names = ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"];
  const environment = names.map((name) => ({ name, value: "1" }));
  const compose = world.env["TEE_CLUSTER_RUNNER_COMPOSE"] ?? "";
  await deployRunner(world.sandbox, "bird-tracker", compose, environment);
  world.sandbox.resetRequests();
  const elsewhere = {
    TEE_CLUSTER_STATE_DIR: `${world.stateDir}-elsewhere`,
    AWS_REGION: "us-east-2",
  };
  const plan = ["rotate-hash", "--plan", "--json", "--orchestrator-schema", "v1"];
  const run = await world.run(plan, elsewhere);
  expect(run.exitCode, run.stdout).toBe(0);
  const { warnings } = expectValid(
    "rotate-hash-plan",
    run.stdout,
  ) as unknown as Rendered<RotatePlanResult>;
  expect(sorted(warnings)).toEqual([
    "hash-of-live-runner",
    "previous-list-unknown",
    "runner-names-differ",
    "settings-unknown",
  ]);
  expect(messageOf(warnings, "settings-unknown")).toContain("AWS_REGION=us-east-2, ");
  expect(messageOf(warnings, "settings-unknown")).not.toContain("AWS_SECRET");
  expect(messageOf(warnings, "runner-names-differ")).toContain(names.join(", "));
  expect(mutationsOf(world.sandbox)).toEqual([]);
});
