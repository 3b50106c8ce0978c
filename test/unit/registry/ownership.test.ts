import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import type { Adoption } from "../../../src/core/domain.ts";
import { ownershipOf } from "../../../src/registry/ownership.ts";

const APP = "a".repeat(40);
const OTHER = "b".repeat(40);

const registry = (appId: string | null): Cvm => ({
  name: "bird-registry",
  appId,
  vmUuid: null,
  status: "running",
  inProgress: false,
  composeHash: null,
  nodeName: null,
  baseDomain: null,
  instanceType: null,
  createdAt: null,
});
const adopted = {
  v: 1,
  at: "2026-11-24T10:00:00Z",
  run: "r",
  type: "adopted",
  name: "bird-registry",
} as const;

test.each<[string, Adoption, string | null, readonly string[], string]>([
  ["one that nobody chose", false, APP, [], "foreign"],
  ["any, with --adopt", true, APP, [], "adopted"],
  ["the one that was chosen", { appId: APP }, APP, [], "adopted"],
  ["another than the chosen one", { appId: OTHER }, APP, [], "foreign"],
  ["one without an app_id, with --adopt", true, null, [], "foreign"],
  ["a recorded one, chosen or not", { appId: APP }, APP, [APP], "ours"],
])("%s: its standing", (_, adoption, appId, taken, standing) => {
  const record = summarizeJournal(
    taken.map((app_id) => ({ ...adopted, app_id })),
    "bird",
  );
  expect(ownershipOf(registry(appId), record, adoption)).toBe(standing);
});
