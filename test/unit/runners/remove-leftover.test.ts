/** Which temporary runner is removed before a run makes its own: one that a recorded run made, and no other. */
import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import { clearLeftoverRunner } from "../../../src/runners/remove-leftover.ts";
import type { ClusterRecord } from "../../../src/state/record.ts";

const CVM = {
  name: "bird-runner-temp",
  appId: "a".repeat(40),
  vmUuid: "b".repeat(32),
  status: "running",
  createdAt: "2020-01-01T00:00:00Z",
} as Cvm;
const NOTHING_RECORDED = { openTemporaryRunners: [] } as unknown as ClusterRecord;

test("one that no recorded run made is left alone, however old it is", async () => {
  const api = { findCvm: async () => ({ kind: "present", value: CVM }) };
  const context = { api, clock: { monotonic: () => 0 }, signal: new AbortController().signal };
  const clearing = clearLeftoverRunner("bird", NOTHING_RECORDED, context as never);
  await expect(clearing).rejects.toMatchObject({
    kind: "conflict",
    code: "temporary-runner-in-use",
  });
});
