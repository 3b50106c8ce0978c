/** Which registry a run works on: its own by recorded ids, one that is taken over, or none. */
import { describe, expect, test } from "vitest";
import type { Adoption, Cvm } from "../../../src/core/domain.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { assertOnlyRegistry, claimRegistry } from "../../../src/registry/ownership.ts";
import { recordFrom } from "../../helpers/journal-records.ts";
import {
  APP,
  cvmOf,
  failureOf,
  memoryCloud,
  type MemoryCloud,
} from "../../helpers/memory-cloud.ts";

const OTHER = "c".repeat(40);
const adopted = (app_id: string): JournalEntry => ({
  type: "adopted",
  name: "bird-registry",
  app_id,
});
const announced = (intent: string, app_id: string): JournalEntry[] => [
  { type: "intent", intent, action: "create-cvm", name: "bird-registry", app_id: null },
  { type: "provisioned", intent, app_id, compose_hash: "d".repeat(64), env_key: null },
];
const made = (intent: string, app_id: string): JournalEntry[] => [
  ...announced(intent, app_id),
  { type: "outcome", intent, outcome: "done", app_id, vm_uuid: null },
];
const other = (change: Partial<Cvm> = {}): Cvm =>
  cvmOf({ appId: OTHER, vmUuid: "c".repeat(32), ...change });

const claim = (
  cloud: MemoryCloud,
  entries: readonly JournalEntry[] = [],
  adoption: Adoption = false,
) => claimRegistry("bird", recordFrom(...entries), cloud.context, adoption);

describe("nothing is recorded", () => {
  test("and nothing is there", async () => {
    const cloud = memoryCloud();
    expect(await claim(cloud)).toBeUndefined();
    expect([cloud.told, cloud.clock.monotonic()]).toEqual([[], 0]);
  });

  test("one of that name is somebody else's", async () => {
    const cloud = memoryCloud([cvmOf()]);
    expect(await failureOf(claim(cloud))).toMatchInlineSnapshot(`
      {
        "code": "registry-exists",
        "hint": "take it over with --adopt, or choose another --cluster-name",
        "kind": "conflict",
        "message": "bird-registry exists (app_id aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) and was not made by a recorded run on this machine",
      }
    `);
    expect(cloud.entries).toEqual([]);
  });

  test("it may be taken over, which is written down", async () => {
    const cloud = memoryCloud([cvmOf()]);
    expect(await claim(cloud, [], true)).toEqual(cvmOf());
    expect(cloud.entries).toEqual([adopted(APP)]);
    expect(await failureOf(claim(cloud, [], { appId: OTHER }))).toMatchObject({
      code: "registry-exists",
    });
  });

  test("one without an app_id can't be taken over", async () => {
    const cloud = memoryCloud([cvmOf({ appId: null })]);
    expect(await failureOf(claim(cloud, [], true))).toMatchObject({ code: "registry-exists" });
  });

  test("several of that name: nobody can tell which", async () => {
    const cloud = memoryCloud([cvmOf(), other()]);
    expect(await failureOf(claim(cloud, [], true))).toMatchInlineSnapshot(`
      {
        "code": "registry-ambiguous",
        "hint": "delete those that are not needed, each by its vm_uuid: phala cvms delete VM_UUID --force",
        "kind": "conflict",
        "message": "2 CVMs may be bird-registry: bird-registry (app_id aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, vm_uuid bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb), bird-registry (app_id cccccccccccccccccccccccccccccccccccccccc, vm_uuid cccccccccccccccccccccccccccccccc)",
      }
    `);
  });

  test("one that only the list shows counts, and one that two ways show counts once", async () => {
    const cloud = memoryCloud([cvmOf()], { findCvm: () => ({ kind: "absent" }) });
    expect(await claim(cloud, [], true)).toEqual(cvmOf());
    const early = memoryCloud([cvmOf({ vmUuid: null })]);
    early.does.findCvm = () => ({ kind: "present", value: cvmOf() });
    expect(await claim(early, [], true)).toEqual(cvmOf());
  });

  test("others of the account are nobody's business", async () => {
    const cloud = memoryCloud([other({ name: "bird-runner-00000001" })]);
    expect(await claim(cloud, [], true)).toBeUndefined();
  });

  test("where the API does not say, nothing is made", async () => {
    const cloud = memoryCloud([], { findCvm: () => ({ kind: "unknown", reason: "HTTP 502" }) });
    expect(await failureOf(claim(cloud))).toMatchInlineSnapshot(`
      {
        "code": "lookup-failed",
        "hint": "nothing was touched; when Phala's API answers, run the same command again",
        "kind": "platform",
        "message": "could not find out whether bird-registry exists: HTTP 502",
      }
    `);
  });
});

