/** Inputs that a registry was given with its last update, which may be newer than what the last `init` recorded. */
import { expect, test } from "vitest";
import type { Answers } from "../../../src/inputs/resolve.ts";
import { withRecordedInputs } from "../../../src/session/recorded-inputs.ts";

const GIVEN = {
  AWS_REGION: "us-east-2",
  CAPACITY_THRESHOLD: "0.5",
  CVM_BASE_DOMAIN: "example.com",
  GATEWAY_AUTH_COORDINATOR_WALLET: "0xwallet",
};
const OLDER = { ...GIVEN, AWS_REGION: "us-west-1" };
const record = { approvals: [{ settings: OLDER }, { settings: GIVEN }], composeHashes: [] };

const regionAnd = (origin: "record" | "default" | "flag"): Answers => ({
  values: { awsRegion: "eu-west-1" },
  origins: { awsRegion: origin },
  variables: {},
});

test("those of the last update stand, before what init recorded and before defaults", () => {
  for (const origin of ["record", "default"] as const) {
    const { resolution, taken } = withRecordedInputs(regionAnd(origin), record);
    expect(resolution.values).toEqual({
      awsRegion: "us-east-2",
      capacityThreshold: 0.5,
      cvmBaseDomain: "example.com",
      coordinatorWallet: "0xwallet",
    });
    expect(taken).toEqual([
      "--aws-region (AWS_REGION) us-east-2",
      "--capacity-threshold (CAPACITY_THRESHOLD) 0.5",
      "--gateway-auth-wallet (GATEWAY_AUTH_COORDINATOR_WALLET) 0xwallet",
    ]);
  }
});

test("one that this run was given stands before them", () => {
  const { resolution } = withRecordedInputs(regionAnd("flag"), record);
  expect(resolution.values.awsRegion).toBe("eu-west-1");
});

test("a gateway key that this run was given stands for schema v2, whatever the runners had", () => {
  const before = { approvals: [], composeHashes: [{ allowedEnvs: ["REGISTRY_URL"] }] };
  const schemaWith = (origin: "flag" | "default"): unknown =>
    withRecordedInputs(
      {
        values: { orchestratorSchema: "v2" },
        origins: { gatewayKeyPath: origin },
        variables: {},
      },
      before,
    ).resolution.values.orchestratorSchema;
  expect([schemaWith("flag"), schemaWith("default")]).toEqual(["v2", "v1"]);
});
