/** What came of a create: by its own ids, by its name, within the time that a CVM may take to become visible. */
import { describe, expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import type { Lookup, Provisioned, Unclear } from "../../../src/core/ports.ts";
import { findByIdentity, lookupFailed } from "../../../src/workflow/find-cvm.ts";
import { settleCreate } from "../../../src/workflow/settle-create.ts";
import { cleanupSignals } from "../../../src/workflow/cleanup.ts";
import {
  APP,
  cvmOf,
  lost,
  memoryCloud,
  refusal,
  UUID,
  type Behaviour,
} from "../../helpers/memory-cloud.ts";

const NAME = "bird-registry";
const THEIRS = cvmOf({ appId: "f".repeat(40), vmUuid: "f".repeat(32) });
const PROVISIONED: Provisioned = { appId: APP, composeHash: "c".repeat(64), envKey: null };
const BUSY = refusal("busy", { reason: "busy" });
const TAKEN = refusal("taken", { reason: "name-taken" });
const OURS: Unclear = { ...lost(), provisioned: PROVISIONED };
const NOT_KNOWN: Lookup<Cvm> = { kind: "unknown", reason: "HTTP 502" };

/** The run is not at its beginning. */
const START = 7_000;

/** How it is settled, and after what time (ms). */
async function settle(
  outcome: Parameters<typeof settleCreate>[1],
  cvms: readonly Cvm[] = [],
  behaviour: Partial<Behaviour> = {},
  abortAt?: number,
) {
  const cloud = memoryCloud([...cvms], behaviour);
  const { api, clock, signal } = cloud.context;
  const cleanup = cleanupSignals(signal, clock.deadline);
  await clock.sleep(START, signal);
  if (abortAt !== undefined) cloud.at(START + abortAt, () => cloud.abort());
  const settled = await settleCreate(
    { name: NAME, tried: [] },
    outcome,
    { api, clock, cleanup },
    signal,
  );
  return { settled, at: clock.monotonic() - START };
}

const never = (): never => {
  throw new Error("asked");
};

describe("a refusal", () => {
  test("is one, without any look", async () => {
    const { settled, at } = await settle(refusal("no"), [THEIRS], { findCvm: never });
    expect([settled, at]).toEqual([{ kind: "not-made", retry: false }, 0]);
  });

  test("that says busy is worth another try while the name is free", async () => {
    expect(await settle(BUSY)).toEqual({ settled: { kind: "not-made", retry: true }, at: 0 });
    expect((await settle(BUSY, [THEIRS])).settled).toEqual({ kind: "taken", cvm: THEIRS });
  });

  test("that says busy is not repeated where nobody says whether the name is free", async () => {
    const answer = await settle(BUSY, [], { findCvm: () => NOT_KNOWN });
    expect(answer).toEqual({ settled: { kind: "not-made", retry: false }, at: 4_000 });
  });

  test("that says taken waits for the CVM that has the name", async () => {
    expect((await settle(TAKEN, [THEIRS])).settled).toEqual({ kind: "taken", cvm: THEIRS });
    expect(await settle(TAKEN)).toEqual({
      settled: { kind: "not-made", retry: false },
      at: 30_000,
    });
    const listed = await settle(TAKEN, [THEIRS], { findCvm: () => ({ kind: "absent" }) });
    expect(listed).toEqual({ settled: { kind: "taken", cvm: THEIRS }, at: 30_000 });
  });
});

describe("a lost answer", () => {
  test("and our own ids show: it was made, whatever else has the name", async () => {
    expect(await settle(OURS, [THEIRS, cvmOf()])).toEqual({
      settled: { kind: "made", cvm: cvmOf() },
      at: 0,
    });
  });

  test("and only the list shows it, at the end of the wait", async () => {
    const { settled, at } = await settle(OURS, [cvmOf()], { findCvm: () => ({ kind: "absent" }) });
    expect([settled, at]).toEqual([{ kind: "made", cvm: cvmOf() }, 30_000]);
  });

  const INVISIBLE = { kind: "unknown", reason: "it is not visible yet, by any id" };

  test.each<[string, Unclear, readonly Cvm[], object]>([
    ["nothing shows", OURS, [], INVISIBLE],
    ["another has the name: ours may appear yet", OURS, [THEIRS], INVISIBLE],
    ["without ids, and nothing shows", lost(), [], INVISIBLE],
    ["without ids, and another has the name", lost(), [THEIRS], { kind: "taken", cvm: THEIRS }],
    ["the name was refused, and nothing shows", { ...OURS, conflict: TAKEN }, [], INVISIBLE],
    [
      "the name was refused, and another has it",
      { ...OURS, conflict: TAKEN },
      [THEIRS],
      { kind: "taken", cvm: THEIRS },
    ],
    [
      "it was busy, and nothing shows",
      { ...OURS, conflict: BUSY },
      [],
      { kind: "not-made", retry: true },
    ],
    [
      "it was busy, and another has the name",
      { ...OURS, conflict: BUSY },
      [THEIRS],
      { kind: "taken", cvm: THEIRS },
    ],
  ])("%s", async (_, outcome, cvms, expected) => {
    expect((await settle(outcome, cvms)).settled).toEqual(expected);
  });

  test.each<[string, Unclear["conflict"], number]>([
    // The CVM that has the name may be our own, from a request that was sent twice.
    ["its name", TAKEN, 30_000],
    ["a reason that is not known", refusal("no"), 10_000],
  ])("whose repetition was refused for %s is looked for that long", async (_, conflict, at) => {
    expect((await settle({ ...OURS, conflict })).at).toBe(at);
  });

  test("that says busy is settled at once", async () => {
    expect((await settle({ ...OURS, conflict: BUSY })).at).toBe(0);
  });

  test("and nobody says: it stays open, after a few more looks", async () => {
    const silent = { findCvm: () => NOT_KNOWN };
    const unknown = { kind: "unknown", reason: "HTTP 502" };
    expect(await settle(OURS, [], silent)).toEqual({ settled: unknown, at: 30_000 });
    expect((await settle({ ...OURS, conflict: BUSY }, [], silent)).settled).toEqual(unknown);
    // Without ids there is only the name, and nobody says whose that is.
    expect((await settle({ ...lost(), conflict: BUSY }, [], silent)).settled).toEqual(INVISIBLE);
  });

  test("after an interruption is looked for 3 s and no longer", async () => {
    const soon = await settle(OURS, [], {}, 10_000);
    expect(soon.settled).toEqual(INVISIBLE);
    expect(soon.at).toBeLessThan(12_000);
    const early = memoryCloud([]);
    early.abort();
    const { api, clock } = early.context;
    const cleanup = { signal: () => new AbortController().signal };
    await settleCreate(
      { name: NAME, tried: [] },
      OURS,
      { api, clock, cleanup },
      early.context.signal,
    );
    expect(clock.monotonic()).toBe(3_000);
  });
});

const find = async (
  identity: Partial<Parameters<typeof findByIdentity>[0]>,
  behaviour: Partial<Behaviour>,
  list = true,
) => {
  const asked: string[] = [];
  const { findCvm } = behaviour;
  const { api, signal } = memoryCloud([], {
    ...behaviour,
    findCvm(id) {
      asked.push(id);
      return findCvm?.(id) ?? { kind: "absent" };
    },
  }).context;
  const wanted = { name: NAME, appId: APP, vmUuid: UUID, ...identity };
  return { found: await findByIdentity(wanted, api, signal, { list }), asked };
};

const present = (value: Cvm): Lookup<Cvm> => ({ kind: "present", value });

const listCvms = (): never => {
  throw new Error("asked");
};

const fails = (): never => {
  throw new Error("aborted");
};

const ambiguous = (id: string): Lookup<Cvm> => (id === UUID ? { kind: "absent" } : NOT_KNOWN);

describe("looking for one CVM", () => {
  test("asks by everything that is known of it", async () => {
    expect((await find({}, {})).asked).toEqual([UUID, APP, NAME]);
    expect((await find({ vmUuid: null, appId: null }, {})).asked).toEqual([NAME]);
    expect(await find({}, { findCvm: () => present(cvmOf()) })).toEqual({
      found: present(cvmOf()),
      asked: [UUID],
    });
  });

  test("another one of that name does not count as it", async () => {
    expect(
      (await find({}, { findCvm: () => present(THEIRS), listCvms: () => [THEIRS] })).found,
    ).toEqual({
      kind: "absent",
    });
  });

  test("where one way does not say it is not absent, and the list can only add to what is known", async () => {
    const findCvm = (id: string): Lookup<Cvm> => (id === APP ? NOT_KNOWN : { kind: "absent" });
    expect((await find({}, { findCvm, listCvms })).found).toEqual(NOT_KNOWN);
    expect((await find({}, { listCvms }, false)).found).toEqual({ kind: "absent" });
  });

  describe("an id that several CVMs have, and that Phala refuses as ambiguous", () => {
    const replica = cvmOf({ vmUuid: "d".repeat(32), name: "renamed" });
    const unrelated = [null, "e".repeat(40)].map((appId) =>
      cvmOf({ name: "x", appId, vmUuid: "e".repeat(32) }),
    );
    const findAmong = async (cvms: readonly Cvm[], identity = {}) =>
      (await find(identity, { findCvm: ambiguous, listCvms: () => [...cvms, ...unrelated] })).found;

    test("it is in the list", async () => {
      expect(await findAmong([replica, THEIRS, cvmOf()])).toEqual(present(cvmOf()));
      const renamed = cvmOf({ name: "renamed", appId: "e".repeat(40) });
      expect(await findAmong([replica, renamed])).toEqual(present(renamed));
    });

    test("is gone where the list has only its replicas and others of its name", async () => {
      expect(await findAmong([replica, THEIRS])).toEqual({ kind: "absent" });
    });

    test("stays unknown where nothing in the list makes it ambiguous", async () => {
      expect(await findAmong([])).toEqual(NOT_KNOWN);
      expect(await findAmong([THEIRS])).toEqual(NOT_KNOWN);
      expect(await findAmong([replica])).toEqual(NOT_KNOWN);
      expect(await findAmong([THEIRS], { appId: null })).toEqual(NOT_KNOWN);
    });

    test("stays unknown where its uuid is not known, or is what Phala does not look up", async () => {
      const [a, b] = [cvmOf({ appId: "e".repeat(40) }), THEIRS];
      expect(await findAmong([a, b], { vmUuid: null })).toEqual(NOT_KNOWN);
      const noUuid = (id: string): Lookup<Cvm> => (id === UUID ? NOT_KNOWN : { kind: "absent" });
      const cvms = { findCvm: noUuid, listCvms: () => [replica, THEIRS] };
      expect((await find({}, cvms)).found).toEqual(NOT_KNOWN);
    });
  });

  test("is asked for before anything is made, and an answer is needed", () => {
    expect(lookupFailed(NAME, "HTTP 502")).toMatchObject({
      kind: "platform",
      code: "lookup-failed",
      message: `could not find out whether ${NAME} exists: HTTP 502`,
      hint: expect.stringContaining("nothing was touched"),
    });
  });

  test("what is thrown is one more way of not knowing", async () => {
    const unknown = { kind: "unknown", reason: "aborted" };
    expect((await find({}, { findCvm: fails })).found).toEqual(unknown);
    expect((await find({}, { listCvms: fails })).found).toEqual(unknown);
    expect((await find({}, { listCvms: () => [THEIRS, cvmOf()] })).found).toEqual(present(cvmOf()));
  });
});
