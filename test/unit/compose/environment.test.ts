/** The environments that CVMs are deployed with: names and order are part of the compose hash. */
import { expect, test } from "vitest";
import { parseCompose, readComposeFile } from "../../../src/compose/compose-file.ts";
import {
  registryEnvironment,
  registryEnvironmentNames,
  runnerEnvironment,
  runnerEnvironmentNames,
} from "../../../src/compose/environment.ts";
import { aws, settings } from "./examples.ts";

const WALLET = "GATEWAY_AUTH_COORDINATOR_WALLET";

test.each([
  ["v1", undefined, ["REGISTRY_URL", "CAPACITY_THRESHOLD"]],
  ["v1", "wallet", ["REGISTRY_URL", "CAPACITY_THRESHOLD"]],
  ["v2", undefined, ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"]],
  ["v2", "", ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"]],
  ["v2", "wallet", ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB", WALLET]],
] as const)("a runner of schema %s, wallet %j", (schema, coordinatorWallet, names) => {
  expect(runnerEnvironmentNames({ schema, coordinatorWallet })).toEqual(names);
  const given = { ...settings, orchestratorSchema: schema, coordinatorWallet };
  const environment = runnerEnvironment(given, "https://registry.example");
  expect(environment.map(({ name }) => name)).toEqual(names);
  expect(environment.filter(({ value }) => value === "")).toEqual([]);
});

test("a runner's values: thresholds and sizes as plain decimal text", () => {
  const given = {
    ...settings,
    orchestratorSchema: "v2",
    capacityThreshold: 0.75,
    memoryPerModelMb: 512,
  } as const;
  expect(runnerEnvironment(given, "https://registry.example")).toEqual([
    { name: "REGISTRY_URL", value: "https://registry.example" },
    { name: "CAPACITY_THRESHOLD", value: "0.75" },
    { name: "MODEL_MEMORY_LIMIT_MB", value: "512" },
  ]);
});

test("the registry has the same names before and after the approval: its own hash stays", async () => {
  const compose = await readComposeFile("fixtures/compose/docker-compose.phala.registry.yml");
  const first = registryEnvironment({
    compose,
    settings,
    aws,
    approvedHashes: [],
    baseDomain: undefined,
  });
  const hashes = ["a".repeat(64), "b".repeat(64)];
  const later = registryEnvironment({
    compose,
    settings,
    aws,
    approvedHashes: hashes,
    baseDomain: "x.example",
  });
  expect(first.map(({ name }) => name)).toEqual([
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "CAPACITY_THRESHOLD",
    "APPROVED_COMPOSE_HASH",
    "CVM_BASE_DOMAIN",
    "GATEWAY_AUTH_COORDINATOR_WALLET",
  ]);
  expect(later.map(({ name }) => name)).toEqual(first.map(({ name }) => name));
  expect(registryEnvironmentNames(compose)).toEqual(first.map(({ name }) => name));
  expect(Object.fromEntries(first.map(({ name, value }) => [name, value]))).toMatchObject({
    APPROVED_COMPOSE_HASH: "",
    CVM_BASE_DOMAIN: "",
    AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
  });
  expect(Object.fromEntries(later.map(({ name, value }) => [name, value]))).toMatchObject({
    APPROVED_COMPOSE_HASH: hashes.join(","),
    CVM_BASE_DOMAIN: "x.example",
  });
});

test("further variables: those of the file beyond ours, sent after ours even where the file does not refer to them", () => {
  const text =
    "services: {a: {environment: ['MODE=${MODE:-registry+runner}', AWS_ACCESS_KEY_ID, 'X=${EXTRA}', 'Y=${LEVEL:-1}']}}";
  const compose = parseCompose(text, "registry.yml");
  const further = ["EXTRA", "DSTACK_DOCKER_PASSWORD"].map((name) => ({
    name,
    value: `${name}-value`,
  }));
  const sent = registryEnvironment({
    compose,
    settings: { ...settings, registryEnv: further },
    aws,
    approvedHashes: [],
    baseDomain: undefined,
  });
  expect(sent).toEqual([{ name: "AWS_ACCESS_KEY_ID", value: aws.accessKeyId }, ...further]);
});

test("the order does not follow the compose file, and what it does not refer to is not sent", () => {
  const text =
    "services: {a: {environment: [APPROVED_COMPOSE_HASH, 'X=$AWS_ACCESS_KEY_ID', OTHER]}}";
  const compose = parseCompose(text, "registry.yml");
  expect(registryEnvironmentNames(compose)).toEqual(["AWS_ACCESS_KEY_ID", "APPROVED_COMPOSE_HASH"]);
});
