/** One look at a registry: what is waited for, and what ends a run at once. */
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import type { Cvm } from "../../../src/core/domain.ts";
import type { Health, Lookup, SpawnteeAnswer } from "../../../src/core/ports.ts";
import { pollHealth } from "../../../src/registry/health.ts";
import { isPlaced, registryOf, warnUnchangedSettings } from "../../../src/registry/registry.ts";
import { isStuck, isUpdate, newUpdate, readUpdates, since } from "../../../src/registry/updates.ts";
import {
  cvmOf,
  failureOf,
  memoryCloud,
  operationOf,
  registryFrom,
} from "../../helpers/memory-cloud.ts";

const HEALTHY: Health = {
  status: "healthy",
  service: "secure-spawn",
  mode: "registry+runner",
  uptimeSeconds: 5,
};
const answered = (change: Partial<Health> = {}): SpawnteeAnswer<Health> => ({
  kind: "answered",
  value: { ...HEALTHY, ...change },
});
const SILENT: SpawnteeAnswer<Health> = { kind: "silent", detail: "ECONNREFUSED" };
const present = (change: Partial<Cvm> = {}): Lookup<Cvm> => ({
  kind: "present",
  value: cvmOf(change),
});

const look = (answer: SpawnteeAnswer<Health>, cvm: Lookup<Cvm> = present()) => {
  const cloud = memoryCloud([], { health: () => answer, findCvm: () => cvm });
  cloud.ledger.add(cvmOf());
  const poll = pollHealth(registryFrom(cvmOf()), cloud.context, cloud.context.signal);
  return { poll, cloud };
};

describe("a look at the registry's health", () => {
  test("that is good", async () => {
    expect(await look(answered()).poll).toEqual({ kind: "there", value: HEALTHY });
  });

  test.each<[string, SpawnteeAnswer<Health>, Lookup<Cvm>, string]>([
    ["nobody answers yet", SILENT, present(), "running; ECONNREFUSED"],
    [
      "an operation is in progress",
      SILENT,
      present({ status: "starting", inProgress: true }),
      "starting, in progress; ECONNREFUSED",
    ],
    [
      "the API does not say",
      SILENT,
      { kind: "unknown", reason: "HTTP 502" },
      "status unknown (HTTP 502); ECONNREFUSED",
    ],
    [
      "something else answers",
      { kind: "other", detail: "HTTP 404" },
      present(),
      "running; HTTP 404",
    ],
    [
      "it says so itself",
      answered({ status: "starting" }),
      present(),
      'running; /health says "starting"',
    ],
    [
      "dead, but something is being done to it",
      SILENT,
      present({ status: "stopped", inProgress: true }),
      "stopped, in progress; ECONNREFUSED",
    ],
  ])("that is not good yet: %s", async (_, answer, cvm, seen) => {
    expect(await look(answer, cvm).poll).toEqual({ kind: "not-yet", seen });
  });

  test.each(["error", "failed", "stopped", "exited", "terminated", "deleted", "shutdown"])(
    "waiting does not help in status %s",
    async (status) => {
      expect(await failureOf(look(SILENT, present({ status })).poll)).toMatchObject({
        kind: "platform",
        code: "registry-not-running",
        message: `bird-registry is in status "${status}" and will not become healthy by itself (ECONNREFUSED)`,
      });
    },
  );

  test("nor where the last answer of one that is dead was good", async () => {
    expect(await failureOf(look(answered(), present({ status: "error" })).poll)).toMatchObject({
      message: expect.stringContaining("(/health says healthy)") as string,
    });
  });

  test("one that somebody deleted is not left behind", async () => {
    const { poll, cloud } = look(SILENT, { kind: "absent" });
    expect(await failureOf(poll)).toMatchInlineSnapshot(`
      {
        "code": "registry-gone",
        "hint": "to make a new one: tee-cluster init",
        "kind": "platform",
        "message": "bird-registry (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) is no longer known to Phala: somebody deleted it",
      }
    `);
    expect(cloud.ledger.leftBehind()).toEqual([]);
    const there = look(SILENT);
    await there.poll;
    expect(there.cloud.ledger.leftBehind()).toHaveLength(1);
  });

  test("a key that is refused ends it at once", async () => {
    const refusal = new ClusterError("prerequisite", "api-key-refused", {
      message: "the key is refused",
    });
    const unknown = { kind: "unknown", reason: "401", refusal } as const;
    await expect(look(answered(), unknown).poll).rejects.toBe(refusal);
  });

  test("another service, or another mode, is no registry", async () => {
    expect(await failureOf(look(answered({ service: "nginx" })).poll)).toMatchInlineSnapshot(`
      {
        "code": "wrong-service",
        "hint": "check the image and the published port in the registry's compose file; its log: tee-cluster logs
      https://cloud.phala.com/dashboard/cvms/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "kind": "verification",
        "message": "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-8080.dstack.example/health is answered by "nginx", not by secure-spawn",
      }
    `);
    expect(await failureOf(look(answered({ mode: "runner" })).poll)).toMatchInlineSnapshot(`
      {
        "code": "wrong-mode",
        "hint": "the registry's compose file must have MODE=\${MODE:-registry+runner} in its environment; its log: tee-cluster logs
      https://cloud.phala.com/dashboard/cvms/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "kind": "verification",
        "message": "bird-registry runs in mode "runner", it must be "registry+runner"",
      }
    `);
  });
});

