/** What may come of an update: success is claimed only on positive evidence, a refusal only where there was one. */
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { SandboxOptions } from "../../../src/sandbox/index.ts";
import { hurried } from "../../helpers/hurried.ts";
import { makePreparedWorld } from "../../helpers/prepared-cluster.ts";
import { untilUpdated, updateRegistry } from "../../helpers/neighbour.ts";
import { cloudOf, type Run } from "../../helpers/program.ts";
import { journalOf } from "../../helpers/journal.ts";
import {
  anotherRunner,
  AT_ONCE,
  changesIn,
  failureOf,
  initiated,
  onGet,
  rotated,
  scriptedWorld,
} from "./world.ts";

/** For waits that run out in a tenth of that: not often looked at, which costs more than the waiting. */
const LIMITED = { TEE_CLUSTER_TIMEOUT: "10s", TEE_CLUSTER_POLL_INTERVAL: "500ms" };

/** A prepared world, and a rotation that has time until it sends its update, and hurries from then on. */
async function waitingWorld(options: Partial<SandboxOptions>) {
  const world = await makePreparedWorld({
    ...options,
    async onRequest({ method }) {
      if (method === "PATCH") await writeFile(waiting, "");
    },
  });
  const waiting = path.join(world.folder, "waiting");
  const waitInVain = async (env: Record<string, string>): Promise<Run> => {
    await rm(waiting, { force: true });
    return world.run(["rotate-hash", "--json"], { ...env, ...LIMITED, ...hurried(10, waiting) });
  };
  return { ...world, waitInVain };
}

const patches = (changes: readonly string[]): number =>
  changes.filter((change) => change.startsWith("PATCH")).length;

/**
 * One of each kind of end, one after the other of the same cluster: an answer, the platform's word, and nobody knows.
 * unit/platform/phala/operation-state.test.ts has the other words, unit/approval the other ends.
 */
const ENDS = [
  ["is refused with 403", "status=403,at=PATCH .", 4, "phala-refused"],
  ["ends as timed_out", "operation-ends=timed_out", 4, "update-failed"],
  ["is lost on the way", "reset-before,at=PATCH .", 5, "update-unconfirmed"],
  ["is repeated on its way, and refused as busy", "repeated-update", 5, "update-unconfirmed"],
] as const;

test("an update without success: none is claimed, and the next run settles it", async () => {
  // While the first of two runs, the second is refused.
  const { waitInVain, ...world } = await waitingWorld({
    timings: { ...AT_ONCE, updateDownMs: 1_000 },
  });
  const { approved: before } = await cloudOf(world.sandbox);
  const env = await anotherRunner(world);
  for (const [what, fault, exitCode, code] of ENDS) {
    world.sandbox.setFaults([fault]);
    const { error, ...end } = failureOf(await waitInVain(env));
    expect({ ...end, code: error.code }, what).toMatchObject({ exitCode, code, left_behind: [] });
    // The last one has what was sent, and nobody can see that it is that.
    const applied = fault === "repeated-update" ? 1 : 0;
    expect((await cloudOf(world.sandbox)).approved, what).toHaveLength(before.length + applied);
  }
  // Nobody is told that a list is approved which was not seen to be.
  expect((await journalOf(world)).filter(({ type }) => type === "verified")).toHaveLength(1);

  world.sandbox.setFaults([]);
  const again = rotated(await world.run(["rotate-hash", "--json"], env));
  expect(again.approved_compose_hashes).toEqual([...before, again.runner_compose_hash]);
  expect((await cloudOf(world.sandbox)).approved).toEqual(again.approved_compose_hashes);
});

test("an update whose answer is lost, and one that is refused as busy once: approved all the same", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  world.sandbox.setFaults(["reset-after,at=PATCH .,times=1"]);
  const env = await anotherRunner(world);
  const after = rotated(await world.run(["rotate-hash", "--json"], env));
  expect((await cloudOf(world.sandbox)).approved).toEqual(after.approved_compose_hashes);
  expect(after.approved_compose_hashes).toContain(after.runner_compose_hash);

  world.sandbox.setFaults(["busy,at=PATCH .,times=1"]);
  world.sandbox.resetRequests();
  const forced = await world.run(["rotate-hash", "--json", "--force-update"], env);
  expect(rotated(forced)).toMatchObject({ changed: true, approved_via: "restart" });
  expect(patches(changesIn(world.sandbox))).toBe(2);
});

