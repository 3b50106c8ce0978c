/** A create that is reported as refused, and was made: it is found by its app_id, and never left without a word. */
import { expect, test } from "vitest";
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

test.each([
  ["401 in JSON", "masked=401"],
  ["a firewall's page", "masked=403 page"],
])(
  "the create of the temporary runner is answered with %s, though it was made",
  async (_, fault) => {
    const world = await makePreparedWorld({ timings: AT_ONCE });
    world.sandbox.setFaults([fault]);
    const after = rotated(await world.run(["rotate-hash", "--json"], await anotherRunner(world)));
    const { live, approved } = await cloudOf(world.sandbox);
    expect([live, approved]).toEqual([[REGISTRY], after.approved_compose_hashes]);
  },
);

test("the key is withdrawn while the temporary runner is made: it may exist, and the next run removes it", async () => {
  const world = await scriptedWorld({ timings: AT_ONCE });
  const withdrawn = {
    action: { kind: "status", status: 401, body: { detail: "revoked" } },
  } as const;
  world.play(({ method, path }) => {
    if (method === "POST" && path.endsWith("/cvms"))
      setImmediate(() => world.sandbox.setFaults([withdrawn]));
  });
  world.sandbox.setFaults(["masked=401"]);
  const env = await anotherRunner(world);
  const run = failureOf(await world.run(["rotate-hash", "--json"], env));
  expect([run.exitCode, run.error.code]).toEqual([4, "create-uncertain"]);
  expect(run.left_behind).toMatchObject([{ name: RUNNER, may_exist: true }]);
  expect((await cloudOf(world.sandbox)).live).toContain(RUNNER);

  world.play(() => undefined);
  world.sandbox.setFaults([]);
  rotated(await world.run(["rotate-hash", "--json"], env));
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});
