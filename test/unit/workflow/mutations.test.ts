/** What is on disk before and after each call that changes something, what is repeated, and what is left open. */
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../../src/core/compose-hash.ts";
import type {
  CreatedCvm,
  DeployHooks,
  MutationOutcome,
  Provisioned,
} from "../../../src/core/ports.ts";
import { notCreated, refusedByPhala } from "../../../src/workflow/mutation-outcome.ts";
import {
  APP,
  cvmOf,
  failureOf,
  lost,
  memoryCloud,
  refusal,
  UUID,
  type MemoryCloud,
} from "../../helpers/memory-cloud.ts";

const NAME = "bird-registry";
const PROVISIONED: Provisioned = {
  appId: APP,
  composeHash: "c".repeat(64),
  envKey: "e".repeat(64),
};
const CREATED: MutationOutcome<CreatedCvm> = {
  kind: "ok",
  value: { name: NAME, appId: APP, vmUuid: UUID, composeHash: PROVISIONED.composeHash },
};
const REQUEST = {
  name: NAME,
  instanceType: "tdx.small",
  composeText: "services: {}",
  environment: [
    { name: "FULL", value: "x" },
    { name: "EMPTY", value: "" },
  ],
};
const BUSY = refusal("HTTP 409: busy", { reason: "busy" });

/** What was written down, without the random ids; each intent must be that of its outcome. */
function written({ entries }: MemoryCloud): unknown[] {
  const intents = new Set(entries.flatMap((entry) => ("intent" in entry ? entry.intent : [])));
  return entries.map((entry) => {
    if (!("intent" in entry)) return entry;
    expect(entry.intent).toMatch(/^[0-9a-f-]{36}$/);
    return { ...entry, intent: [...intents].indexOf(entry.intent) };
  });
}

const intent = (change: object) => ({ type: "intent", intent: 0, ...change });
const outcome = (how: string, change: object = {}) => ({
  type: "outcome",
  intent: 0,
  outcome: how,
  app_id: APP,
  vm_uuid: UUID,
  ...change,
});

