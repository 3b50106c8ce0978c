/** A deletion whose time runs out, with real calls and a platform that never lets go. */
import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import { cleanupSignals } from "../../../src/workflow/cleanup.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { Ledger } from "../../../src/workflow/ledger.ts";
import { Mutations, type MutationPorts } from "../../../src/workflow/mutations.ts";
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
  const ports = { cli, api, journal, clock: systemClock, cleanup, ledger } as unknown as MutationPorts;
  const mutations = new Mutations(ports);
  const deps = { api, mutations, clock: systemClock, timeoutMs, pollIntervalMs: 5 } as unknown as StepDeps;
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
