/** What a look makes of an API that tells little, changes in between, or does not answer. */
import { expect, test } from "vitest";
import { composeHashOf } from "../../../../src/core/compose-hash.ts";
import type { Cvm } from "../../../../src/core/domain.ts";
import type { CloudApi, Lookup, Spawntee } from "../../../../src/core/ports.ts";
import { inspectCluster } from "../../../../src/commands/status/inspect-cluster.ts";
import type { Preparation } from "../../../../src/session/preparation.ts";
import { summarizeJournal } from "../../../../src/state/record.ts";
import { systemClock } from "../../../../src/platform/clock.ts";
import { appCompose, APPROVED, HASH, seen } from "./facts.ts";

const REGISTRY = seen("registry").cvm;
const UPDATED = appCompose({ docker_compose_file: "services: {}\n" });

const unused = async (): Promise<never> => {
  throw new Error("not for reading");
};

/** One CVM in the list, and what the API says of it when asked. */
function looking(listed: Cvm, found: Lookup<Cvm>, runs = APPROVED) {
  const asked: string[] = [];
  const api: CloudApi = {
    host: "api.example.com",
    listCvms: async (_, filter) => {
      const [before, after] = ["bird-tracker-registry", "bird-registry-2"].map((name, index) => ({
        ...REGISTRY,
        name,
        appId: `${index}`.repeat(40),
      }));
      return [before, listed, after].filter(
        (cvm) => cvm !== undefined && filter?.keep?.(cvm) !== false,
      ) as Cvm[];
    },
    findCvm: async (id) => {
      asked.push(id);
      return found;
    },
    appCompose: async () => ({ kind: "present", value: runs }),
    operations: async () => ({ kind: "present", value: [] }),
    account: unused,
    nodes: unused,
    instanceTypes: unused,
    serverClock: { now: () => null, skewMs: () => 250 },
  };
  const urls: string[] = [];
  const spawntee: Spawntee = {
    health: async (url) => {
      urls.push(url);
      return { kind: "silent", detail: "no answer" };
    },
    capacity: async () => ({ kind: "silent", detail: "no answer" }),
    debugEndpoint: unused,
    tasks: unused,
    approveHashes: unused,
  };
  const look = inspectCluster("bird", summarizeJournal([], "bird"), {
    ports: { api, spawntee },
    clock: systemClock,
    signal: new AbortController().signal,
    connection: { gatewayUrl: "https://{app_id}-{port}.{base_domain}" },
    resolution: { values: { spawnteePort: 9010 } },
  } as unknown as Preparation);
  return { look, asked, urls };
}

test("takes the exact names alone, and asks each at its own address", async () => {
  const { look, asked, urls } = looking(REGISTRY, { kind: "absent" });
  const { cvms, skewMs } = await look;
  expect(cvms.map(({ cvm, health }) => [cvm.name, health?.kind])).toEqual([
    ["bird-registry", "silent"],
  ]);
  expect(skewMs).toBe(250);
  expect([asked, urls]).toEqual([[], [`https://${REGISTRY.appId}-9010.example.com`]]);
});

test("looks an entry up that lacks something; what can't be looked up stays, what is gone does not", async () => {
  const bare = { ...REGISTRY, composeHash: null, nodeName: null };
  const found = looking(bare, { kind: "present", value: REGISTRY });
  expect((await found.look).cvms[0]).toMatchObject({
    cvm: { composeHash: HASH },
    incomplete: null,
  });
  expect(found.asked).toEqual([REGISTRY.vmUuid]);
  const unknown = await looking(bare, { kind: "unknown", reason: "HTTP 500" }).look;
  expect(unknown.cvms[0]).toMatchObject({
    cvm: bare,
    url: null,
    health: undefined,
    incomplete: "HTTP 500",
  });
  expect((await looking(bare, { kind: "absent" }).look).cvms).toEqual([]);
});

test("one that was updated after it was listed is looked up again before its hash is called wrong", async () => {
  const updated = { ...REGISTRY, composeHash: composeHashOf(UPDATED) };
  const { look } = looking(REGISTRY, { kind: "present", value: updated }, UPDATED);
  expect((await look).cvms[0]).toMatchObject({ cvm: updated, appCompose: { value: UPDATED } });
});

test("does not ask one that does not run", async () => {
  const { look, urls } = looking({ ...REGISTRY, status: "stopped" }, { kind: "absent" });
  expect((await look).cvms[0]?.health).toBeUndefined();
  expect(urls).toEqual([]);
});
