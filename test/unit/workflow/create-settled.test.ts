/** What comes of a create, over a platform in the test's memory whose answers lag, conflict and get lost. */
import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import type {
  Clock,
  CloudApi,
  CreatedCvm,
  DeployHooks,
  MutationOutcome,
  PhalaMutations,
  Provisioned,
  Refused,
  Unclear,
} from "../../../src/core/ports.ts";
import { removeCvm } from "../../../src/runners/remove-cvm.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { Ledger } from "../../../src/workflow/ledger.ts";
import type { MutationPorts } from "../../../src/workflow/mutations.ts";
import { Mutations } from "../../../src/workflow/mutations.ts";
import type { StepDeps } from "../../../src/workflow/step.ts";

const NAME = "bird-runner-temp";
const OURS = "a".repeat(40);
const REQUEST = {
  name: NAME,
  instanceType: "tdx.small",
  composeText: "services: {}",
  environment: [],
};
const PROVISIONED: Provisioned = { appId: OURS, composeHash: "c".repeat(64), envKey: null };
const cvmOf = (appId: string): Cvm =>
  ({
    name: NAME,
    appId,
    vmUuid: `uuid-${appId.slice(0, 4)}`,
    status: "running",
    createdAt: null,
  }) as Cvm;

const LOST: Unclear = {
  kind: "unclear",
  message: "connection lost",
  provisioned: PROVISIONED,
  committed: true,
  conflict: null,
};
const refused = (
  reason: Refused["reason"],
  status: number,
  code: string | null = null,
): Refused => ({
  kind: "refused",
  message: reason,
  reason,
  apiError: { status, code, message: "", details: [], suggestions: [], links: [] },
  retryAfterMs: null,
});
const CREATED: MutationOutcome<CreatedCvm> = {
  kind: "ok",
  value: { name: NAME, appId: OURS, vmUuid: "uuid-aaaa", composeHash: PROVISIONED.composeHash },
};

type World = {
  /** What the platform has, and from when (ms) it shows by each way of asking. */
  readonly cvm?: {
    readonly cvm: Cvm;
    readonly byId: number;
    readonly byName: number;
    readonly inList: number;
  };
  readonly outcomes: readonly MutationOutcome<CreatedCvm>[];
};

function world({ cvm, outcomes }: World) {
  let now = 0;
  let exists = cvm;
  const entries: JournalEntry[] = [];
  const deleted: string[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    deadline: () => new AbortController().signal,
    sleep: async (ms) => void (now += ms),
  };
  const api = {
    findCvm: async (id: string) => {
      if (exists === undefined) return { kind: "absent" };
      const visible = now >= (id === NAME ? exists.byName : exists.byId);
      const known = [exists.cvm.appId, exists.cvm.vmUuid, exists.cvm.name].includes(id);
      return visible && known ? { kind: "present", value: exists.cvm } : { kind: "absent" };
    },
    listCvms: async () => (exists && now >= exists.inList ? [exists.cvm] : []),
  } as unknown as CloudApi;
  const left = [...outcomes];
  const cli = {
    createCvm: async (_request: unknown, _signal: unknown, hooks: DeployHooks) => {
      const outcome = left.shift() ?? CREATED;
      if (outcome.kind !== "refused") await hooks.onProvisioned?.(PROVISIONED);
      return outcome;
    },
    deleteCvm: async (id: string) => {
      deleted.push(id);
      exists = undefined;
      return { kind: "ok", value: undefined };
    },
  } as unknown as PhalaMutations;
  const ledger = new Ledger();
  const { signal } = new AbortController();
  const mutations = new Mutations({
    cli,
    api,
    clock,
    ledger,
    journal: { append: async (entry: JournalEntry) => void entries.push(entry) },
    cleanup: { signal: () => signal },
    timeoutMs: 600_000,
  } as unknown as MutationPorts);
  const deps = {
    api,
    mutations,
    clock,
    timeoutMs: 600_000,
    pollIntervalMs: 500,
  } as unknown as StepDeps;
  const record = () =>
    summarizeJournal(
      entries.map((entry) => ({ v: 2, at: "2026-01-01T00:00:00Z", run: "r", ...entry })),
      "bird",
    );
  return {
    create: () => mutations.createCvm(REQUEST, signal),
    deps,
    signal,
    ledger,
    record,
    deleted,
    entries,
    clock,
  };
}

