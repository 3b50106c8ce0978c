/** A network that goes away in the middle of a run, as a VPN does: nothing is answered from then on. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { hurried } from "../helpers/hurried.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf } from "../helpers/program.ts";
import { anotherRunner, AT_ONCE, failureOf, REGISTRY, rotated, RUNNER } from "./cases/world.ts";

const PATIENT = { TEE_CLUSTER_POLL_INTERVAL: "2s" };

test("every wait and the clean-up end; what is left is told, and the next run removes it", async () => {
  let [isGone, wasGone] = [false, false];
  const world = await makePreparedWorld({
    timings: AT_ONCE,
    async onRequest({ method, path: where }) {
      // The last thing that has to be done in time; what begins from then on only waits.
      if (method === "POST" && where === "/api/v1/cvms") await writeFile(made, "");
      if (isGone) await new Promise(() => undefined);
      const { live } = await cloudOf(world.sandbox);
      isGone ||= !wasGone && live.includes(RUNNER);
      wasGone ||= isGone;
    },
  });
  const made = path.join(world.folder, "made");
  const env = await anotherRunner(world);
  const run = failureOf(
    await world.runAnew(["rotate-hash", "--json"], { ...env, ...PATIENT, ...hurried(20, made) }),
  );
  expect([4, 5, 7]).toContain(run.exitCode);
  expect(run.left_behind).toMatchObject([{ name: RUNNER }]);
  expect(isGone).toBe(true);
  isGone = false;
  rotated(await world.run(["rotate-hash", "--json"], env));
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});
