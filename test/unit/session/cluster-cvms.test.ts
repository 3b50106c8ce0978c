/** The CVMs of a cluster among all of an account's: by recorded app_ids, by whole names, and their replicas. */
import { describe, expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import type { CloudApi, CvmFilter, Lookup } from "../../../src/core/ports.ts";
import {
  findClusterCvms,
  temporaryRunnersIn,
  type RecordedIds,
} from "../../../src/session/cluster-cvms.ts";
import { cvmOf, failureOf } from "../../helpers/memory-cloud.ts";

const named = (name: string, change: Partial<Cvm> = {}): Cvm =>
  cvmOf({ name, appId: null, vmUuid: `uuid of ${name}`, ...change });
const NOTHING: RecordedIds = {
  registryCreations: [],
  adoptedRegistries: [],
  openTemporaryRunners: [],
};
const { signal } = new AbortController();

function account(
  cvms: readonly Cvm[],
  found: (id: string) => Lookup<Cvm> = () => ({ kind: "absent" }),
) {
  const filters: CvmFilter[] = [];
  const api = {
    listCvms: async (_: unknown, filter: CvmFilter) => {
      filters.push(filter);
      return cvms.filter((cvm) => filter.keep?.(cvm));
    },
    findCvm: async (id: string) => found(id),
  } as unknown as CloudApi;
  return { api, filters };
}

describe("the CVMs of a cluster", () => {
  test("are its own by their whole names, in the order in which they are taken down", async () => {
    const cvms = [
      "bird-registry",
      "bird-tracker-registry",
      "bird-runner-0000000b",
      "bird-runner-temp",
      "bird-runner-0000000a",
      "bird",
    ].map((name) => named(name));
    const { api, filters } = account(cvms);
    const { cvms: found, others } = await findClusterCvms("bird", NOTHING, api, signal);
    expect(found.map(({ cvm, role }) => [cvm.name, role])).toEqual([
      ["bird-runner-temp", "temporary-runner"],
      ["bird-runner-0000000a", "runner"],
      ["bird-runner-0000000b", "runner"],
      ["bird-registry", "registry"],
    ]);
    expect([...others]).toEqual(["bird-tracker", ""]);
    expect(temporaryRunnersIn(found).map(({ name }) => name)).toEqual(["bird-runner-temp"]);
    expect(temporaryRunnersIn(found.slice(1))).toEqual([]);
    // Only these are held in memory, of an account that may have thousands; read once.
    expect(filters.map(({ search }) => search)).toEqual(["bird"]);
    expect(cvms.filter((cvm) => filters[0]?.keep?.(cvm))).toHaveLength(4);
  });

  test("are those of a recorded app_id, whatever they are called, and every replica", async () => {
    const { api, filters } = account([
      named("renamed", { appId: "r" }),
      named("copy", { appId: "r" }),
      named("left-over", { appId: "t" }),
      named("bird-runner-0000000a", { appId: "x" }),
      named("copied-runner", { appId: "x" }),
      named("other", { appId: "o" }),
    ]);
    const record = {
      ...NOTHING,
      adoptedRegistries: ["r"],
      openTemporaryRunners: [{ appId: "t" }, { appId: null }],
    } as unknown as RecordedIds;
    const { cvms } = await findClusterCvms("bird", record, api, signal);
    expect(cvms.map(({ cvm, role }) => [cvm.name, role])).toEqual([
      ["left-over", "temporary-runner"],
      ["bird-runner-0000000a", "runner"],
      ["copied-runner", "runner"],
      ["copy", "registry"],
      ["renamed", "registry"],
    ]);
    expect(filters).toHaveLength(2);
  });

  test("are none that have a name of another cluster, unless their app_id is recorded", async () => {
    const { api } = account([
      named("bird-registry", { appId: "x" }),
      named("eagle-registry", { appId: "x" }),
      named("copy", { appId: "x" }),
      named("owl-registry", { appId: "r" }),
    ]);
    const record = { ...NOTHING, adoptedRegistries: ["r"] };
    const { cvms } = await findClusterCvms("bird", record, api, signal);
    expect(cvms.map(({ cvm }) => cvm.name)).toEqual(["bird-registry", "copy", "owl-registry"]);
  });

  test("are looked up by a recorded app_id that the list does not have; without an answer only for what must be certain", async () => {
    const record = { ...NOTHING, adoptedRegistries: ["r"] };
    const late = named("renamed", { appId: "r" });
    const present = account([], () => ({ kind: "present", value: late }));
    expect((await findClusterCvms("bird", record, present.api, signal)).cvms).toEqual([
      { cvm: late, role: "registry" },
    ]);
    const unknown = account([], () => ({ kind: "unknown", reason: "HTTP 500" }));
    expect((await findClusterCvms("bird", record, unknown.api, signal)).cvms).toEqual([]);
    const certain = findClusterCvms("bird", record, unknown.api, signal, { certain: true });
    expect(await failureOf(() => certain)).toMatchObject({
      code: "lookup-failed",
      message: expect.stringContaining("bird-registry") as unknown,
    });
  });
});