test("the ids are on disk before the call ends, and are what a killed run leaves", async () => {
  const { create, entries, record } = world({ outcomes: [CREATED] });
  await create();
  expect(entries.map(({ type }) => type)).toEqual(["intent", "provisioned", "outcome"]);
  expect(record().openTemporaryRunners).toMatchObject([{ appId: OURS, settled: true }]);
  entries.pop();
  expect(record().openTemporaryRunners).toMatchObject([{ appId: OURS, settled: false }]);
});

test("a lost answer, and the CVM shows 20 s later: it is ours", async () => {
  const cvm = { cvm: cvmOf(OURS), byId: 20_000, byName: 28_000, inList: 30_000 };
  const { create } = world({ cvm, outcomes: [LOST] });
  expect(await create()).toEqual({ kind: "created", appId: OURS, vmUuid: "uuid-aaaa" });
});

test("a lost answer, and nothing shows: the intent stays open, and it may exist", async () => {
  const { create, ledger, record, clock } = world({ outcomes: [LOST] });
  expect(await create()).toMatchObject({ kind: "uncertain" });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(30_000);
  expect(ledger.leftBehind()).toEqual([{ name: NAME, app_id: OURS, may_exist: true }]);
  expect(record().openTemporaryRunners).toMatchObject([{ appId: OURS, settled: false }]);
});

test("a CVM of that name with another app_id is not ours, whatever the answer was", async () => {
  const other = { cvm: cvmOf("b".repeat(40)), byId: 0, byName: 0, inList: 0 };
  const { create, ledger } = world({ cvm: other, outcomes: [refused("name-taken", 409)] });
  expect(await create()).toMatchObject({ kind: "taken", cvm: { appId: "b".repeat(40) } });
  expect(ledger.leftBehind()).toEqual([]);
});

test("409 to a commit that a load balancer repeated: our own app_id shows that it is ours", async () => {
  const conflict = { ...LOST, conflict: refused("name-taken", 409) };
  const cvm = { cvm: cvmOf(OURS), byId: 3_000, byName: 8_000, inList: 8_000 };
  expect(await world({ cvm, outcomes: [conflict] }).create()).toMatchObject({
    kind: "created",
    appId: OURS,
  });
});

test("busy is repeated with pauses while the name is absent, and in the end told as it is", async () => {
  const busy = refused("busy", 429);
  const { create, clock, entries } = world({
    outcomes: [busy, { ...busy, retryAfterMs: 7_000 }, CREATED],
  });
  expect(await create()).toMatchObject({ kind: "created" });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(8_000);
  expect(entries.filter(({ type }) => type === "intent")).toHaveLength(1);
  const never = world({ outcomes: Array.from({ length: 500 }, () => busy) });
  expect(await never.create()).toEqual({ kind: "refused", message: "busy" });
  expect(never.clock.monotonic()).toBeLessThanOrEqual(600_000);
  expect(never.record().openTemporaryRunners).toEqual([]);
});

test("another refusal is final, and not repeated", async () => {
  const { create, clock } = world({ outcomes: [refused("other", 402)] });
  expect(await create()).toEqual({ kind: "refused", message: "other" });
  expect(clock.monotonic()).toBe(0);
});

test("a runner that is found by uuid at once and by name after 8 s is deleted at once", async () => {
  const cvm = { cvm: cvmOf(OURS), byId: 0, byName: 8_000, inList: 8_000 };
  const { create, deps, signal, deleted, ledger, clock } = world({ cvm, outcomes: [CREATED] });
  await create();
  const [made] = ledger.entriesOf(NAME);
  if (made === undefined) throw new Error("not in the ledger");
  expect(await removeCvm(made, deps, signal)).toBe(true);
  expect(deleted).toEqual(["uuid-aaaa"]);
  expect(clock.monotonic()).toBe(0);
  expect(ledger.leftBehind()).toEqual([]);
});

