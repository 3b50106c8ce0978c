/** Runners that appear while a run prepares its update keep their access, or the run stops before it. */
import { expect, test } from "vitest";
import { makeCvm } from "../../helpers/cvms.ts";
import { cloudOf, type World } from "../../helpers/program.ts";
import {
  anotherRunner,
  AT_ONCE,
  changesIn,
  failureOf,
  rotated,
  RUNNER,
  scriptedWorld,
} from "./world.ts";

const APPEARED = "bird-tracker-runner-0a1b2c3d";

/** A runner of the orchestrator, made from the approved file just before a request. */
function appearing(
  world: Awaited<ReturnType<typeof scriptedWorld>>,
  at: (method: string, path: string, deleted: boolean) => boolean,
): void {
  let made = false;
  let deleted = false;
  world.play(async ({ method, path }) => {
    if (made) return;
    deleted ||= method === "DELETE";
    if (!at(method, path, deleted)) return;
    made = true;
    await makeApproved(world);
  });
}

/** As the temporary runner of `init` was made: its hash is in the approved list. */
async function makeApproved({ sandbox }: Pick<World, "sandbox">): Promise<void> {
  const { cvms } = await cloudOf(sandbox);
  const first = cvms.find(({ name }) => name === RUNNER);
  const { appCompose } = first?.current ?? {};
  if (appCompose === undefined) throw new Error("there was no temporary runner");
  await makeCvm(sandbox, APPEARED, appCompose);
}

test("one that appears while the temporary runner is up keeps its access with --retire", async () => {
  const world = await scriptedWorld({ timings: AT_ONCE });
  const { approved: before } = await cloudOf(world.sandbox);
  const env = await anotherRunner(world);
  appearing(world, (method) => method === "DELETE");
  const after = rotated(await world.run(["rotate-hash", "--json", "--retire", "--yes"], env));
  expect(after.approved_compose_hashes).toEqual([...before, after.runner_compose_hash]);
  expect((await cloudOf(world.sandbox)).approved).toEqual(after.approved_compose_hashes);
  expect(after.runners_cut_off).toEqual([]);
});

test("one that appears between the list and the update stops a run that would cut it off", async () => {
  const world = await scriptedWorld({ timings: AT_ONCE });
  const { approved: before } = await cloudOf(world.sandbox);
  const env = await anotherRunner(world);
  appearing(
    world,
    (method, path, deleted) => deleted && method === "GET" && path.endsWith("/operations"),
  );
  world.sandbox.resetRequests();
  const run = failureOf(await world.run(["rotate-hash", "--json", "--retire", "--yes"], env));
  expect([run.exitCode, run.error.code]).toEqual([6, "runners-changed"]);
  expect(run.error.message).toContain(`${APPEARED} (${before[0]})`);
  expect(changesIn(world.sandbox).filter((change) => change.startsWith("PATCH"))).toEqual([]);

  const after = rotated(await world.run(["rotate-hash", "--json", "--retire", "--yes"], env));
  expect(after.approved_compose_hashes).toEqual([...before, after.runner_compose_hash]);
});
