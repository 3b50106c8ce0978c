/** What a "busy" was about: an update that may be ours, by what the registry runs then, is never claimed. */
import { expect, test } from "vitest";
import type { AppCompose } from "../../../src/core/compose-hash.ts";
import type { CvmOperation } from "../../../src/core/ports.ts";
import { settleBusy } from "../../../src/approval/own-update.ts";
import { APP_COMPOSE, approvalInput } from "../../helpers/approval-input.ts";
import {
  cvmOf,
  failureOf,
  memoryCloud,
  operationOf,
  registryFrom,
  UUID,
} from "../../helpers/memory-cloud.ts";

const c = (correlationId: string, change: Partial<CvmOperation> = {}): CvmOperation =>
  operationOf({ correlationId, ...change });
const running = c("new", { state: "running", status: "running" });

type Scene = {
  /** The list, and what it is 12 s later. */
  readonly first?: readonly CvmOperation[];
  readonly later?: readonly CvmOperation[];
  readonly runs?: AppCompose;
  readonly before?: readonly CvmOperation[] | undefined;
};

async function settle(scene: Scene) {
  const { first = [running, c("c1")], later = [c("new"), c("c1")], runs = APP_COMPOSE } = scene;
  const before = "before" in scene ? scene.before : [c("c1")];
  const cloud = memoryCloud();
  const registry = registryFrom(cloud.run(cvmOf(), runs));
  cloud.operations.set(UUID, first);
  cloud.at(12_000, () => void cloud.operations.set(UUID, later));
  return settleBusy(approvalInput({ registry }), before, cloud.context);
}

test("the only one since, and the registry runs what was sent: nobody can tell whose it is", async () => {
  expect(await failureOf(settle({}))).toMatchObject({
    kind: "timeout",
    code: "update-unconfirmed",
    message: expect.stringContaining("(new) may be this very one") as string,
  });
});

test.each<[string, Scene]>([
  ["another text", { runs: { ...APP_COMPOSE, docker_compose_file: "services: {}" } }],
  ["other names", { runs: { ...APP_COMPOSE, allowed_envs: ["X"] } }],
  ["no names", { runs: { docker_compose_file: APP_COMPOSE.docker_compose_file } }],
  ["one more came after it", { later: [c("later"), c("new"), c("c1")] }],
  ["one more runs after it", { later: [{ ...running, correlationId: "x" }, c("new"), c("c1")] }],
  ["one more came before it", { later: [c("new"), c("other"), c("c1")] }],
])("somebody else's: %s", async (_, scene) => {
  expect(await failureOf(settle(scene))).toMatchObject({ code: "updated-meanwhile" });
});

test.each<[string, Scene, unknown]>([
  ["nothing has begun", { first: [c("c1")] }, [c("c1")]],
  ["the platform lists none", { before: undefined }, undefined],
  [
    "it failed",
    { later: [c("new", { state: "failed" }), c("c1")] },
    [c("new", { state: "failed" }), c("c1")],
  ],
])("nothing has changed: %s", async (_, scene, updates) => {
  expect(await settle(scene)).toEqual(updates);
});

test("one that does not end: nobody can tell", async () => {
  expect(await failureOf(settle({ later: [running, c("c1")] }))).toMatchObject({
    kind: "timeout",
    code: "update-unconfirmed",
    message: expect.stringContaining(
      "the update of bird-registry that is in progress to end",
    ) as string,
  });
});
