/** Removing a temporary runner with all its replicas, and a CVM that Phala shows late, partly, or not at all. */
import { describe, expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import { removeCvm, removeWithReplicas } from "../../../src/runners/remove-cvm.ts";
import {
  APP,
  cvmOf,
  failureOf,
  memoryCloud,
  refusal,
  type MemoryCloud,
} from "../../helpers/memory-cloud.ts";

const NAME = "bird-runner-temp";
const replica = (vmUuid: string, change: Partial<Cvm> = {}): Cvm =>
  cvmOf({ name: NAME, vmUuid, ...change });
const deleted = ({ calls }: MemoryCloud): unknown[] =>
  calls.filter(({ call }) => call === "delete").map((call) => call.with);
const removeAll = ({ context }: MemoryCloud, cvm: Pick<Cvm, "name" | "appId" | "vmUuid">) =>
  removeWithReplicas(cvm, context, context.signal, context);

describe("a temporary runner with replicas", () => {
  test("goes with every CVM of its app_id, whatever their names, and no other", async () => {
    const cloud = memoryCloud([
      replica("first"),
      replica("second", { name: "renamed" }),
      replica("third", { status: "deleting" }),
      replica("theirs", { appId: "c".repeat(40) }),
    ]);
    expect(await removeAll(cloud, replica("first"))).toBe(true);
    expect(deleted(cloud)).toEqual(["first", "second"]);
    expect(cloud.told.filter((line) => line.startsWith("note"))).toEqual([
      `note: removing a replica of ${NAME} (vm_uuid second)`,
    ]);
    expect(cloud.ledger.leftBehind()).toEqual([]);
  });

  test("was there if only a replica was", async () => {
    const cloud = memoryCloud([replica("second")]);
    expect(await removeAll(cloud, replica("first"))).toBe(true);
    expect(deleted(cloud)).toEqual(["second"]);
  });

  test("was not there if none was", async () => {
    const cloud = memoryCloud([replica("theirs", { appId: "c".repeat(40), name: "other" })]);
    expect(await removeAll(cloud, replica("first"))).toBe(false);
    expect(deleted(cloud)).toEqual([]);
  });

  test("without an app_id has none that could be told from others' CVMs", async () => {
    const cloud = memoryCloud([replica("first"), replica("unknown", { name: "x", appId: null })]);
    expect(await removeAll(cloud, { name: NAME, appId: null, vmUuid: "first" })).toBe(true);
    expect(deleted(cloud)).toEqual(["first"]);
  });

  test.each(["first", "second"])("is tried as a whole where %s can't be deleted", async (stuck) => {
    const cloud = memoryCloud([replica("first"), replica("second")]);
    const { remove } = cloud.does;
    cloud.does.remove = (id) => (id === stuck ? refusal("HTTP 500") : remove(id));
    expect(await failureOf(removeAll(cloud, replica("first")))).toMatchObject({ kind: "timeout" });
    expect(cloud.cvms.map(({ vmUuid }) => vmUuid)).toEqual([stuck]);
    // The replica that stays is one that the run's last words name.
    expect(cloud.ledger.leftBehind()).toEqual(
      stuck === "second" ? [{ name: NAME, app_id: APP }] : [],
    );
  });
});

const remove = ({ context }: MemoryCloud, cvm = replica("first"), told: string[] = []) =>
  removeCvm(cvm, context, context.signal, (message) => void told.push(message));

describe("one CVM", () => {
  test("that this run may have made is waited for until it had time to become visible", async () => {
    const cloud = memoryCloud();
    cloud.ledger.add(replica("first"), { certain: false, at: 0 });
    const told: string[] = [];
    expect(await remove(cloud, replica("first"), told)).toBe(false);
    expect(cloud.clock.monotonic()).toBe(30_000);
    expect(told.slice(0, 2)).toEqual(["not visible yet (0s of 2m)", "not visible yet (1s of 2m)"]);
    expect(cloud.ledger.entries).toEqual([]);
  });

  test("that becomes visible meanwhile is deleted, and gone as soon as it is absent", async () => {
    const cloud = memoryCloud();
    cloud.ledger.add(replica("first"), { certain: false, at: 0 });
    cloud.at(3500, () => void cloud.cvms.push(replica("first")));
    expect(await remove(cloud)).toBe(true);
    expect(deleted(cloud)).toEqual(["first"]);
    expect(cloud.clock.monotonic()).toBe(4000);
  });

  test("that another run made, of the same name, need not be waited for", async () => {
    const cloud = memoryCloud();
    cloud.ledger.add(replica("other", { appId: "c".repeat(40) }), { certain: true, at: 0 });
    expect(await remove(cloud)).toBe(false);
    expect(cloud.clock.monotonic()).toBe(0);
  });

  test("is told from its replicas once it was seen, if only its app_id was known", async () => {
    const cloud = memoryCloud([replica("first"), replica("second")]);
    const { context } = cloud;
    const known = { name: NAME, appId: APP, vmUuid: null };
    expect(await removeCvm(known, context, context.signal)).toBe(true);
    expect(deleted(cloud)).toEqual(["first"]);
  });

  test("keeps the uuid that is known where Phala's answer has none", async () => {
    const cloud = memoryCloud([replica("first"), replica("second")]);
    const { findCvm } = cloud.does;
    cloud.does.findCvm = (id) => {
      const found = findCvm(id);
      return found.kind === "present" && found.value.vmUuid === "first"
        ? { kind: "present", value: { ...found.value, vmUuid: null } }
        : found;
    };
    cloud.does.remove = () => {
      cloud.cvms.splice(0, 1);
      return { kind: "ok", value: undefined };
    };
    expect(await remove(cloud)).toBe(true);
    expect(cloud.cvms.map(({ vmUuid }) => vmUuid)).toEqual(["second"]);
  });

  test("is looked for once a second, however seldom other things are asked for", async () => {
    const cloud = memoryCloud([replica("first", { status: "deleting" })]);
    cloud.at(2500, () => void cloud.cvms.pop());
    const told: string[] = [];
    expect(await remove(cloud, replica("first"), told)).toBe(true);
    expect(cloud.clock.monotonic()).toBe(3000);
    expect(deleted(cloud)).toEqual([]);
    expect(told.map((line) => line.replace(/ \(\d+s of 2m\)$/, ""))).toEqual(
      told.map(() => "still there"),
    );
  });

  test("whose deletion is refused is asked for at the next look, and what Phala said is told", async () => {
    const cloud = memoryCloud([replica("first")]);
    let times = 0;
    cloud.does.remove = () => {
      times += 1;
      if (times === 1) return refusal("HTTP 409 Conflict");
      cloud.at(cloud.clock.monotonic() + 1500, () => void cloud.cvms.pop());
      return { kind: "ok", value: undefined };
    };
    const told: string[] = [];
    expect(await remove(cloud, replica("first"), told)).toBe(true);
    expect(cloud.calls.map(({ at }) => at)).toEqual([0, 1000]);
    expect(told[0]).toContain("still there (HTTP 409 Conflict)");
    expect(told.slice(1)).toEqual(["still there (1s of 2m)", "still there (2s of 2m)"]);
  });

  test("of which Phala does not say whether it exists is not gone", async () => {
    const cloud = memoryCloud([replica("first")], {
      findCvm: () => ({ kind: "unknown", reason: "HTTP 502" }),
      listCvms: () => {
        throw new Error("no list");
      },
    });
    const failure = await failureOf(remove(cloud));
    expect(failure).toMatchObject({ kind: "timeout" });
    expect(JSON.stringify(failure)).toContain(`${NAME} to be gone`);
    expect(deleted(cloud)).toEqual([]);
  });
});