test("an update of somebody else begins and ends while phala starts: it is not overwritten unseen", async () => {
  const world = await scriptedWorld({ timings: AT_ONCE });
  const theirs = "services: { app: { image: nginx } }\n";
  let lists = 0;
  let meddled = false;
  world.play(async ({ method, path: where }) => {
    if (method === "DELETE") lists = 0;
    if (where.endsWith("/operations")) lists += 1;
    // The last look is the second one after the temporary runner; then phala reads the registry.
    if (lists !== 2 || meddled || method !== "GET" || !/\/cvms\/[\da-f-]{32,40}$/.test(where))
      return;
    meddled = true;
    await updateRegistry(world.sandbox, { docker_compose_file: theirs });
    await untilUpdated(world.sandbox);
  });
  const env = await anotherRunner(world);
  const { error, exitCode } = failureOf(await world.run(["rotate-hash", "--json"], env));
  expect(meddled).toBe(true);
  expect([exitCode, error.code], error.message).toEqual([6, "updated-meanwhile"]);
  const { registry } = await cloudOf(world.sandbox);
  expect(registry?.current.appCompose["docker_compose_file"]).toBe(theirs);
});

test("no list of operations: approved by the restart that was seen, and a second init changes nothing", async () => {
  const world = await makePreparedWorld({ timings: { ...AT_ONCE, updateDownMs: 2000 } });
  world.sandbox.setFaults(["no-operations"]);
  const { approved: before } = await cloudOf(world.sandbox);
  const env = await anotherRunner(world);
  const after = rotated(await world.run(["rotate-hash", "--json"], env));
  expect(after.approved_compose_hashes).toEqual([...before, after.runner_compose_hash]);
  world.sandbox.resetRequests();
  const second = initiated(await world.run(["init", "--json"], env));
  expect(second.approved_compose_hashes).toEqual(after.approved_compose_hashes);
  expect(changesIn(world.sandbox)).toEqual([]);
});

test("an operation of somebody else that never completes: named with its age, and the way past it", async () => {
  const world = await makePreparedWorld({ timings: AT_ONCE });
  world.sandbox.setFaults(["operation-stuck"]);
  await updateRegistry(world.sandbox);
  const env = { ...(await anotherRunner(world)), ...LIMITED, ...hurried(10) };
  world.sandbox.resetRequests();
  const force = ["rotate-hash", "--json", "--force-update"];
  const young = failureOf(await world.run(force, env));
  expect([young.exitCode, young.error.code]).toEqual([6, "update-under-way"]);
  expect(young.error.message).toMatch(/since 2\d{3}-.* by Phala's clock\)/);
  expect(young.error.hint).toContain("--force-update continues once it is older than 30m");
  expect(changesIn(world.sandbox)).toEqual([]);

  const { operations = [] } = (await cloudOf(world.sandbox)).registry ?? {};
  const items = operations.toReversed().map(({ correlationId, type, startedAt }, index) => ({
    correlation_id: correlationId,
    operation_type: type,
    status: index === 0 ? "in_progress" : "completed",
    started_at: new Date(startedAt - 31 * 60_000).toISOString(),
    completed_at: index === 0 ? null : new Date(startedAt + 1).toISOString(),
  }));
  world.sandbox.setFaults([onGet("/operations$", { kind: "lie", fields: { items } })]);
  const forced = await world.run(force, env);
  // This platform takes no update while another one is in progress; that is its word, and not ours.
  expect([forced.exitCode, failureOf(forced).error.code]).toEqual([4, "phala-refused"]);
  expect(forced.stderr).toContain("continuing anyway (--force-update)");
  expect(patches(changesIn(world.sandbox))).toBeGreaterThan(0);
});
