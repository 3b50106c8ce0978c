/** The runners of a cluster: which are up, what they run and what they cost. */
import { describe, expect, test } from "vitest";
import { composeHashOf } from "../../../src/core/compose-hash.ts";
import type { Cvm } from "../../../src/core/domain.ts";
import type { InstanceType } from "../../../src/core/ports.ts";
import { pricePerHour, ratePerHour, readPrices, renderPrice } from "../../../src/runners/price.ts";
import {
  checkedRunner,
  isGone,
  liveRunners,
  runnersThatAreUp,
} from "../../../src/runners/running-runners.ts";
import { cvmOf, failureOf, memoryCloud } from "../../helpers/memory-cloud.ts";

const named = (name: string, change: Partial<Cvm> = {}): Cvm =>
  cvmOf({ name, appId: null, vmUuid: `uuid of ${name}`, ...change });
const APP_COMPOSE = { docker_compose_file: "services: {}" };

const check = (listed: Cvm, itself: Cvm | undefined, appCompose: object | undefined) => {
  const asked: unknown[] = [];
  const api = {
    async findCvm(id: string) {
      asked.push(["cvm", id]);
      return itself ? { kind: "present", value: itself } : { kind: "absent" };
    },
    async appCompose(id: string, _: unknown, hash?: string) {
      asked.push(["app-compose", id, hash]);
      return appCompose ? { kind: "present", value: appCompose } : { kind: "absent" };
    },
  };
  const found = checkedRunner(listed, api as never, new AbortController().signal);
  return { found, asked };
};

describe("live runners", () => {
  test("are those that are up, by name, whatever else has the cluster's name", async () => {
    const { context } = memoryCloud([
      named("bird-runner-00000003", { status: "starting" }),
      named("bird-runner-00000001"),
      named("bird-runner-00000002"),
      named("bird-runner-00000004", { status: "stopped" }),
      named("bird-runner-temp"),
      named("bird-registry"),
      named("bird-tracker-runner-00000005"),
    ]);
    const up = await runnersThatAreUp("bird", context.api, context.signal);
    expect(up.map(({ name }) => name)).toEqual([
      "bird-runner-00000001",
      "bird-runner-00000002",
      "bird-runner-00000003",
    ]);
  });

  test.each(["stopped", "error", "failed", "terminated", "deleted", "deleting", "exited"])(
    "%s: runs nothing",
    (status) => {
      expect([isGone(status), isGone("running"), isGone("")]).toEqual([true, false, false]);
    },
  );

  const HASH = composeHashOf(APP_COMPOSE);

  test("each hash is checked against what the runner runs", async () => {
    const cloud = memoryCloud();
    const cvm = cloud.run(named("bird-runner-00000001"), APP_COMPOSE);
    expect(await liveRunners("bird", cloud.context)).toEqual([
      { cvm, composeHash: HASH, appCompose: APP_COMPOSE },
    ]);
  });

  test("a hash that does not hold ends the run, and says whose and which", async () => {
    const cloud = memoryCloud();
    cloud.run(named("bird-runner-00000001"), APP_COMPOSE);
    cloud.appComposes.set("uuid of bird-runner-00000001", { docker_compose_file: "another" });
    expect(await failureOf(liveRunners("bird", cloud.context))).toMatchInlineSnapshot(`
      {
        "code": "runner-hash-unchecked",
        "hint": "nothing was approved; delete that runner if it is not yours; then run the same command again",
        "kind": "verification",
        "message": "the compose hash of the live runner bird-runner-00000001 (709b9af82099344db6028407746e139faea5582b847817b5787c9d13764faf5f) could not be checked against its app-compose",
      }
    `);
    cloud.cvms.splice(0, 1, named("bird-runner-00000001"));
    expect(await failureOf(liveRunners("bird", cloud.context))).toMatchObject({
      message: expect.stringContaining("bird-runner-00000001 (none)") as string,
    });
  });

  const listed = named("r", { composeHash: HASH });
  const bare = named("r");

  test("a list that tells the hash needs no second look at the CVM", async () => {
    const { found, asked } = check(listed, undefined, APP_COMPOSE);
    expect(await found).toMatchObject({ composeHash: HASH });
    expect(asked).toEqual([["app-compose", "uuid of r", HASH]]);
  });

  test("a list need not tell the hash: the CVM itself does", async () => {
    const { found, asked } = check(bare, listed, APP_COMPOSE);
    expect(await found).toMatchObject({ composeHash: HASH, cvm: bare });
    expect(asked).toEqual([
      ["cvm", "uuid of r"],
      ["app-compose", "uuid of r", undefined],
    ]);
  });

  test("one without a uuid is asked for by its name", async () => {
    const { asked } = check({ ...listed, vmUuid: null }, undefined, APP_COMPOSE);
    expect(asked).toEqual([["app-compose", "r", HASH]]);
  });

  test.each<[string, Cvm, Cvm | undefined, object | undefined]>([
    ["nobody tells its hash", bare, undefined, APP_COMPOSE],
    ["the CVM has none either", bare, bare, APP_COMPOSE],
    ["what it runs can't be read", listed, undefined, undefined],
    ["it runs something else", listed, undefined, { docker_compose_file: "another" }],
    ["its hash is none", { ...listed, composeHash: "0xabc" }, undefined, APP_COMPOSE],
  ])("can't be checked: %s", async (_, cvm, itself, appCompose) => {
    expect(await check(cvm, itself, appCompose).found).toBeUndefined();
  });
});

const type = (id: string, hourlyRate: string): InstanceType => ({
  id,
  hourlyRate,
  vcpu: 1,
  memoryMb: 1,
  requiresGpu: false,
});

const fails = async (): Promise<never> => Promise.reject(new Error("HTTP 502"));

describe("prices", () => {
  const { signal } = new AbortController();
  const read = (types: () => Promise<readonly InstanceType[]>, by = signal) =>
    readPrices({ instanceTypes: types } as never, by);

  test("are those of the list, where they are prices", async () => {
    const types = [
      type("small", "0.058"),
      type("free", "0"),
      type("odd", "soon"),
      type("neg", "-1"),
    ];
    expect([...(await read(async () => types))]).toEqual([["small", 0.058]]);
  });

  test("that can't be had are none; an interruption is one all the same", async () => {
    expect([...(await read(fails))]).toEqual([]);
    await expect(read(fails, AbortSignal.abort())).rejects.toThrow("HTTP 502");
  });

  test.each([
    ["their sum, in digits that a price has", ["small", "small", "medium"], 0.3],
    ["nothing", [], 0],
    ["not known where one is not", ["small", "other"], null],
    ["not known where a type is not", ["small", null], null],
  ] as const)("%s", (_, types, sum) => {
    const prices = new Map([
      ["small", 0.1],
      ["medium", 0.100_000_000_000_02],
    ]);
    expect(
      pricePerHour(
        types.map((instanceType) => ({ instanceType })),
        prices,
      ),
    ).toBe(sum);
  });

  test("of one CVM are those of its type, and not known where the list can't be had", async () => {
    const types = Promise.resolve([type("small", "0.058"), type("medium", "0.116")]);
    expect(await ratePerHour("medium", types)).toBe(0.116);
    expect(await ratePerHour("large", types)).toBeNull();
    expect(await ratePerHour(null, types)).toBeNull();
    expect(await ratePerHour("small", fails())).toBeNull();
  });

  test("are shown without the digits of a binary fraction", () => {
    expect(renderPrice(0.1 + 0.2)).toBe("$0.3 an hour");
  });
});