describe("creating", () => {
  /** A platform that provisions at each try, unless it refuses before, and then has these outcomes. */
  function creating(...outcomes: readonly MutationOutcome<CreatedCvm>[]) {
    let tries = 0;
    const cloud = memoryCloud([], {
      async create(_, { onProvisioned }) {
        const next = outcomes[Math.min(tries, outcomes.length - 1)] ?? CREATED;
        tries += 1;
        await onProvisioned?.(PROVISIONED);
        return next;
      },
    });
    const create = (hooks?: DeployHooks) =>
      cloud.mutations.createCvm(REQUEST, cloud.context.signal, hooks);
    return { cloud, create };
  }
  const INTENT = intent({
    action: "create-cvm",
    name: NAME,
    app_id: null,
    compose_digest: sha256Hex(REQUEST.composeText),
    empty_names: ["EMPTY"],
  });
  const PROVISION = {
    type: "provisioned",
    intent: 0,
    app_id: APP,
    compose_hash: PROVISIONED.composeHash,
    env_key: PROVISIONED.envKey,
  };

  test("is written down before, when its ids are known, and after", async () => {
    const { cloud, create } = creating(CREATED);
    expect(cloud.ledger.touched).toBe(false);
    const seen: unknown[] = [];
    const onProvisioned = async (it: Provisioned): Promise<void> =>
      void seen.push([it, written(cloud).length, cloud.ledger.leftBehind()]);
    expect(await create({ onProvisioned })).toEqual({ kind: "created", appId: APP, vmUuid: UUID });
    expect(written(cloud)).toEqual([INTENT, PROVISION, outcome("done")]);
    // The hook runs when the ids are on disk, and the CVM may exist from then on.
    expect(seen).toEqual([[PROVISIONED, 2, [{ name: NAME, app_id: APP, may_exist: true }]]]);
    expect(cloud.ledger.entriesOf(NAME)).toMatchObject([
      { appId: APP, vmUuid: UUID, certain: true, madeAt: 0 },
    ]);
    expect(cloud.ledger.touched).toBe(true);
    expect(cloud.calls).toEqual([{ at: 0, call: "create", with: REQUEST }]);
  });

  test("after an interruption nothing is written or called", async () => {
    const { cloud, create } = creating(CREATED);
    cloud.abort(new Error("SIGINT"));
    await expect(create()).rejects.toThrow("SIGINT");
    expect([cloud.entries, cloud.calls, cloud.ledger.touched]).toEqual([[], [], false]);
  });

  test("a journal that can't be written ends it before the call", async () => {
    const { cloud, create } = creating(CREATED);
    cloud.does.beforeAppend = () => {
      throw new Error("disk full");
    };
    await expect(create()).rejects.toThrow("disk full");
    expect(cloud.calls).toEqual([]);
  });

  test("what a hook throws is thrown, and nothing was made", async () => {
    const { cloud, create } = creating(CREATED);
    const hook = { onProvisioned: async () => Promise.reject(new Error("no such key")) };
    await expect(create(hook)).rejects.toThrow("no such key");
    expect(written(cloud)).toEqual([
      INTENT,
      PROVISION,
      outcome("failed", { app_id: null, vm_uuid: null }),
    ]);
    expect(cloud.ledger.leftBehind()).toEqual([]);
  });

  test("also where the disk is full by then", async () => {
    const { cloud, create } = creating(CREATED);
    const hook = {
      async onProvisioned() {
        cloud.does.beforeAppend = () => {
          throw new Error("disk full");
        };
        throw new Error("no such key");
      },
    };
    await expect(create(hook)).rejects.toThrow("no such key");
  });

  test("a refusal is final, and written down as such", async () => {
    const { cloud, create } = creating(refusal("HTTP 402: no credit"));
    expect(await create()).toEqual({ kind: "refused", message: "HTTP 402: no credit" });
    expect(written(cloud).at(-1)).toEqual(outcome("failed", { app_id: null, vm_uuid: null }));
    expect(cloud.ledger.leftBehind()).toEqual([]);
    expect(cloud.calls).toHaveLength(1);
  });

  test("a name that is taken is not ours, and nothing of it is in the ledger", async () => {
    const { cloud, create } = creating(refusal("HTTP 409: name", { reason: "name-taken" }));
    const theirs = cvmOf({ appId: "f".repeat(40) });
    cloud.cvms.push(theirs);
    expect(await create()).toEqual({ kind: "taken", cvm: theirs, message: "HTTP 409: name" });
    expect(written(cloud).at(-1)).toEqual(outcome("failed", { app_id: null, vm_uuid: null }));
    expect(cloud.ledger.leftBehind()).toEqual([]);
  });

  test("a lost answer, and the CVM shows: it was made", async () => {
    const { cloud, create } = creating({ ...lost(), provisioned: PROVISIONED });
    cloud.cvms.push(cvmOf());
    expect(await create()).toEqual({ kind: "created", appId: APP, vmUuid: UUID });
    expect(written(cloud).at(-1)).toEqual(outcome("done"));
  });

  test.each([
    ["whose ids are known", PROVISIONED, APP],
    ["whose ids are not", null, null],
  ])("a lost answer of one %s, and nothing shows: left open", async (_, provisioned, app_id) => {
    const { cloud, create } = creating({ ...lost(), provisioned });
    expect(await create()).toEqual({
      kind: "uncertain",
      message: "connection lost; it is not visible yet, by any id",
    });
    expect(written(cloud).at(-1)).toEqual(outcome("unknown", { app_id, vm_uuid: null }));
    expect(cloud.ledger.leftBehind()).toMatchObject([{ app_id: APP, may_exist: true }]);
  });

  test("one that is refused, while nobody says whether the name is taken, is refused", async () => {
    const { cloud, create } = creating(BUSY);
    cloud.does.findCvm = () => ({ kind: "unknown", reason: "HTTP 502" });
    expect(await create()).toEqual({ kind: "refused", message: "HTTP 409: busy" });
    expect(cloud.calls).toHaveLength(1);
  });

  test("busy is repeated with growing pauses; the last try is the one that may exist", async () => {
    const { cloud, create } = creating(BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, CREATED);
    expect(await create()).toMatchObject({ kind: "created" });
    expect(cloud.calls.map(({ at }) => at / 1000)).toEqual([0, 1, 3, 7, 15, 30, 45, 60]);
    expect(written(cloud).filter((it) => (it as { type: string }).type !== "provisioned")).toEqual([
      INTENT,
      outcome("done"),
    ]);
    expect(cloud.ledger.leftBehind()).toEqual([{ name: NAME, app_id: APP }]);
  });

  test("until the run's timeout: then it is refused", async () => {
    const { cloud, create } = creating({ ...BUSY, retryAfterMs: 45_000 });
    expect(await create()).toEqual({ kind: "refused", message: "HTTP 409: busy" });
    expect(cloud.calls.at(-1)?.at).toBe(585_000);
    expect(cloud.clock.monotonic()).toBe(585_000);
    expect(written(cloud).at(-1)).toEqual(outcome("failed", { app_id: null, vm_uuid: null }));
    expect(cloud.ledger.leftBehind()).toEqual([]);
  });

  test("a try that would begin when the time is up is the last", async () => {
    const { cloud, create } = creating({ ...BUSY, retryAfterMs: 60_000 });
    await create();
    expect(cloud.calls.at(-1)?.at).toBe(600_000);
  });

  test("a name that is free again is no reason to try again, unless it was busy", async () => {
    const { cloud, create } = creating({
      ...lost(),
      provisioned: PROVISIONED,
      conflict: refusal("HTTP 402"),
    });
    expect(await create()).toEqual({ kind: "refused", message: "HTTP 402" });
    expect(cloud.calls).toHaveLength(1);
  });

  test.each([
    ["one of the platform's", 7_000, 7_000],
    ["a minute at most", 3_600_000, 60_000],
    ["one that ends with the run's timeout", 60_000, 60_000],
  ])("the pause is %s", async (_, retryAfterMs, at) => {
    const { cloud, create } = creating({ ...BUSY, retryAfterMs }, CREATED);
    await create();
    expect(cloud.calls.map((call) => call.at)).toEqual([0, at]);
  });

  test("an interruption in a pause ends it: nothing was made", async () => {
    const { cloud, create } = creating(BUSY);
    cloud.at(500, () => cloud.abort());
    expect(await create()).toEqual({ kind: "refused", message: "HTTP 409: busy" });
    expect(cloud.calls).toHaveLength(1);
    expect(written(cloud).at(-1)).toEqual(outcome("failed", { app_id: null, vm_uuid: null }));
  });

  test("an interruption while it is refused ends it as well", async () => {
    const { cloud, create } = creating(BUSY);
    cloud.does.create = async () => {
      cloud.abort();
      return BUSY;
    };
    expect(await create()).toEqual({ kind: "refused", message: "HTTP 409: busy" });
    expect([cloud.calls.length, cloud.clock.monotonic()]).toEqual([1, 0]);
    expect(written(cloud)).toEqual([INTENT, outcome("failed", { app_id: null, vm_uuid: null })]);
  });

  test("one that came to be without an app_id is an error of ours", async () => {
    const { cloud, create } = creating({ ...lost(), provisioned: null, conflict: null });
    cloud.does.create = async () => ({
      kind: "ok",
      value: { ...(CREATED as { value: CreatedCvm }).value, appId: null as never },
    });
    await expect(create()).rejects.toThrow("without app_id");
    expect(cloud.ledger.leftBehind()).toEqual([]);
  });
});