describe("a recorded one", () => {
  test.each([
    ["made", made("i", APP)],
    ["taken over", [adopted(APP)]],
  ])("that was %s is ours", async (_, entries) => {
    const cloud = memoryCloud([cvmOf()]);
    expect(await claim(cloud, entries)).toEqual(cvmOf());
    expect([cloud.told, cloud.entries]).toEqual([[], []]);
  });

  test("is ours under another name, which is warned of", async () => {
    const renamed = cvmOf({ name: "renamed" });
    const cloud = memoryCloud([renamed]);
    expect(await claim(cloud, made("i", APP))).toEqual(renamed);
    expect(cloud.told).toMatchInlineSnapshot(`
      [
        "warn registry-renamed: the registry of this cluster (app_id aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) is called renamed by now: the orchestrator finds it only by the name bird-registry; rename it in the dashboard",
      ]
    `);
  });

  test("under another name beside one that has it: nobody can tell which", async () => {
    const cloud = memoryCloud([cvmOf({ name: "renamed" }), other()]);
    expect(await failureOf(claim(cloud, made("i", APP)))).toMatchObject({
      code: "registry-ambiguous",
    });
  });

  test("with a replica: both have its app_id", async () => {
    const cloud = memoryCloud([cvmOf(), cvmOf({ vmUuid: "9".repeat(32), name: "replica" })]);
    expect(await failureOf(claim(cloud, made("i", APP)))).toMatchObject({
      code: "registry-ambiguous",
    });
  });

  test("that is gone is named, newest first", async () => {
    const cloud = memoryCloud();
    expect(await claim(cloud, [...made("i", APP), ...made("j", OTHER)])).toBeUndefined();
    expect(cloud.told).toEqual([
      `note: this machine has recorded bird-registry with app_id ${OTHER}, which Phala no longer has`,
    ]);
    const taken = memoryCloud();
    await claim(taken, [adopted(APP), adopted(OTHER)]);
    expect(taken.told).toEqual([expect.stringContaining(OTHER)]);
    const refused = memoryCloud();
    const never: JournalEntry[] = [
      ...made("i", APP),
      { type: "intent", intent: "j", action: "create-cvm", name: "bird-registry", app_id: null },
    ];
    await claim(refused, never);
    expect(refused.told).toEqual([expect.stringContaining(APP)]);
  });

  test("that is gone does not make another's ours", async () => {
    const cloud = memoryCloud([other()]);
    expect(await failureOf(claim(cloud, made("i", APP)))).toMatchObject({
      code: "registry-exists",
    });
    expect(cloud.told).toHaveLength(1);
    expect(await claim(cloud, made("i", APP), true)).toEqual(other());
  });

  test("of several the newest that is there", async () => {
    const cloud = memoryCloud([cvmOf({ name: "old" }), other()]);
    const both = [...made("i", APP), ...made("j", OTHER)];
    expect(await claim(cloud, both)).toEqual(other());
  });
});

describe("a creation of which nobody knows what came", () => {
  const OPEN = announced("i", APP);

  test("is waited for as long as it may take to become visible, and then closed", async () => {
    const cloud = memoryCloud();
    expect(await claim(cloud, OPEN)).toBeUndefined();
    expect(cloud.clock.monotonic()).toBe(30_000);
    expect(cloud.told[0]).toBe(
      "note: waiting for bird-registry of an interrupted run, which may become visible yet",
    );
    expect(cloud.entries).toMatchObject([{ type: "outcome", intent: "i", outcome: "failed" }]);
    const often = memoryCloud();
    await claimRegistry(
      "bird",
      recordFrom(...OPEN),
      { ...often.context, pollIntervalMs: 10 },
      false,
    );
    expect(often.told.filter((line) => line.includes("waiting"))).toHaveLength(30);
  });

  test("that becomes visible is ours", async () => {
    const cloud = memoryCloud();
    cloud.at(12_000, () => void cloud.cvms.push(cvmOf()));
    expect(await claim(cloud, OPEN)).toEqual(cvmOf());
    expect([cloud.clock.monotonic(), cloud.entries]).toEqual([15_000, []]);
  });

  test("that only the list shows at the end is ours", async () => {
    const cloud = memoryCloud([cvmOf()], { findCvm: () => ({ kind: "absent" }) });
    expect(await claim(cloud, OPEN)).toEqual(cvmOf());
    expect(cloud.clock.monotonic()).toBe(30_000);
  });

  test("an interruption ends the wait with its reason", async () => {
    const cloud = memoryCloud();
    cloud.at(7_000, () => cloud.abort(new Error("SIGINT")));
    await expect(claim(cloud, OPEN)).rejects.toThrow("SIGINT");
    expect(cloud.entries).toEqual([]);
  });

  test("of a settled one nothing is waited for", async () => {
    const cloud = memoryCloud();
    await claim(cloud, made("i", APP));
    expect(cloud.clock.monotonic()).toBe(0);
  });
});

test("a replica of what this run made is left behind with it, where replicas are a conflict", async () => {
  const replica = cvmOf({ vmUuid: "9".repeat(32) });
  const cloud = memoryCloud([cvmOf(), replica]);
  cloud.context.mutations.ledger.add(cvmOf());
  await failureOf(only(cloud));
  expect(cloud.context.mutations.ledger.entries.map(({ vmUuid }) => vmUuid)).toEqual([
    cvmOf().vmUuid,
    replica.vmUuid,
  ]);
});

const only = (cloud: MemoryCloud): Promise<void> =>
  assertOnlyRegistry({ cvm: cvmOf() }, cloud.context);

describe("right before secrets are sent", () => {
  test("it is the only one, or not listed", async () => {
    const runner = cvmOf({ name: "bird-runner-00000001", appId: OTHER, vmUuid: "1".repeat(32) });
    await expect(only(memoryCloud([cvmOf(), runner]))).resolves.toBeUndefined();
    await expect(only(memoryCloud([]))).resolves.toBeUndefined();
  });

  test.each([
    ["a replica under another name", cvmOf({ vmUuid: "9".repeat(32), name: "replica" })],
    ["another CVM of its name", other()],
  ])("%s is a conflict", async (_, second) => {
    expect(await failureOf(only(memoryCloud([cvmOf(), second])))).toMatchObject({
      code: "registry-ambiguous",
    });
  });
});
