/** Whom a rotation names before it cuts runners off. */
import { expect, test } from "vitest";
import { ROLLING, type ListPolicy } from "../../../src/approval/approved-list.ts";
import { inspectRunners } from "../../../src/commands/shared/inspect-runners.ts";
import type { Rotation } from "../../../src/commands/rotate-hash/rotation.ts";
import { composeHashOf, type AppCompose } from "../../../src/core/compose-hash.ts";
import { recordFrom } from "../../helpers/journal-records.ts";
import { cvmOf, memoryCloud } from "../../helpers/memory-cloud.ts";

const appCompose: AppCompose = { docker_compose_file: "of another version", allowed_envs: [] };
const NAME = "bird-runner-0a1b2c3d";

/** The names affected where a runner is up whose hash its orchestrator may have pushed. */
async function affected(rollback: boolean, policy: ListPolicy): Promise<readonly string[]> {
  const cloud = memoryCloud();
  cloud.run(cvmOf({ name: NAME, composeHash: composeHashOf(appCompose) }), appCompose);
  const rotation = {
    inputs: { cluster: { clusterName: "bird", orchestratorSchema: "v2" } },
    facts: { runnerCompose: async () => ({ text: "the local one" }) },
    flags: { rollback, record: undefined },
    policy,
  } as unknown as Rotation;
  const known = { record: recordFrom(), appId: "app", complete: true };
  const seen = await inspectRunners(rotation, known, cloud.context);
  return seen.affected.map(({ cvm }) => cvm.name);
}

test("a runner that may have been pushed is affected where the list goes back, or starts over", async () => {
  expect(await affected(true, ROLLING)).toEqual([NAME]);
  expect(await affected(false, { ...ROLLING, stay: "none" })).toEqual([NAME]);
});

test("it is not where the list is added to, which a push may do", async () => {
  expect(await affected(false, ROLLING)).toEqual([]);
});
