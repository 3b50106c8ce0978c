/** A network that goes away in the middle of a run, as a VPN does: nothing is answered from then on. */
import { expect, test } from "vitest";
import { HURRIED } from "../helpers/hurried.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf } from "../helpers/program.ts";
import { anotherRunner, AT_ONCE, failureOf, REGISTRY, rotated, RUNNER } from "./cases/world.ts";

const IMPATIENT = { TEE_CLUSTER_TIMEOUT: "8s", TEE_CLUSTER_POLL_INTERVAL: "2s" };

test("every wait and the clean-up end; what is left is told, and the next run removes it", async () => {
  let [isGone, wasGone] = [false, false];
  const world = await makePreparedWorld({
    timings: AT_ONCE,
    async onRequest() {
      if (isGone) await new Promise(() => undefined);
      const { live } = await cloudOf(world.sandbox);
      isGone ||= !wasGone && live.includes(RUNNER);
      wasGone ||= isGone;
    },
  });
  const env = await anotherRunner(world);
  const run = failureOf(
    await world.runAnew(["rotate-hash", "--json"], { ...env, ...IMPATIENT, ...HURRIED }),
  );
  expect([4, 5, 7]).toContain(run.exitCode);
  expect(run.left_behind).toMatchObject([{ name: RUNNER }]);
  expect(isGone).toBe(true);
  isGone = false;
  rotated(await world.run(["rotate-hash", "--json"], env));
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});
