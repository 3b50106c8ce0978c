/** What `init` and `rotate-hash` need of the schema, given or recorded, before any request is made. */
import { inputsIn } from "../../../src/inputs/table.ts";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { CommandDependencies, CommonFlags, Ports } from "../../../src/session/dependencies.ts";
import { prepareDeployment } from "../../../src/session/deployment-inputs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const MISSING_KEYS =
  "--gateway-key-path (GATEWAY_KEY_PATH), required with schema v2, --gateway-auth-wallet (GATEWAY_AUTH_COORDINATOR_WALLET), required with schema v2";
const AWS = {
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example/secret+of/forty",
};
const FLAGS = {
  keys: inputsIn("connection", "cluster", "aws", "procedure"),
  inputs: {},
  config: undefined,
  sandbox: false,
} as unknown as CommonFlags;
const ENVELOPE = { v: 1, at: "2026-11-24T10:00:00.000Z", run: "r" };
const ADOPTED = { ...ENVELOPE, type: "adopted", name: "bird-registry", app_id: "a".repeat(40) };
const RECORD = {
  ...ENVELOPE,
  type: "compose-hash",
  hash: "a".repeat(64),
  compose_digest: "b".repeat(64),
  allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"],
};

async function world(
  env: Record<string, string>,
  host = "cloud-api.phala.network",
  more: readonly object[] = [],
) {
  const stateDir = await temporaryFolder();
  const folder = path.join(stateDir, host, "bird");
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, "journal.jsonl"),
    [ADOPTED, RECORD, ...more].map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
  let keysMade = 0;
  const dependencies = {
    env: { TEE_CLUSTER_STATE_DIR: stateDir, ...env },
    prompter: undefined,
    redactor: { add: () => undefined },
    proxyRoute: () => ({ kind: "direct" }),
    connect: async () => ({ api: { host } }) as Ports,
    startSandbox: async () => ({
      apiUrl: "http://127.0.0.1:1",
      gatewayUrl: "http://127.0.0.1:1/{app_id}-{port}",
      apiKey: "phak_sandbox_example_key",
      examples: AWS_EXAMPLES,
      gatewayKey: async () => {
        keysMade += 1;
        return "/state/gateway-key.pem";
      },
      walletOf: async (file: string) => `wallet of ${file}`,
    }),
  } as unknown as CommandDependencies;
  return { dependencies, keysMade: () => keysMade };
}

const AWS_EXAMPLES = {
  awsAccessKeyId: AWS.AWS_ACCESS_KEY_ID,
  awsSecretAccessKey: AWS.AWS_SECRET_ACCESS_KEY,
};

test.each([
  ["given", { TEE_CLUSTER_NAME: "owl", TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v2" }],
  ["recorded", { TEE_CLUSTER_NAME: "bird" }],
])(
  "schema v2 that is %s: its key and wallet are named with all else that is missing",
  async (_, env) => {
    const { dependencies } = await world(env);
    await expect(prepareDeployment({ ...dependencies, flags: FLAGS })).rejects.toMatchObject({
      code: "missing-inputs",
      message: `missing: --aws-access-key-id (AWS_ACCESS_KEY_ID), AWS_SECRET_ACCESS_KEY, PHALA_API_KEY, ${MISSING_KEYS}`,
    });
  },
);

test.each([
  [
    "v1 is given, whatever is recorded",
    { TEE_CLUSTER_NAME: "bird", TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v1" },
  ],
  ["the record is another cluster's", { TEE_CLUSTER_NAME: "owl" }],
  [
    "both are given",
    {
      TEE_CLUSTER_NAME: "bird",
      GATEWAY_KEY_PATH: "key.pem",
      GATEWAY_AUTH_COORDINATOR_WALLET: "0xw",
    },
  ],
])("no key is missing where %s", async (_, env) => {
  const { dependencies } = await world({ ...env, ...AWS, PHALA_API_KEY: "phak_example_key" });
  const { resolution } = await prepareDeployment({ ...dependencies, flags: FLAGS });
  expect(resolution.missing).toEqual([]);
});

test.each([
  ["v1", { TEE_CLUSTER_NAME: "owl" }, undefined, 0],
  [
    "v2",
    { TEE_CLUSTER_NAME: "owl", TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v2" },
    "/state/gateway-key.pem",
    1,
  ],
  ["recorded v2", { TEE_CLUSTER_NAME: "bird" }, "/state/gateway-key.pem", 1],
  ["v2 with a key", { TEE_CLUSTER_NAME: "bird", GATEWAY_KEY_PATH: "own.pem" }, "own.pem", 0],
])("the sandbox makes its key only where one is needed: %s", async (_, env, file, made) => {
  const { dependencies, keysMade } = await world(env, "sandbox");
  const { resolution } = await prepareDeployment({
    ...dependencies,
    flags: { ...FLAGS, sandbox: true },
  });
  const { gatewayKeyPath, coordinatorWallet } = resolution.values;
  expect([gatewayKeyPath, keysMade()]).toEqual([file, made]);
  expect(coordinatorWallet).toBe(file && `wallet of ${file}`);
});

test("further variables that the registry was given are required again, by their names", async () => {
  const names = "AWS_ACCESS_KEY_ID,REGISTRY_TOKEN,ANOTHER_TOKEN";
  const approved = {
    ...ENVELOPE,
    type: "approved",
    app_id: ADOPTED.app_id,
    hashes: ["a".repeat(64)],
    via: "restart",
    settings: { "environment names": names },
    correlation_id: null,
  };
  const env = { TEE_CLUSTER_NAME: "bird", TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v1", ...AWS };
  const run = async (more: Record<string, string>): Promise<unknown> => {
    const { dependencies } = await world(
      { ...env, PHALA_API_KEY: "phak_example_key", ...more },
      undefined,
      [approved],
    );
    return prepareDeployment({ ...dependencies, flags: FLAGS });
  };
  await expect(run({ ANOTHER_TOKEN: "a-token" })).rejects.toMatchObject({
    code: "missing-inputs",
    message: "missing: REGISTRY_TOKEN (--registry-env)",
  });
  await expect(run({ ANOTHER_TOKEN: "a-token", REGISTRY_TOKEN: "r-token" })).resolves.toBeTruthy();
});