describe("a registry's place", () => {
  const PARTS = ["appId", "vmUuid", "nodeName", "baseDomain"] as const;

  test("is in its URL", () => {
    expect(isPlaced(cvmOf())).toBe(true);
    expect(registryOf(cvmOf(), "https://{app_id}-{port}.{node}.{base_domain}", 9000)).toEqual({
      name: "bird-registry",
      appId: cvmOf().appId,
      vmUuid: cvmOf().vmUuid,
      nodeName: "prod5",
      baseDomain: "dstack.example",
      url: `https://${cvmOf().appId}-9000.prod5.dstack.example`,
      cvm: cvmOf(),
    });
  });

  test.each(PARTS.flatMap((part) => [null, ""].map((value) => [part, value] as const)))(
    "is not known without its %s (%j)",
    async (part, value) => {
      const cvm = cvmOf({ [part]: value });
      expect(isPlaced(cvm)).toBe(false);
      expect(await failureOf(() => registryOf(cvm, "https://{app_id}", 1))).toMatchObject({
        kind: "platform",
        code: "cvm-incomplete",
        message:
          "Phala's API does not say app_id, vm_uuid, node and gateway domain of bird-registry",
        hint: "look at it with: phala cvms get bird-registry --json",
      });
    },
  );

  test.each([
    ["the same size, no node", "tdx.small", undefined, []],
    ["the same node", "tdx.small", "prod5", []],
    ["a node by its number, which the API does not tell", "tdx.small", "7", []],
    [
      "another size",
      "tdx.large",
      undefined,
      [
        "warn instance-type-differs: bird-registry is a tdx.small, asked for was tdx.large: an update does not resize it; runners are made as tdx.large",
      ],
    ],
    [
      "another node",
      "tdx.small",
      "prod7",
      ["warn node-differs: bird-registry is on prod5, asked for was prod7: it stays where it is"],
    ],
  ])("stays what it is: %s", (_, instanceType, node, told) => {
    const cloud = memoryCloud();
    warnUnchangedSettings(registryFrom(cvmOf()), { instanceType, node }, cloud.context);
    expect(cloud.told).toEqual(told);
  });

  test("of a size that the API does not tell nothing is said", () => {
    const cloud = memoryCloud();
    const registry = registryFrom(cvmOf({ instanceType: null }));
    warnUnchangedSettings(registry, { instanceType: "tdx.large", node: undefined }, cloud.context);
    expect(cloud.told).toEqual([]);
  });
});

