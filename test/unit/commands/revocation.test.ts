import { expect, test } from "vitest";
import { deleteRunners } from "../../../src/commands/rotate-hash/revocation.ts";
import type { Cvm } from "../../../src/core/domain.ts";
import type { Lookup } from "../../../src/core/ports.ts";
import type { LiveRunner } from "../../../src/runners/running-runners.ts";
import type { StepDeps } from "../../../src/workflow/step.ts";

const HASH = "a".repeat(64);
const CVM = { name: "bird-runner-00000001", vmUuid: "b".repeat(32), composeHash: HASH } as Cvm;
const RUNNER = { cvm: CVM, composeHash: HASH } as LiveRunner;

/** What is asked to be deleted where the API says this of the runner. */
async function deletedWhere(found: Lookup<Cvm>): Promise<readonly string[]> {
  const asked: string[] = [];
  const deps = {
    signal: new AbortController().signal,
    clock: {
      monotonic: () => 0,
      now: () => 0,
      deadline: () => new AbortController().signal,
      sleep: async () => undefined,
    },
    timeoutMs: 1000,
    pollIntervalMs: 1,
    api: { findCvm: async () => found },
    mutations: {
      ledger: { entriesOf: () => [] },
      takeOver: () => undefined,
      deleteCvm: async ({ name }: Cvm) => {
        asked.push(name);
        throw new Error("asked");
      },
    },
  } as unknown as StepDeps;
  await deleteRunners([RUNNER], deps, { note: () => undefined }).catch((error: Error) => {
    if (error.message !== "asked") throw error;
  });
  return asked;
}

test("a runner with the revoked hash is deleted", async () => {
  expect(await deletedWhere({ kind: "present", value: CVM })).toEqual([CVM.name]);
});

test("one that has another hash by now, or is gone, is left alone", async () => {
  const other = { ...CVM, composeHash: "c".repeat(64) };
  expect(await deletedWhere({ kind: "present", value: other })).toEqual([]);
  expect(await deletedWhere({ kind: "absent" })).toEqual([]);
});

test("one of which nobody can say what it is by now is not deleted", async () => {
  await expect(deletedWhere({ kind: "unknown", reason: "HTTP 502" })).rejects.toMatchObject({
    code: "lookup-failed",
  });
});
