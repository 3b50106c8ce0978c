/** A create that is reported as refused, and was made: it is found by its app_id, and never left without a word. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { hurried } from "../../helpers/hurried.ts";
import { makePreparedWorld } from "../../helpers/prepared-cluster.ts";
import { cloudOf } from "../../helpers/program.ts";
import {
  anotherRunner,
  AT_ONCE,
  failureOf,
  REGISTRY,
  rotated,
  RUNNER,
  scriptedWorld,
} from "./world.ts";

test("the create of the temporary runner is answered with a firewall's page, though it was made", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  world.sandbox.setFaults(["masked=403 page"]);
  const after = rotated(await world.run(["rotate-hash", "--json"], await anotherRunner(world)));
  const { live, approved } = await cloudOf(world.sandbox);
  expect([live, approved]).toEqual([[REGISTRY], after.approved_compose_hashes]);
});

test("the key is withdrawn while the temporary runner is made: it may exist, and the next run removes it", async () => {
  const world = await scriptedWorld({ timings: AT_ONCE });
  const withdrawn = {
    action: { kind: "status", status: 401, body: { detail: "revoked" } },
  } as const;
  const looking = path.join(world.folder, "looking");
  world.play(async ({ method, path: where }) => {
    if (method !== "POST" || !where.endsWith("/cvms")) return;
    await writeFile(looking, "");
    setImmediate(() => world.sandbox.setFaults([withdrawn]));
  });
  world.sandbox.setFaults(["masked=401"]);
  const env = await anotherRunner(world);
  const hurry = hurried(10, looking);
  const run = failureOf(await world.run(["rotate-hash", "--json"], { ...env, ...hurry }));
  expect([run.exitCode, run.error.code]).toEqual([4, "create-uncertain"]);
  expect(run.left_behind).toMatchObject([{ name: RUNNER, may_exist: true }]);
  expect((await cloudOf(world.sandbox)).live).toContain(RUNNER);

  world.play(() => undefined);
  world.sandbox.setFaults([]);
  rotated(await world.run(["rotate-hash", "--json"], env));
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});