test("provisioning changes nothing and writes nothing; after an interruption it is not asked for", async () => {
  const cloud = memoryCloud();
  expect(await cloud.mutations.provisionCvm(REQUEST, cloud.context.signal)).toMatchObject({
    kind: "refused",
  });
  expect([cloud.entries, cloud.ledger.touched]).toEqual([[], false]);
  cloud.abort(new Error("SIGINT"));
  expect(() => cloud.mutations.provisionCvm(REQUEST, cloud.context.signal)).toThrow("SIGINT");
});

const anotherKey = async (): Promise<void> => Promise.reject(new Error("another key"));

describe("updating", () => {
  const UPDATE = { cvmId: UUID, composeText: "services: {}", environment: [] };
  const INTENT = intent({ action: "update-cvm", name: NAME, app_id: APP });
  function updating(...outcomes: readonly MutationOutcome<{ correlationId: string | null }>[]) {
    let tries = 0;
    const cloud = memoryCloud([cvmOf()], {
      update: async () =>
        outcomes[Math.min(tries++, outcomes.length - 1)] ?? {
          kind: "ok",
          value: { correlationId: "own" },
        },
    });
    const update = (hooks?: Parameters<typeof cloud.mutations.updateCvm>[3]) =>
      cloud.mutations.updateCvm(cvmOf(), UPDATE, cloud.context.signal, hooks);
    return { cloud, update };
  }

  test.each<[string, MutationOutcome<{ correlationId: string | null }>, string, string | null]>([
    ["accepted", { kind: "ok", value: { correlationId: "own" } }, "done", "own"],
    ["refused", refusal("no"), "failed", null],
    ["lost", lost(), "unknown", null],
  ])("one that is %s is written down as that", async (_, how, word, correlation_id) => {
    const { cloud, update } = updating(how);
    expect(await update()).toEqual(how);
    expect(written(cloud)).toEqual([INTENT, outcome(word, { correlation_id })]);
    expect([cloud.ledger.touched, cloud.ledger.approving]).toEqual([true, true]);
  });

  test("busy is repeated, with a look before each but the first; another refusal is not", async () => {
    const { cloud, update } = updating(BUSY, BUSY, refusal("HTTP 402"));
    const looks: number[] = [];
    const beforeRetry = async (): Promise<void> => void looks.push(cloud.clock.monotonic());
    expect(await update({ beforeRetry })).toMatchObject({ message: "HTTP 402" });
    expect(cloud.calls.map(({ at }) => at)).toEqual([0, 1_000, 3_000]);
    expect(looks).toEqual([1_000, 3_000]);
    expect(written(cloud)).toHaveLength(2);
  });

  test("busy is repeated without any hooks", async () => {
    const { cloud, update } = updating({ ...BUSY, retryAfterMs: 30_000 }, lost());
    expect(await update()).toEqual(lost());
    expect(cloud.calls.map(({ at }) => at)).toEqual([0, 30_000]);
  });

  test("what a hook throws is thrown: nothing was sent", async () => {
    const { cloud, update } = updating();
    cloud.does.update = async (_, { onEnvKey }) => {
      await onEnvKey?.({} as never);
      return lost();
    };
    await expect(update({ onEnvKey: anotherKey })).rejects.toThrow("another key");
    expect(written(cloud)).toEqual([INTENT, outcome("failed")]);
    cloud.does.beforeAppend = ({ type }) => {
      if (type === "outcome") throw new Error("disk full");
    };
    await expect(update({ onEnvKey: anotherKey })).rejects.toThrow("another key");
  });

  test("an interruption in a pause ends it: it is refused", async () => {
    const { cloud, update } = updating(BUSY);
    cloud.at(500, () => cloud.abort());
    expect(await update()).toEqual(BUSY);
    expect([cloud.calls.length, written(cloud).at(-1)]).toEqual([
      1,
      outcome("failed", { correlation_id: null }),
    ]);
  });

  test("after an interruption nothing is written or called", async () => {
    const { cloud, update } = updating();
    cloud.abort(new Error("SIGINT"));
    await expect(update()).rejects.toThrow("SIGINT");
    expect([cloud.entries, cloud.calls]).toEqual([[], []]);
  });
});