test("one that no way of asking shows yet is waited for, and then deleted", async () => {
  const cvm = { cvm: cvmOf(OURS), byId: 12_000, byName: 20_000, inList: 20_000 };
  const { create, deps, signal, deleted, ledger } = world({ cvm, outcomes: [CREATED] });
  await create();
  const [made] = ledger.entriesOf(NAME);
  if (made === undefined) throw new Error("not in the ledger");
  expect(await removeCvm(made, deps, signal)).toBe(true);
  expect(deleted).toHaveLength(1);
});

test("another machine's CVM of the name is not deleted in the place of ours", async () => {
  const other = { cvm: cvmOf("b".repeat(40)), byId: 0, byName: 0, inList: 0 };
  const { create, deps, signal, deleted, ledger } = world({ cvm: other, outcomes: [CREATED] });
  await create();
  const [made] = ledger.entriesOf(NAME);
  if (made === undefined) throw new Error("not in the ledger");
  expect(await removeCvm(made, deps, signal)).toBe(false);
  expect(deleted).toEqual([]);
});

test("409 to a commit, and only another machine's CVM of that name is there: the name is taken", async () => {
  const conflict = { ...LOST, conflict: refused("name-taken", 409) };
  const other = { cvm: cvmOf("b".repeat(40)), byId: 0, byName: 0, inList: 0 };
  const { create, ledger, record } = world({ cvm: other, outcomes: [conflict] });
  expect(await create()).toMatchObject({ kind: "taken", cvm: { appId: "b".repeat(40) } });
  expect(ledger.leftBehind()).toEqual([]);
  expect(record().openTemporaryRunners).toEqual([]);
});

const REPEATED = (...refusal: Parameters<typeof refused>): Unclear => ({
  ...LOST,
  conflict: refused(...refusal),
});

test.each([
  ["a provisioning that the first request used up", "not-found", 404, 20_000],
  ["a bad request", "other", 400, 20_000],
  ["a quota that the first request used up", "denied", 403, 8_000],
] as const)("refused for %s, and the CVM is there: it is ours", async (_, reason, status, byId) => {
  const cvm = { cvm: cvmOf(OURS), byId, byName: 40_000, inList: 40_000 };
  const { create, ledger } = world({ cvm, outcomes: [REPEATED(reason, status)] });
  expect(await create()).toMatchObject({ kind: "created", appId: OURS });
  expect(ledger.leftBehind()).toEqual([{ name: NAME, app_id: OURS }]);
});

test.each([
  ["other", 400, null, 30_000],
  ["other", 400, "ERR-01-003", 30_000],
  ["other", 400, "ERR-02-002", 10_000],
  ["not-found", 404, "ERR-02-001", 10_000],
  ["other", 400, "ERR-04-001", 10_000],
  ["denied", 401, null, 10_000],
  ["other", 402, null, 10_000],
] as const)(
  "refused (%s, %i, %s), and nothing shows for %i ms: not made, for the reason that Phala gives",
  async (reason, status, code, ms) => {
    const { create, ledger, clock, record } = world({ outcomes: [REPEATED(reason, status, code)] });
    expect(await create()).toEqual({ kind: "refused", message: reason });
    expect(clock.monotonic()).toBe(ms);
    expect([ledger.leftBehind(), record().openTemporaryRunners]).toEqual([[], []]);
  },
);

test("busy for what was made all the same: the next try meets it by its name, and it is ours", async () => {
  const cvm = { cvm: cvmOf(OURS), byId: 500, byName: 500, inList: 500 };
  const taken = refused("name-taken", 409);
  const { create, ledger } = world({ cvm, outcomes: [REPEATED("busy", 429), taken] });
  expect(await create()).toMatchObject({ kind: "created", appId: OURS });
  expect(ledger.leftBehind()).toEqual([{ name: NAME, app_id: OURS }]);
});
