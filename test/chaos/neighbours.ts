/** CVMs that are put into a cloud before a trial: somebody else's, and runners that the orchestrator has up. */
import { buildAppCompose } from "../../src/sandbox/app-compose.ts";
import { commit } from "../../src/sandbox/cloud.ts";
import { DEFAULT_TIMINGS, type CloudState, type CvmState } from "../../src/sandbox/model.ts";
import { provision } from "../../src/sandbox/cloud.ts";
import { CloudStore } from "../../src/sandbox/store.ts";
import type { OpenWorld } from "../helpers/program.ts";

/** Not ours by a hair: another beginning, another letter, another case. Names that `init` has to put up with. */
export const FOREIGN_NAMES = [
  "birdbath-registry",
  "a-bird-tracker-registry",
  "a-bird-tracker-runner-temp",
  "a-bird-tracker-runner-0a1b2c3d",
  "Bird-Tracker-registry",
  "Bird-Tracker-runner-temp",
  "bird-trackr-registry",
  "bird-tracke-r",
  "my-database",
] as const;

/** A runner of the cluster, as the orchestrator names it. */
export const RUNNER_NAME = "bird-tracker-runner-0a1b2c3d";

type Neighbour = {
  readonly name: string;
  readonly composeText: string;
  readonly names: readonly string[];
};

/** Foreign CVMs, some of them of the same compose files as ours. They have been up for an hour. */
export async function addForeignCvms(world: OpenWorld): Promise<void> {
  const composeText = "services: {}\n";
  await addCvms(
    world,
    FOREIGN_NAMES.map((name) => ({ name, composeText, names: [] })),
  );
}

export async function addRunner(
  world: OpenWorld,
  composeText: string,
  names: readonly string[],
): Promise<void> {
  await addCvms(world, [{ name: RUNNER_NAME, composeText, names }]);
}

/** The sandbox's cloud is a file that several processes may share: what is added here it sees at once. */
async function addCvms(world: OpenWorld, neighbours: readonly Neighbour[]): Promise<void> {
  await new CloudStore(world.cloudDir).change((state) => ({
    state: neighbours.reduce(withCvm, state),
    result: undefined,
  }));
}

function withCvm(state: CloudState, { name, composeText, names }: Neighbour): CloudState {
  const appCompose = buildAppCompose({ docker_compose_file: composeText, allowed_envs: names });
  const provisioned = provision(state, {
    name,
    nodeId: 18,
    instanceType: "tdx.medium",
    appCompose,
  });
  const { appId, composeHash } = provisioned.result;
  const now = Date.now() - 3_600_000;
  return commit(provisioned.state, {
    appId,
    composeHash,
    encryptedEnv: null,
    now,
    timings: DEFAULT_TIMINGS,
  }).state;
}

/** What must stay as it is, to the last field. */
export function foreignCvms(cvms: readonly CvmState[]): readonly CvmState[] {
  return cvms.filter(({ name }) => (FOREIGN_NAMES as readonly string[]).includes(name));
}
