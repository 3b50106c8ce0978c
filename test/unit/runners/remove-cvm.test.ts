/** A deletion whose time runs out, with real calls and a platform that never lets go. */
import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import { cleanupSignals } from "../../../src/workflow/cleanup.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { Ledger } from "../../../src/workflow/ledger.ts";
import type { MutationPorts } from "../../../src/workflow/mutations.ts";
import { Mutations } from "../../../src/workflow/mutations.ts";
import { removeCvm } from "../../../src/runners/remove-cvm.ts";
import type { StepDeps } from "../../../src/workflow/step.ts";

const NAME = "bird-runner-temp";
const CVM = { name: NAME, appId: "a".repeat(40), vmUuid: "b".repeat(32), status: "running" } as Cvm;

/** A bench on a platform that refuses every deletion. */
function stubborn(timeoutMs: number) {
  const ledger = new Ledger();
  ledger.add(CVM);
  const api = { findCvm: async () => ({ kind: "present", value: CVM }) };
  const cleanup = cleanupSignals(new AbortController().signal, systemClock.deadline);
  const cli = { deleteCvm: async () => ({ kind: "refused", message: "HTTP 409 Conflict" }) };
  const journal = { append: async () => undefined };
  const ports = {
    cli,
    api,
    journal,
    clock: systemClock,
    cleanup,
    ledger,
  } as unknown as MutationPorts;
  const mutations = new Mutations(ports);
  const deps = {
    api,
    mutations,
    clock: systemClock,
    timeoutMs,
    pollIntervalMs: 5,
  } as unknown as StepDeps;
  return { deps, ledger };
}

const HINT = `delete it by hand, it costs money: phala cvms delete ${CVM.vmUuid} --force`;

test("cleaning up that runs out of its time says so, how to delete it, and leaves it in the ledger", async () => {
  const { deps, ledger } = stubborn(60_000);
  const budget = AbortSignal.timeout(50);
  await expect(removeCvm(CVM, deps, budget)).rejects.toMatchObject({
    kind: "platform",
    code: "cvm-not-deleted",
    message: expect.stringContaining(`could not confirm that ${NAME} was deleted: `),
    hint: HINT,
  });
  expect(ledger.leftBehind()).toEqual([{ name: NAME, app_id: CVM.appId }]);
});

test("a wait that runs out tells what Phala said last", async () => {
  const { deps, ledger } = stubborn(30);
  await expect(removeCvm(CVM, deps, new AbortController().signal)).rejects.toMatchObject({
    kind: "timeout",
    message: expect.stringContaining("still there (HTTP 409 Conflict)"),
    hint: HINT,
  });
  expect(ledger.entriesOf(NAME)).toHaveLength(1);
});

/** A platform on which a deletion takes its time, and a clock that only moves when somebody sleeps. */
function slow(gone: number, status: (asked: number) => string) {
  let now = 0;
  const asked: number[] = [];
  const cvm = (): Cvm => ({ ...CVM, status: status(asked.length) });
  const api = {
    findCvm: async () =>
      now >= gone && asked.length > 0 ? { kind: "absent" } : { kind: "present", value: cvm() },
    listCvms: async () => [],
  };
  const clock = {
    now: () => now,
    monotonic: () => now,
    deadline: () => new AbortController().signal,
    sleep: async (ms: number) => void (now += ms),
  };
  const cli = {
    deleteCvm: async () => {
      asked.push(now);
      return { kind: "ok", value: undefined };
    },
  };
  const ledger = new Ledger();
  ledger.add(CVM);
  const cleanup = cleanupSignals(new AbortController().signal, clock.deadline);
  const journal = { append: async () => undefined };
  const mutations = new Mutations({
    cli,
    api,
    journal,
    clock,
    cleanup,
    ledger,
  } as unknown as MutationPorts);
  const deps = {
    api,
    mutations,
    clock,
    timeoutMs: 600_000,
    pollIntervalMs: 1_000,
  } as unknown as StepDeps;
  return { deps, asked, ledger };
}

test("a deletion that was accepted is asked for again only after a while", async () => {
  const { deps, asked, ledger } = slow(40_000, () => "running");
  expect(await removeCvm(CVM, deps, new AbortController().signal)).toBe(true);
  expect(asked).toEqual([0, 15_000, 30_000]);
  expect(ledger.leftBehind()).toEqual([]);
});

test("one that is being deleted is not asked for again", async () => {
  const { deps, asked } = slow(40_000, (times) => (times === 0 ? "running" : "deleting"));
  expect(await removeCvm(CVM, deps, new AbortController().signal)).toBe(true);
  expect(asked).toEqual([0]);
});
