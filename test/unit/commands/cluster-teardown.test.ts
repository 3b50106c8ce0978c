/** Taking a cluster down, over a cloud in memory that misbehaves as told. */
import { describe, expect, test } from "vitest";
import { CVM_ROLES, type Cvm } from "../../../src/core/domain.ts";
import type { Clock, CloudApi, Lookup, PhalaCli, Spawntee } from "../../../src/core/ports.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import { cleanupSignals } from "../../../src/workflow/cleanup.ts";
import { deleteCluster } from "../../../src/commands/destroy/cluster-teardown.ts";
import { Ledger } from "../../../src/workflow/ledger.ts";
import { Mutations } from "../../../src/workflow/mutations.ts";

const NOW = Date.UTC(2026, 0, 1, 12);

function cvmOf(name: string, createdAt = "2026-01-01T11:59:00Z"): Cvm {
  const appId = `app-${name}`;
  const vmUuid = `uuid-${name}`;
  const unknown = { composeHash: null, nodeName: null, baseDomain: null, instanceType: null };
  return { name, appId, vmUuid, status: "running", inProgress: false, createdAt, ...unknown };
}

type Script = {
  /** After each deletion that is asked for; may add CVMs. */
  readonly onDelete?: (name: string, cloud: Map<string, Cvm>) => void;
  readonly lookup?: (name: string) => Lookup<Cvm> | undefined;
};

function world(names: readonly string[], { onDelete, lookup }: Script = {}) {
  const cloud = new Map(names.map((name) => [`uuid-${name}`, cvmOf(name)]));
  const asked: string[] = [];
  const warnings: string[] = [];
  const entries: JournalEntry[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  let at = 0;
  const clock: Clock = {
    now: () => NOW,
    monotonic: () => at,
    deadline: () => new AbortController().signal,
    sleep: async (ms) => {
      signal.throwIfAborted();
      at += ms;
    },
  };
  const api = {
    listCvms: async () => [...cloud.values()],
    findCvm: async (id: string): Promise<Lookup<Cvm>> => {
      signal.throwIfAborted();
      const cvm = cloud.get(id);
      return lookup?.(id) ?? (cvm ? { kind: "present", value: cvm } : { kind: "absent" });
    },
    serverClock: { now: () => null, skewMs: () => 0 },
  } as unknown as CloudApi;
  const cli = {
    deleteCvm: async (id: string) => {
      asked.push(id.replace("uuid-", ""));
      cloud.delete(id);
      onDelete?.(id.replace("uuid-", ""), cloud);
      return { kind: "ok", value: undefined };
    },
  } as unknown as PhalaCli;
  const spawntee = {} as Spawntee;
  const history = { check: async () => undefined, append: async () => ({ head: "" }) };
  const journal = { append: async (entry: JournalEntry) => void entries.push(entry) };
  const ledger = new Ledger();
  const cleanup = cleanupSignals(signal, clock.deadline);
  const mutations = new Mutations({
    cli,
    api,
    spawntee,
    journal,
    clock,
    cleanup,
    ledger,
    timeoutMs: 5000,
  });
  const limits = { timeoutMs: 5000, pollIntervalMs: 1000, strict: false };
  const say = {
    warn: (code: string) => void warnings.push(code),
    note: () => undefined,
    check: () => undefined,
    detail: () => undefined,
  };
  const context = {
    api,
    spawntee,
    mutations,
    journal,
    history,
    clock,
    signal,
    cleanup,
    ...limits,
    ...say,
  };
  const record = summarizeJournal([], "bird");
  const empty = () => deleteCluster("bird", CVM_ROLES, record, context);
  const left = () => ledger.leftBehind().map(({ name }) => name);
  return { empty, left, asked, cloud, warnings, entries, controller };
}

const RUNNERS = ["bird-runner-00000001", "bird-runner-00000002"];
const namesOf = (cvms: readonly { readonly cvm: Cvm }[]): string[] =>
  cvms.map(({ cvm }) => cvm.name);

test("runners first, then the registry; each announced before and settled after", async () => {
  const { empty, left, asked, entries } = world(["bird-registry", "birdy-registry", ...RUNNERS]);
  const { deleted, left: reasons } = await empty();
  expect(asked).toEqual([...RUNNERS, "bird-registry"]);
  expect(namesOf(deleted)).toEqual(asked);
  expect([reasons, left()]).toEqual([[], []]);
  const kinds = entries.map((entry) =>
    entry.type === "intent" ? `intent ${entry.name}` : entry.type,
  );
  expect(kinds.slice(-2)).toEqual(["intent bird-registry", "outcome"]);
});

test("could not find out is not gone: told with the reason, and the others go all the same", async () => {
  const unknown = { kind: "unknown", reason: "HTTP 502" } as const;
  const { empty, left, asked } = world(["bird-registry", ...RUNNERS], {
    lookup: (id) => (id === `uuid-${RUNNERS[0]}` ? unknown : undefined),
  });
  const { deleted, left: reasons } = await empty();
  expect(namesOf(deleted)).toEqual([RUNNERS[1], "bird-registry"]);
  // The list has it, so its deletion is asked for; nobody says that it is gone.
  expect(asked).toContain(RUNNERS[0]);
  expect(left()).toEqual([RUNNERS[0]]);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatch(/bird-runner-00000001 to be gone; seen last: HTTP 502/);
});

describe("what appears meanwhile", () => {
  test("an orchestrator that never stops: some rounds, then the registry, and the last one is told", async () => {
    let next = 10;
    const { empty, left, asked, warnings } = world(["bird-registry", ...RUNNERS], {
      onDelete: (_, cloud) => {
        const name = `bird-runner-000000${(next += 1)}`;
        cloud.set(`uuid-${name}`, cvmOf(name));
      },
    });
    const { left: reasons } = await empty();
    expect(asked.at(-1)).toBe("bird-registry");
    expect(new Set(warnings)).toEqual(new Set(["runner-appeared"]));
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.map((reason) => reason.split(":")[0])).toEqual(left());
  });

  test("another machine's temporary runner: a conflict, its registry stays", async () => {
    const { empty, left, cloud } = world(["bird-registry", ...RUNNERS], {
      onDelete: (_, made) => void made.set("uuid-bird-runner-temp", cvmOf("bird-runner-temp")),
    });
    await expect(empty()).rejects.toMatchObject({
      kind: "conflict",
      code: "temporary-runner-in-use",
    });
    expect([...cloud.values()].map(({ name }) => name)).toEqual([
      "bird-registry",
      "bird-runner-temp",
    ]);
    expect(left()).toEqual(["bird-registry"]);
  });
});

test("an abort: nothing further is asked for, what was found and not seen gone is told", async () => {
  const reason = new Error("Ctrl-C");
  const runners = Array.from({ length: 9 }, (_, index) => `bird-runner-0000000${index}`);
  const { empty, left, asked, controller } = world(["bird-registry", ...runners], {
    onDelete: () => {
      if (asked.length === 4) controller.abort(reason);
    },
  });
  await expect(empty()).rejects.toBe(reason);
  expect(asked).toEqual(runners.slice(0, 4));
  expect(left()).toEqual([...runners, "bird-registry"]);
});
