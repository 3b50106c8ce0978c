/** The commands under test: the world that each begins in, and what it has to bring about. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { composeHashOf } from "../../src/core/compose-hash.ts";
import { buildAppCompose } from "../../src/sandbox/app-compose.ts";
import type { CvmState } from "../../src/sandbox/model.ts";
import type { SandboxOptions } from "../../src/sandbox/index.ts";
import { V2_RUNNER_NAMES } from "../helpers/coordinator.ts";
import { openPreparedWorld } from "../helpers/prepared-cluster.ts";
import { COMPOSE_FOLDER, openWorld, type OpenWorld } from "../helpers/program.ts";
import { addForeignCvms, addRunner, foreignCvms, RUNNER_NAME } from "./neighbours.ts";

export type Scenario = {
  readonly name: string;
  readonly args: readonly string[];
  open(options: Partial<SandboxOptions>): Promise<Stage>;
};

/** A world ready for a run, and what must hold of it. */
export type Stage = {
  readonly world: OpenWorld;
  /** As they were before; nobody may touch them. */
  readonly foreign: readonly CvmState[];
  readonly expected: Expectation;
};

export type Expectation = {
  /** The lists that the registry may approve after a run that failed; the last is the one to come to. */
  readonly approvedLists: readonly (readonly string[])[];
  /** The CVMs of the cluster that are up in the end. */
  readonly live: readonly string[];
  /** Whether registry and `orchestrator.yml` are there before the run. */
  readonly begins: "with nothing" | "with a cluster";
};

/**
 * The platform as it is in life, at a hundredth of its pace but slower than a run: a second run meets the
 * deployments, updates and deletions of the first one still under way.
 */
const TIMINGS = {
  bootMs: 1500,
  updateOldServesMs: 2500,
  updateDownMs: 500,
  updateBootMs: 1000,
  deletionMs: 600,
} as const;

/** At that pace a look every two seconds is often enough. */
const LIMITS = { TEE_CLUSTER_POLL_INTERVAL: "2s", TEE_CLUSTER_TIMEOUT: "30s" } as const;

const RUNNER_ENVIRONMENT = ["REGISTRY_URL", "CAPACITY_THRESHOLD"] as const;

const composeText = (role: "registry" | "runner"): Promise<string> =>
  readFile(path.join(COMPOSE_FOLDER, `docker-compose.phala.${role}.yml`), "utf8");

/** The hash of a runner that the orchestrator deploys with this text; worked out here, not taken from the program. */
function runnerHash(text: string, names: readonly string[] = RUNNER_ENVIRONMENT): string {
  return composeHashOf(buildAppCompose({ docker_compose_file: text, allowed_envs: names }));
}

const init: Scenario = {
  name: "init",
  args: ["init"],
  async open(options) {
    const hash = runnerHash(await composeText("runner"));
    const world = await openWorld({ timings: TIMINGS, ...options });
    return stage(world, {
      approvedLists: [[], [hash]],
      live: ["bird-tracker-registry"],
      begins: "with nothing",
    });
  },
};

/** A cluster with a runner up, and a runner compose file that has changed since. */
const rotateHash: Scenario = {
  name: "rotate-hash",
  args: ["rotate-hash", "--runner-compose", "runner.yml"],
  async open(options) {
    const old = await composeText("runner");
    const changed = `${old}# A change.\n`;
    const world = await openPreparedWorld({ timings: TIMINGS, ...options });
    await writeFile(path.join(world.folder, "runner.yml"), changed);
    await addRunner(world, old, RUNNER_ENVIRONMENT);
    return stage(world, {
      approvedLists: [[runnerHash(old)], [runnerHash(old), runnerHash(changed)]],
      live: ["bird-tracker-registry", RUNNER_NAME],
      begins: "with a cluster",
    });
  },
};

/** The same with a registry that takes the list while it runs, and keeps running. */
const rotateHashByPush: Scenario = {
  name: "rotate-hash-push",
  args: rotateHash.args,
  async open(options) {
    const old = await composeText("runner");
    const changed = `${old}# A change.\n`;
    const world = await openPreparedWorld({ timings: TIMINGS, ...options }, "v2");
    await writeFile(path.join(world.folder, "runner.yml"), changed);
    await addRunner(world, old, V2_RUNNER_NAMES);
    const hashes = [old, changed].map((text) => runnerHash(text, V2_RUNNER_NAMES));
    return stage(world, {
      approvedLists: [hashes.slice(0, 1), hashes],
      live: ["bird-tracker-registry", RUNNER_NAME],
      begins: "with a cluster",
    });
  },
};

/** A cluster with a runner up. */
const destroy: Scenario = {
  name: "destroy",
  args: ["destroy", "--yes"],
  async open(options) {
    const text = await composeText("runner");
    const world = await openPreparedWorld({ timings: TIMINGS, ...options });
    await addRunner(world, text, RUNNER_ENVIRONMENT);
    return stage(world, {
      approvedLists: [[runnerHash(text)]],
      live: [],
      begins: "with a cluster",
    });
  },
};

export const SCENARIOS: readonly Scenario[] = [init, rotateHash, rotateHashByPush, destroy];

async function stage(world: OpenWorld, expected: Expectation): Promise<Stage> {
  await addForeignCvms(world);
  Object.assign(world.env, LIMITS);
  const { cvms } = await world.sandbox.cloud();
  return { world, foreign: foreignCvms(cvms), expected };
}

export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario) return scenario;
  throw new Error(
    `no scenario ${name}; there are: ${SCENARIOS.map((known) => known.name).join(", ")}`,
  );
}
