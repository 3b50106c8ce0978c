/** Which temporary runner is removed before a run makes its own: one that a recorded run made, and no other. */
import { describe, expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import type { ClusterRecord, RecordedCreation } from "../../../src/state/record.ts";
import { lookupFailed } from "../../../src/workflow/find-cvm.ts";
import { clearLeftoverRunner } from "../../../src/runners/leftovers.ts";
import { cvmOf, failureOf, memoryCloud, type MemoryCloud } from "../../helpers/memory-cloud.ts";

const NAME = "bird-runner-temp";
const [OURS, THEIRS] = ["a".repeat(40), "b".repeat(40)] as const;
const runner = (appId: string, change: Partial<Cvm> = {}): Cvm =>
  cvmOf({ name: NAME, appId, vmUuid: `uuid-${appId.slice(0, 4)}`, ...change });

const creation = (change: Partial<RecordedCreation> = {}): RecordedCreation => ({
  intent: "i",
  name: NAME,
  intendedAt: "2026-01-01T00:00:00Z",
  appId: OURS,
  settled: true,
  composeDigest: null,
  emptyNames: null,
  ...change,
});
const clear = (cloud: MemoryCloud, ...open: readonly RecordedCreation[]): Promise<void> =>
  clearLeftoverRunner(
    "bird",
    { openTemporaryRunners: open } as unknown as ClusterRecord,
    cloud.context,
  );
const deleted = ({ calls }: MemoryCloud): unknown[] =>
  calls.filter(({ call }) => call === "delete").map((call) => call.with);

test("one that no recorded run made is left alone, however old it is", async () => {
  const cloud = memoryCloud([runner(THEIRS, { createdAt: "2020-01-01T00:00:00Z" })]);
  expect(await failureOf(clear(cloud))).toMatchInlineSnapshot(`
    {
      "code": "temporary-runner-in-use",
      "hint": "wait until it has finished; if no other run is alive, delete it: phala cvms delete bird-runner-temp --force",
      "kind": "conflict",
      "message": "another run is in progress on this cluster: its temporary runner bird-runner-temp exists since 2020-01-01T00:00:00Z",
    }
  `);
  expect(await failureOf(clear(cloud, creation()))).toMatchObject({
    code: "temporary-runner-in-use",
  });
  expect(deleted(cloud)).toEqual([]);
});

test("nothing is there, and nothing is recorded", async () => {
  const cloud = memoryCloud();
  await clear(cloud);
  expect([cloud.told, cloud.entries, cloud.clock.monotonic()]).toEqual([[], [], 0]);
});

test("one that a recorded run made is deleted, said, and in no ledger afterwards", async () => {
  const cloud = memoryCloud([runner(OURS)]);
  await clear(cloud, creation());
  expect(deleted(cloud)).toEqual(["uuid-aaaa"]);
  expect(cloud.told).toEqual([`note: removing ${NAME}, left over from an earlier run`]);
  expect(cloud.ledger.leftBehind()).toEqual([]);
  expect(cloud.clock.monotonic()).toBe(0);
});

test("one that can't be deleted is in the ledger: it was taken over", async () => {
  const cloud = memoryCloud([runner(OURS)], {
    remove: () => ({
      kind: "refused",
      message: "HTTP 500",
      reason: "other",
      apiError: null,
      retryAfterMs: null,
    }),
  });
  expect(await failureOf(clear(cloud, creation()))).toMatchObject({ kind: "timeout" });
  expect(cloud.ledger.leftBehind()).toEqual([{ name: NAME, app_id: OURS }]);
});

test("ours is found by its app_id under another name, and another's of the name is in use", async () => {
  const cloud = memoryCloud([runner(OURS, { name: "renamed" }), runner(THEIRS)]);
  expect(await failureOf(clear(cloud, creation()))).toMatchObject({
    code: "temporary-runner-in-use",
  });
  expect(deleted(cloud)).toEqual(["uuid-aaaa"]);
});

test("ours that only its name shows is deleted as well", async () => {
  const cloud = memoryCloud([runner(OURS)]);
  const { findCvm } = cloud.does;
  let byName = 0;
  cloud.does.findCvm = (id) => {
    if (id === NAME) byName += 1;
    return id === NAME && byName > 1 ? findCvm(id) : { kind: "absent" };
  };
  cloud.does.listCvms = () => [];
  cloud.does.remove = (id) => {
    expect(id).toBe("uuid-aaaa");
    cloud.does.findCvm = () => ({ kind: "absent" });
    return { kind: "ok", value: undefined };
  };
  await clear(cloud, creation());
  expect(deleted(cloud)).toEqual(["uuid-aaaa"]);
});

test("one without an app_id is nobody's that is known, whatever its name", async () => {
  const cloud = memoryCloud([cvmOf({ name: NAME, appId: null })]);
  expect(await failureOf(clear(cloud, creation()))).toMatchObject({
    code: "temporary-runner-in-use",
  });
  expect(deleted(cloud)).toEqual([]);
});

test("those of several recorded runs are deleted, each for its own creation", async () => {
  const cloud = memoryCloud([runner(OURS), runner(THEIRS)]);
  await clear(cloud, creation(), creation({ appId: THEIRS }));
  expect(deleted(cloud)).toEqual(["uuid-aaaa", "uuid-bbbb"]);
});

const ambiguous = (...cvms: readonly Cvm[]): MemoryCloud =>
  memoryCloud([...cvms], { findCvm: () => ({ kind: "unknown", reason: "HTTP 409" }) });

describe("a name that Phala refuses as ambiguous", () => {
  test("is in use where the list has it, as another run's", async () => {
    const cloud = ambiguous(runner(OURS, { name: "bird-registry" }), runner(THEIRS));
    expect(await failureOf(clear(cloud))).toMatchObject({ code: "temporary-runner-in-use" });
  });

  test("stays unknown where the list does not have it", async () => {
    const cloud = ambiguous(runner(OURS, { name: "bird-registry" }));
    expect(await failureOf(clear(cloud))).toMatchObject({
      code: "lookup-failed",
      message: `could not find out whether ${NAME} exists: HTTP 409`,
    });
  });
});

describe("a creation of which nobody knows what came", () => {
  const UNSETTLED = creation({ settled: false });

  test("is waited for as long as it may take to become visible, and then closed", async () => {
    const cloud = memoryCloud();
    await clear(cloud, UNSETTLED);
    expect(cloud.clock.monotonic()).toBe(30_000);
    expect(cloud.told).toHaveLength(6);
    expect(cloud.told[0]).toBe(
      `note: waiting for ${NAME} of an interrupted run, which may become visible yet`,
    );
    expect(cloud.entries).toMatchObject([{ type: "outcome", intent: "i", outcome: "failed" }]);
  });

  test("is looked for again soon, but not all the time", async () => {
    const cloud = memoryCloud();
    const context = { ...cloud.context, pollIntervalMs: 10 };
    const record = { openTemporaryRunners: [UNSETTLED] } as unknown as ClusterRecord;
    await clearLeftoverRunner("bird", record, context);
    expect(cloud.told).toHaveLength(30);
  });

  test("that becomes visible is deleted, and stays open until it is gone", async () => {
    const cloud = memoryCloud();
    cloud.at(12_000, () => void cloud.cvms.push(runner(OURS)));
    await clear(cloud, UNSETTLED);
    expect(deleted(cloud)).toEqual(["uuid-aaaa"]);
    expect(cloud.clock.monotonic()).toBe(15_000);
    expect(
      cloud.entries.map((entry) => (entry.type === "intent" ? entry.action : entry)),
    ).toMatchObject(["delete-cvm", { type: "outcome", outcome: "done", app_id: OURS }]);
  });

  test("that the list alone shows at the end is deleted as well", async () => {
    const cloud = memoryCloud([runner(OURS)], { findCvm: () => ({ kind: "absent" }) });
    const { remove } = cloud.does;
    await clear(cloud, UNSETTLED);
    expect(remove).toBeDefined();
    expect(deleted(cloud)).toEqual(["uuid-aaaa"]);
  });

  test("stays open where the API does not say", async () => {
    const cloud = memoryCloud([], { findCvm: () => ({ kind: "unknown", reason: "HTTP 502" }) });
    expect(await failureOf(clear(cloud, UNSETTLED))).toMatchInlineSnapshot(`
      {
        "code": "lookup-failed",
        "hint": "nothing was touched; when Phala's API answers, run the same command again",
        "kind": "platform",
        "message": "could not find out whether bird-runner-temp exists: HTTP 502",
      }
    `);
    expect(cloud.entries).toEqual([]);
    expect(await failureOf(() => Promise.reject(lookupFailed("x", "HTTP 500")))).toMatchObject({
      message: "could not find out whether x exists: HTTP 500",
    });
  });

  test("of which the platform never gave an id, made nothing", async () => {
    const cloud = memoryCloud();
    await clear(cloud, creation({ settled: false, appId: null }));
    expect([cloud.clock.monotonic(), cloud.entries]).toEqual([0, []]);
  });

  test("an interruption ends the wait with its reason", async () => {
    const cloud = memoryCloud();
    cloud.at(7_000, () => cloud.abort(new Error("SIGINT")));
    await expect(clear(cloud, UNSETTLED)).rejects.toThrow("SIGINT");
    expect(cloud.entries).toEqual([]);
  });

  test("several are waited for together", async () => {
    const cloud = memoryCloud();
    await clear(cloud, UNSETTLED, creation({ settled: false, intent: "j", appId: THEIRS }));
    expect(cloud.clock.monotonic()).toBe(30_000);
    expect(cloud.entries).toMatchObject([{ intent: "i" }, { intent: "j" }]);
  });
});
