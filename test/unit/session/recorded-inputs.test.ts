/** A wallet that the cluster's runners were given is part of their hash. */
import { expect, test } from "vitest";
import { WALLET } from "../../../src/compose/environment.ts";
import { assertWalletKept } from "../../../src/session/recorded-inputs.ts";
import type { ClusterSettings } from "../../../src/core/settings.ts";

const V2 = ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"];
const WITH_WALLET = [...V2, WALLET];

function refuse(lists: readonly (readonly string[])[], settings: Partial<ClusterSettings>): void {
  const cluster = { orchestratorSchema: "v2", coordinatorWallet: undefined, ...settings } as ClusterSettings;
  assertWalletKept(cluster, {
    approvals: [],
    composeHashes: lists.map((allowedEnvs) => ({ allowedEnvs })),
  });
}

test("one that nobody gives now is missing, by its name", () => {
  expect(() => refuse([V2, WITH_WALLET], {})).toThrow(
    expect.objectContaining({
      kind: "input",
      code: "missing-inputs",
      message: expect.stringContaining(`missing: ${WALLET}`),
    }),
  );
});

test.each<[string, readonly (readonly string[])[], Partial<ClusterSettings>]>([
  ["it is given", [WITH_WALLET], { coordinatorWallet: "wallet" }],
  ["schema v1 is asked for, which has none", [WITH_WALLET], { orchestratorSchema: "v1" }],
  ["the newest hash is without one", [WITH_WALLET, V2], {}],
  ["nothing is recorded", [], {}],
])("nothing is missing where %s", (_, lists, settings) => {
  expect(() => refuse(lists, settings)).not.toThrow();
});
