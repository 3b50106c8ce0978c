/** The registry's update, over a platform whose answers are lost, lag, or are about somebody else's update. */
import { expect, test } from "vitest";
import type { CvmOperation } from "../../../src/core/ports.ts";
import { updateRegistry } from "../../../src/approval/update.ts";
import { lookupFailed } from "../../../src/workflow/find-cvm.ts";
import { APP_COMPOSE, COMPOSE, ENVIRONMENT, approvalInput } from "../../helpers/approval-input.ts";
import { approving, recordFrom } from "../../helpers/journal-records.ts";
import {
  APP,
  cvmOf,
  failureOf,
  lost,
  memoryCloud,
  operationOf,
  refusal,
  UUID,
  type MemoryCloud,
} from "../../helpers/memory-cloud.ts";

const HALF_AN_HOUR = 30 * 60_000;
const c = (...ids: (string | null)[]): CvmOperation[] =>
  ids.map((correlationId) => operationOf({ correlationId }));

type Change = Parameters<typeof approvalInput>[0];

/** @param listed the updates at first, newest first; null: the platform keeps no list. */
function world(listed: readonly CvmOperation[] | null = c("c1")) {
  const cloud = memoryCloud([cvmOf()]);
  if (listed) cloud.operations.set(UUID, listed);
  return {
    cloud,
    update: (change: Change = {}) =>
      updateRegistry(approvalInput(change), listed ?? undefined, cloud.context),
    list: (operations: readonly CvmOperation[]) => void cloud.operations.set(UUID, operations),
  };
}

const outcomes = ({ entries }: MemoryCloud): unknown[] =>
  entries.flatMap((entry) => (entry.type === "outcome" ? [entry.outcome] : []));