describe("pushing a list", () => {
  const PUSH = { url: "https://registry", hashes: ["h"], privateKeyPem: "PEM" };

  test.each([
    ["approved", { kind: "approved" }, "done"],
    ["unclear", { kind: "unclear", detail: "502" }, "unknown"],
    ["refused", { kind: "refused", detail: "403" }, "failed"],
    ["not offered", { kind: "not-offered" }, "failed"],
  ] as const)("one that is %s is written down as that", async (_, answer, word) => {
    const cloud = memoryCloud([], { push: () => answer });
    expect(await cloud.mutations.approveHashes(cvmOf(), PUSH, cloud.context.signal)).toEqual(
      answer,
    );
    expect(written(cloud)).toEqual([
      intent({ action: "approve-hashes", name: NAME, app_id: APP }),
      outcome(word),
    ]);
    expect(cloud.calls[0]?.with).toEqual({ url: PUSH.url, hashes: PUSH.hashes });
    expect(cloud.ledger.approving).toBe(true);
  });
});

describe("deleting", () => {
  const { signal } = new AbortController();

  test.each([
    ["its uuid, which is one VM's", {}, UUID],
    ["its app_id, before it has a uuid", { vmUuid: null }, APP],
    ["its name, where nothing else is known", { vmUuid: null, appId: null }, NAME],
  ])("asks by %s", async (_, change, id) => {
    const cvm = cvmOf(change);
    const cloud = memoryCloud([cvm]);
    expect(await cloud.mutations.deleteCvm(cvm, signal)).toEqual({ kind: "ok", value: undefined });
    expect(cloud.calls[0]?.with).toBe(id);
    expect(written(cloud)).toEqual([
      intent({ action: "delete-cvm", name: NAME, app_id: cvm.appId }),
    ]);
    expect(cloud.ledger.touched).toBe(true);
  });

  test("that is confirmed is the end of the last intent, and of its place in the ledger", async () => {
    const cloud = memoryCloud([cvmOf()]);
    cloud.mutations.takeOver(cvmOf());
    expect(cloud.ledger.leftBehind()).toEqual([{ name: NAME, app_id: APP }]);
    await cloud.mutations.deleteCvm(cvmOf(), signal);
    await cloud.mutations.deleteCvm(cvmOf(), signal);
    await cloud.mutations.confirmGone(cvmOf());
    expect(written(cloud).at(-1)).toEqual(outcome("done", { intent: 1 }));
    expect(cloud.ledger.leftBehind()).toEqual([]);
  });

  test("of one that went by itself is written down as if it had been asked for", async () => {
    const cloud = memoryCloud();
    await cloud.mutations.confirmGone(cvmOf());
    expect(written(cloud)).toEqual([
      intent({ action: "delete-cvm", name: NAME, app_id: APP }),
      outcome("done"),
    ]);
  });

  test("a full disk holds up no deletion", async () => {
    const cloud = memoryCloud([cvmOf()], {
      beforeAppend() {
        throw new Error("disk full");
      },
    });
    await cloud.mutations.deleteCvm(cvmOf(), signal);
    await cloud.mutations.confirmGone(cvmOf());
    expect(cloud.calls).toHaveLength(1);
  });

  test("after an interruption of the clean-up itself nothing is asked for", async () => {
    const cloud = memoryCloud([cvmOf()]);
    const aborted = AbortSignal.abort(new Error("budget"));
    await expect(cloud.mutations.deleteCvm(cvmOf(), aborted)).rejects.toThrow("budget");
    expect([cloud.entries, cloud.calls]).toEqual([[], []]);
  });
});