const read = (cloud: ReturnType<typeof memoryCloud>) =>
  readUpdates(registryFrom(cvmOf()), cloud.context);

describe("a registry's updates", () => {
  test("are its operations of that type, old and new name", async () => {
    const cloud = memoryCloud([cvmOf()]);
    const [update, old] = [operationOf(), operationOf({ type: "update" })];
    cloud.does.operations = () => ({
      kind: "present",
      value: [operationOf({ type: "restart" }), update, old],
    });
    expect(await read(cloud)).toEqual([update, old]);
    expect(isUpdate(operationOf({ type: "create" }))).toBe(false);
  });

  test.each([{ kind: "not-offered" }, { kind: "absent" }] as const)(
    "are not known where the platform has no list (%j)",
    async (answer) => {
      expect(await read(memoryCloud([], { operations: () => answer }))).toBeUndefined();
    },
  );

  test("are waited for, a minute at most", async () => {
    let looks = 0;
    const cloud = memoryCloud([], {
      operations: () =>
        ++looks < 3 ? { kind: "unknown", reason: "HTTP 502" } : { kind: "present", value: [] },
    });
    expect(await read(cloud)).toEqual([]);
    const never = memoryCloud([], { operations: () => ({ kind: "unknown", reason: "HTTP 502" }) });
    expect(await failureOf(read(never))).toMatchInlineSnapshot(`
      {
        "code": "wait-timed-out",
        "hint": "when Phala's API answers, run the same command again",
        "kind": "timeout",
        "message": "waited 1m for the operations of bird-registry; seen last: HTTP 502",
      }
    `);
    expect(never.clock.monotonic()).toBe(60_000);
    const impatient = { ...never.context, timeoutMs: 10_000 };
    await failureOf(readUpdates(registryFrom(cvmOf()), impatient));
    expect(never.clock.monotonic()).toBe(70_000);
  });

  test("of two lists: the newest that is new", () => {
    const [a, b] = ["a", "b"].map((correlationId) => operationOf({ correlationId }));
    if (!a || !b) throw new Error("two of them");
    expect(newUpdate([a], [b, a])).toBe(b);
    expect(newUpdate([a, b], [b, a])).toBeUndefined();
    expect(newUpdate([a], [])).toBeUndefined();
    expect(newUpdate([b], [a, b])).toBe(a);
  });
});

describe("an operation's age", () => {
  const HALF_AN_HOUR = 30 * 60_000;
  const started = "2026-01-01T00:00:00Z";
  const clockAt = (age: number | null, uncertaintyMs = 0) => ({
    now: () => (age === null ? null : { ms: Date.parse(started) + age, uncertaintyMs }),
    skewMs: () => null,
  });

  test.each([
    ["older than any", started, HALF_AN_HOUR + 1, 0, true],
    ["as old as one may be", started, HALF_AN_HOUR, 0, false],
    ["older, within what the clock does not know", started, HALF_AN_HOUR + 1, 500, false],
    ["older than that too", started, HALF_AN_HOUR + 501, 500, true],
    ["by a clock that nobody knows", started, null, 0, false],
    ["of a start that nobody knows", null, HALF_AN_HOUR * 9, 0, false],
    ["of a start that can't be read", "soon", HALF_AN_HOUR * 9, 0, false],
  ])("%s", (_, startedAt, age, uncertainty, stuck) => {
    expect(isStuck({ startedAt }, clockAt(age, uncertainty))).toBe(stuck);
  });

  test("is told by Phala's clock, where that is known", () => {
    const at = { startedAt: started };
    expect(since(at, clockAt(90_000))).toBe(` since ${started} (1m 30s by Phala's clock)`);
    expect(since(at, clockAt(-5_000))).toBe(` since ${started} (0ms by Phala's clock)`);
    expect(since(at, clockAt(null))).toBe(` since ${started}`);
    expect(since({ startedAt: null }, clockAt(90_000))).toBe("");
  });
});