test("an accepted update is the one that the list shows by its correlation id", async () => {
  const { cloud, update, list } = world();
  cloud.does.update = async () => {
    cloud.at(cloud.clock.monotonic() + 2_500, () => list(c("own", "c1")));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  expect(await update()).toEqual({ kind: "updated", correlationId: "own", at: 0 });
  expect(cloud.clock.monotonic()).toBe(3_000);
  expect(cloud.calls).toEqual([
    {
      at: 0,
      call: "update",
      with: { cvmId: UUID, composeText: COMPOSE.text, environment: ENVIRONMENT },
    },
  ]);
  expect(cloud.told).toEqual(["progress: updating bird-registry"]);
});

test("another's update that begins while phala starts ends it before anything is sent", async () => {
  const { cloud, update, list } = world();
  let sent = false;
  cloud.does.update = async (_request, { onUpdate }) => {
    list(c("theirs", "c1"));
    await onUpdate?.();
    sent = true;
    return { kind: "ok", value: { correlationId: "own" } };
  };
  expect(await failureOf(update())).toMatchObject({ code: "updated-meanwhile" });
  expect([sent, outcomes(cloud)]).toEqual([false, ["failed"]]);
});

test("one that begins before it is repeated may be ours: it is settled as that", async () => {
  const { cloud, update, list } = world();
  let tries = 0;
  cloud.does.update = async (_request, { onUpdate }) => {
    tries += 1;
    // Repeated on its way, and listed late.
    if (tries === 2) list(c("late", "c1"));
    await onUpdate?.();
    return refusal("busy", { reason: "busy" });
  };
  cloud.run(cvmOf(), APP_COMPOSE);
  expect(await failureOf(update())).toMatchObject({ code: "update-unconfirmed" });
  expect(tries).toBe(2);
});

test("a list that can't be had at that moment holds the update back", async () => {
  const { cloud, update } = world();
  let sent = false;
  cloud.does.update = async (_request, { onUpdate }) => {
    cloud.does.operations = () => ({ kind: "unknown", reason: "HTTP 502" });
    await onUpdate?.();
    sent = true;
    return { kind: "ok", value: { correlationId: "own" } };
  };
  expect(await failureOf(update())).toMatchObject({ code: "wait-timed-out" });
  expect([sent, cloud.clock.monotonic()]).toEqual([false, 10_000]);
});

test("its place in time is right before it was sent", async () => {
  const { cloud, update } = world();
  cloud.does.update = async () => {
    await cloud.clock.sleep(7_000, cloud.context.signal);
    cloud.operations.set(UUID, c("own", "c1"));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  expect(await update()).toMatchObject({ at: 0 });
});

test("another's update that shows meanwhile is not taken for the accepted one", async () => {
  const { cloud, update, list } = world();
  cloud.does.update = async () => {
    list(c("theirs", "c1"));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  expect(await failureOf(update())).toMatchInlineSnapshot(`
    {
      "code": "update-unconfirmed",
      "hint": "look at it with: phala cvms get bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --json; then run the same command again; it repeats the update where it is needed; if it does not end, --force-update continues once it is older than 30m",
      "kind": "timeout",
      "message": "could not confirm the update of bird-registry: Phala accepted the update (correlation id own); its operations do not list it; it may have the new list or the one before",
    }
  `);
  // The list may lag behind for as long as a run waits.
  expect(cloud.clock.monotonic()).toBe(600_000);
});

test("without an id the newest update that was not there before is ours, for half a minute", async () => {
  const { cloud, update, list } = world();
  cloud.does.update = async () => {
    cloud.at(29_500, () => list(c("new", "c1")));
    return { kind: "ok", value: { correlationId: null } };
  };
  expect(await update()).toEqual({ kind: "updated", correlationId: "new", at: 0 });
  const never = world();
  never.cloud.does.update = async () => ({ kind: "ok", value: { correlationId: null } });
  expect(await failureOf(never.update())).toMatchInlineSnapshot(`
    {
      "code": "update-unconfirmed",
      "hint": "look at it with: phala cvms get bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --json; then run the same command again; it repeats the update where it is needed; if it does not end, --force-update continues once it is older than 30m",
      "kind": "timeout",
      "message": "could not confirm the update of bird-registry: Phala accepted the update; its operations do not list it; it may have the new list or the one before",
    }
  `);
  expect(never.cloud.clock.monotonic()).toBe(30_000);
});

test("a run with less patience looks no longer than it may", async () => {
  const { cloud } = world();
  cloud.does.update = async () => lost();
  const context = { ...cloud.context, timeoutMs: 10_000 };
  await failureOf(updateRegistry(approvalInput(), c("c1"), context));
  expect(cloud.clock.monotonic()).toBe(10_000);
});

test("a lost answer is settled by the list", async () => {
  const { cloud, update, list } = world(c());
  cloud.does.update = async () => {
    list(c("new"));
    return lost();
  };
  expect(await update()).toEqual({ kind: "updated", correlationId: "new", at: 0 });
  expect(outcomes(cloud)).toEqual(["unknown"]);
  const unsettled = world();
  unsettled.cloud.does.update = async () => lost();
  expect(await failureOf(unsettled.update())).toMatchInlineSnapshot(`
    {
      "code": "update-unconfirmed",
      "hint": "look at it with: phala cvms get bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --json; then run the same command again; it repeats the update where it is needed; if it does not end, --force-update continues once it is older than 30m",
      "kind": "timeout",
      "message": "could not confirm the update of bird-registry: connection lost; its operations do not list it; it may have the new list or the one before",
    }
  `);
});

test("where the platform keeps no list an accepted update counts, and a lost one does not", async () => {
  const { update } = world(null);
  expect(await update()).toEqual({ kind: "updated", correlationId: "own", at: 0 });
  const unclear = world(null);
  unclear.cloud.does.update = async () => lost();
  expect(await failureOf(unclear.update())).toMatchInlineSnapshot(`
    {
      "code": "update-unconfirmed",
      "hint": "look at it with: phala cvms get bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --json; then run the same command again; it repeats the update where it is needed; if it does not end, --force-update continues once it is older than 30m",
      "kind": "timeout",
      "message": "could not confirm the update of bird-registry: connection lost; it may have the new list or the one before",
    }
  `);
  expect(unclear.cloud.clock.monotonic()).toBe(0);
});

test("a refusal is certain, whatever the list shows", async () => {
  const { cloud, update, list } = world();
  cloud.does.update = async () => {
    list(c("theirs", "c1"));
    return refusal("HTTP 402: no credit");
  };
  expect(await failureOf(update())).toMatchInlineSnapshot(`
    {
      "code": "phala-refused",
      "hint": "run the same command again; it repeats the update, and until then the approved list is what it was before",
      "kind": "platform",
      "message": "Phala did not update bird-registry: HTTP 402: no credit",
    }
  `);
  expect(outcomes(cloud)).toEqual(["failed"]);
});

test("one that is busy to the end may have been sent all the same: it is settled as that", async () => {
  const { cloud, update, list } = world();
  cloud.does.update = async () => {
    if (cloud.clock.monotonic() === 600_000) list(c("late", "c1"));
    return refusal("busy", { reason: "busy", retryAfterMs: 60_000 });
  };
  cloud.run(cvmOf(), APP_COMPOSE);
  expect(await failureOf(update())).toMatchObject({ code: "update-unconfirmed" });
});

test("without a list nobody can tell whose operation it is that made it busy", async () => {
  const { cloud, update } = world(null);
  cloud.does.update = async () => refusal("409 another operation", { reason: "busy" });
  expect(await failureOf(update())).toMatchObject({
    code: "update-unconfirmed",
    message: expect.stringContaining("409 another operation"),
  });
  cloud.does.update = async () => refusal("HTTP 402");
  expect(await failureOf(update())).toMatchObject({ code: "phala-refused" });
});

test("without an id another operation that begins is no update of ours", async () => {
  const { cloud, update, list } = world();
  cloud.does.update = async () => {
    list([operationOf({ correlationId: "x", type: "restart" }), ...c("c1")]);
    return lost();
  };
  expect(await failureOf(update())).toMatchObject({ code: "update-unconfirmed" });
});

test("one that stays busy names the command that shows with what", async () => {
  const { cloud, update } = world();
  cloud.does.update = async () => refusal("409 another operation", { reason: "busy" });
  const hint = expect.stringMatching(
    /^see what is in progress with: phala cvms get b+ --json; then run/,
  );
  expect(await failureOf(update())).toMatchObject({ code: "phala-refused", hint });
});

test("an interruption while it is sent ends the run with its reason", async () => {
  const { cloud, update } = world();
  cloud.does.update = async () => {
    cloud.abort(new Error("SIGINT"));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  await expect(update()).rejects.toThrow("SIGINT");
  expect(outcomes(cloud)).toEqual(["done"]);
});

test.each<[string, readonly CvmOperation[]]>([
  ["one came meanwhile", c("theirs", "c1")],
  ["the one that was seen is gone", c()],
])("an update by somebody else stops ours before it is sent: %s", async (_, then) => {
  const { cloud, update, list } = world();
  cloud.does.findCvm = () => {
    list(then);
    return { kind: "present", value: cvmOf() };
  };
  expect(await failureOf(update())).toMatchObject({ kind: "conflict", code: "updated-meanwhile" });
  expect(cloud.calls).toEqual([]);
});

test("one that our own cut-off attempt may have started does not", async () => {
  const { cloud, update, list } = world();
  cloud.does.findCvm = () => {
    list(c("ours", "c1"));
    return { kind: "present", value: cvmOf() };
  };
  cloud.does.update = async () => {
    list(c("own", "ours", "c1"));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  const record = recordFrom(approving(["f".repeat(64)], { after: "c1" }));
  expect(await update({ record })).toMatchObject({ correlationId: "own" });
});

const assertSameRunners = async (): Promise<void> => Promise.reject(new Error("appeared"));

test("runners that have appeared stop it before it is sent, also before it is repeated", async () => {
  const { cloud, update } = world();
  await expect(update({ assertSameRunners })).rejects.toThrow("appeared");
  expect(cloud.calls).toEqual([]);
  const repeated = world();
  let asked = 0;
  repeated.cloud.does.update = async () => refusal("busy", { reason: "busy" });
  const second = async (): Promise<void> => {
    asked += 1;
    if (asked > 1) throw new Error("appeared");
  };
  await expect(repeated.update({ assertSameRunners: second })).rejects.toThrow("appeared");
  expect(repeated.cloud.calls).toHaveLength(1);
});

test("the environment key goes to the attester's hook, with the registry's app_id", async () => {
  const { cloud, update } = world();
  const asked: unknown[] = [];
  const attester = {
    hooks: (appId: string) => ({ onEnvKey: async (key: unknown) => void asked.push([appId, key]) }),
  };
  cloud.does.update = async (_request, { onEnvKey }) => {
    await onEnvKey?.({ publicKey: "k" } as never);
    cloud.operations.set(UUID, c("own", "c1"));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  await update({ attestation: { attester, expected: {} } as never });
  expect(asked).toEqual([[APP, { publicKey: "k" }]]);
});

const busy = cvmOf({ inProgress: true });
const running = operationOf({
  correlationId: "theirs",
  type: "restart",
  status: "running",
  state: "running",
  startedAt: "2026-01-01T00:00:00Z",
});

test("an operation in progress is waited for, and named with its age", async () => {
  const { cloud, update } = world();
  cloud.cvms[0] = busy;
  const epoch = cloud.clock.now();
  cloud.does.serverTime = () => ({ ms: epoch + cloud.clock.monotonic(), uncertaintyMs: 0 });
  cloud.operations.set(UUID, [running, ...c("c1")]);
  cloud.at(12_000, () => {
    cloud.cvms[0] = cvmOf();
  });
  cloud.does.update = async () => {
    cloud.operations.set(UUID, c("own", "c1"));
    return { kind: "ok", value: { correlationId: "own" } };
  };
  await update();
  expect(cloud.told).toMatchInlineSnapshot(`
    [
      "progress: restart running since 2026-01-01T00:00:00Z (0ms by Phala's clock) (0s of 10m)",
      "progress: restart running since 2026-01-01T00:00:00Z (5s by Phala's clock) (5s of 10m)",
      "progress: restart running since 2026-01-01T00:00:00Z (10s by Phala's clock) (10s of 10m)",
      "progress: updating bird-registry",
    ]
  `);
  expect(cloud.calls.map(({ at }) => at)).toEqual([15_000]);
});

test("one that does not end within the timeout: nothing is sent", async () => {
  const { cloud, update } = world();
  cloud.cvms[0] = busy;
  cloud.operations.set(UUID, [running, ...c("c1")]);
  expect(await failureOf(update())).toMatchInlineSnapshot(`
    {
      "code": "registry-busy",
      "hint": "look at it with: phala cvms get bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --json; then run the same command again; if it does not end, --force-update continues once it is older than 30m",
      "kind": "timeout",
      "message": "waited 10m for the operation in progress on bird-registry to end; seen last: restart running since 2026-01-01T00:00:00Z; nothing was sent",
    }
  `);
  expect(cloud.calls).toEqual([]);
});

test.each<[string, boolean, Partial<CvmOperation>, number]>([
  ["--force-update goes past one that is older than any", true, {}, HALF_AN_HOUR + 1],
  ["and past one in a state that nobody knows", true, { state: "unknown" }, HALF_AN_HOUR + 1],
])("%s", async (_, force, change, age) => {
  const { cloud, update } = world(null);
  cloud.cvms[0] = busy;
  cloud.operations.set(UUID, [operationOf(), { ...running, ...change }]);
  const started = Date.parse("2026-01-01T00:00:00Z");
  cloud.does.serverTime = () => ({ ms: started + age, uncertaintyMs: 0 });
  await update({ force });
  expect(cloud.calls.map(({ at }) => at)).toEqual([0]);
});

test.each<[string, boolean, Partial<CvmOperation>, number]>([
  ["without --force-update", false, {}, HALF_AN_HOUR + 1],
  ["younger", true, {}, HALF_AN_HOUR],
  ["ended, although the CVM says otherwise", true, { state: "done" }, HALF_AN_HOUR + 1],
])("one is waited for that is %s", async (_, force, change, age) => {
  const { cloud, update } = world(null);
  cloud.cvms[0] = busy;
  cloud.operations.set(UUID, [{ ...running, ...change }]);
  const started = Date.parse("2026-01-01T00:00:00Z");
  cloud.does.serverTime = () => ({ ms: started + age, uncertaintyMs: 0 });
  expect(await failureOf(update({ force }))).toMatchObject({ code: "registry-busy" });
  expect(cloud.calls).toEqual([]);
});

test("whether it is busy is asked until the API says; a refused key ends that at once", async () => {
  const { cloud, update } = world(null);
  let looks = 0;
  cloud.does.findCvm = () => {
    looks += 1;
    return looks < 3
      ? { kind: "unknown", reason: "HTTP 502" }
      : { kind: "present", value: cvmOf() };
  };
  await update();
  expect([cloud.clock.monotonic(), cloud.told[0]]).toEqual([
    10_000,
    "progress: HTTP 502 (0s of 10m)",
  ]);
  const denied = world(null);
  const key = lookupFailed("the registry", "the key is refused");
  denied.cloud.does.findCvm = () => ({
    kind: "unknown",
    reason: "401",
    refusal: key,
  });
  await expect(denied.update()).rejects.toBe(key);
});

test("one without a list of operations is just busy", async () => {
  const { cloud, update } = world(null);
  cloud.cvms[0] = busy;
  cloud.at(5_000, () => cloud.cvms.splice(0));
  await update();
  expect(cloud.told[0]).toBe("progress: in progress (0s of 10m)");
});