test("a creation of an earlier run that came to nothing is closed", async () => {
  const cloud = memoryCloud();
  await cloud.mutations.closeCreation("theirs");
  expect(cloud.entries).toEqual([
    { type: "outcome", intent: "theirs", outcome: "failed", app_id: null, vm_uuid: null },
  ]);
});

const told = (error: Error): Promise<unknown> =>
  failureOf(() => {
    throw error;
  });

test("what an operator is told of a create that failed", async () => {
  const refused = { kind: "refused", message: "HTTP 402" } as const;
  const uncertain = { kind: "uncertain", message: "connection lost" } as const;
  expect(await told(notCreated(NAME, refused, "run it again"))).toMatchInlineSnapshot(`
    {
      "code": "phala-refused",
      "hint": "fix it, then run the same command again",
      "kind": "platform",
      "message": "Phala did not create bird-registry: HTTP 402",
    }
  `);
  expect(await told(notCreated(NAME, uncertain, "run it again"))).toMatchInlineSnapshot(`
    {
      "code": "create-uncertain",
      "hint": "run it again",
      "kind": "platform",
      "message": "could not find out whether bird-registry was created: connection lost",
    }
  `);
  expect(await told(refusedByPhala("Phala did not", "HTTP 402", "pay"))).toMatchInlineSnapshot(`
    {
      "code": "phala-refused",
      "hint": "pay",
      "kind": "platform",
      "message": "Phala did not: HTTP 402",
    }
  `);
});
