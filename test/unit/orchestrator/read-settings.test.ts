/** What an orchestrator.yml says of the inputs, and whose it is: for the defaults of a run and its warnings. */
import { describe, expect, test } from "vitest";
import { isLocal, otherOwner } from "../../../src/orchestrator/file-owner.ts";
import { inputOfRunnerKey, readSettings } from "../../../src/orchestrator/read-settings.ts";

const V1 = `# ours
infrastructure:
  runner:
    type: phala
    cluster-name: owl
    phala-api-url: https://x.example/
    cluster-urls:
    - https://a-<model-port>.x
    - 5
    registry-compose-path: r.yml
    runner-compose-path: u.yml
    spawntee-port: 9010
    instance-type: "\${SIZE}.medium"
    memory-per-model-mb: 0x400
    provision-factor: 0.80
    max-models: 0
watcher:
  interval: 7
  poller: {type: onchain, url: $URL/models}
crunches:
- {id: a, name: A}
- {id: b, name: B b}
`;

test("every input that the file has a place for, with its line", () => {
  expect(readSettings(V1, { SIZE: "tdx", URL: "http://u" })).toEqual({
    values: {
      clusterName: "owl",
      registryCompose: "r.yml",
      runnerCompose: "u.yml",
      spawnteePort: "9010",
      instanceType: "tdx.medium",
      memoryPerModelMb: "1024",
      provisionFactor: "0.8",
      maxModels: "0",
      orchestratorSchema: "v1",
      watcherIntervalSeconds: "7",
      watcher: "onchain:http://u/models",
      crunches: ["a=A", "b=B b"],
    },
    lines: {
      clusterName: 5,
      registryCompose: 10,
      runnerCompose: 11,
      spawnteePort: 12,
      instanceType: 13,
      memoryPerModelMb: 14,
      provisionFactor: 15,
      maxModels: 16,
      orchestratorSchema: 7,
      watcherIntervalSeconds: 18,
      watcher: 19,
      crunches: 20,
    },
    identity: {
      clusterName: "owl",
      phalaApiUrl: "https://x.example/",
      clusterUrls: ["https://a-<model-port>.x"],
    },
  });
});

test("of schema v2, with a byte order mark and Windows' line breaks", () => {
  const text =
    "\ufeffinfrastructure:\r\n  runner:\r\n    gateway-key-path: k.pem\r\n    capacity-threshold: 1\r\n";
  expect(readSettings(text, {})).toMatchObject({
    values: { orchestratorSchema: "v2", gatewayKeyPath: "k.pem", capacityThreshold: "1" },
    lines: { orchestratorSchema: 3, gatewayKeyPath: 3, capacityThreshold: 4 },
  });
});

const inRunner = (line: string): string => `infrastructure:\n  runner:\n    ${line}\n`;
const valuesOf = (line: string, env = {}): unknown => readSettings(inRunner(line), env).values;

test.each([
  ["gateway-key-path: k", { orchestratorSchema: "v2", gatewayKeyPath: "k" }],
  ["capacity-threshold: 0.5", { orchestratorSchema: "v2", capacityThreshold: "0.5" }],
  ["cluster-urls: []", { orchestratorSchema: "v1" }],
  ["registry-compose-path: r", { orchestratorSchema: "v1", registryCompose: "r" }],
  ["provision-factor: 0.5", { provisionFactor: "0.5" }],
  ["type: local", {}],
  ["type: ~", {}],
  ["cluster-name:", {}],
  ['cluster-name: ""', {}],
  ["cluster-name: yes", { clusterName: "true" }],
  ["cluster-name: [owl]", {}],
  ["cluster-name: 'o''wl'", { clusterName: "o'wl" }],
])("%s", (line, values) => {
  expect(valuesOf(line)).toEqual(values);
});

test.each([
  ["cluster-name: $A", { A: "owl" }, "owl"],
  ["cluster-name: ${A}-$B", { A: "owl", B: "1" }, "owl-1"],
  ["cluster-name: ${A}-$B", { A: "owl" }, undefined],
  ["cluster-name: ${A B}", { "A B": "owl" }, "owl"],
  ["cluster-name: owl$", {}, undefined],
  ["cluster-name: $A", { A: "" }, undefined],
  ["cluster-name: $A", { A: "$B", B: "owl" }, undefined],
  ['cluster-name: "\\u0024A"', { A: "owl" }, "$A"],
])("%s with %j is %j, as the orchestrator would read it", (line, env, name) => {
  expect(readSettings(inRunner(line), env).values.clusterName).toBe(name);
  expect(readSettings(inRunner(line), env).identity.clusterName).toBe(name);
});

test.each([
  ["watcher: {poller: {type: yaml, path: m.yml}}", { watcher: "yaml:m.yml" }],
  ["watcher: {poller: {type: yaml, path: m.yml, url: u}}", { watcher: "yaml:m.yml" }],
  ["watcher: {poller: {type: onchain, url: u, path: m}}", { watcher: "onchain:u" }],
  ["watcher: {poller: {type: onchain}}", {}],
  ["watcher: {poller: {type: other, path: m}}", {}],
  ["watcher: {poller: {path: m}}", {}],
  ["watcher: [poller]", {}],
  ["crunches: []", {}],
  ["crunches: 5", {}],
  ["crunches: [{id: a, name: A}, {id: b}]", {}],
  ["crunches: [{id: 1, name: A}]", {}],
  ["crunches: [{id: $A, name: A}]", {}],
  ["crunches: [{id: a, name: $A}]", {}],
  ["crunches: [a]", {}],
])("%s", (text, values) => {
  expect(readSettings(`${text}\n`, {}).values).toEqual(values);
});

test("an escaped dollar is none of a variable, wherever it stands", () => {
  const text = String.raw`watcher: {interval: "\u0024N", poller: {type: yaml, path: "\u0024M/x"}}
infrastructure: {runner: {phala-api-url: "\u0024A", cluster-urls: 5, runner-compose-path: "\u0024B"}}
`;
  const env = { N: "n", M: "m", A: "a", B: "b" };
  expect(readSettings(text, env)).toMatchObject({
    values: { watcherIntervalSeconds: "$N", watcher: "yaml:$M/x", runnerCompose: "$B" },
    identity: { phalaApiUrl: "$A", clusterUrls: [] },
  });
  expect(readSettings(text.replaceAll(String.raw`\u0024`, "$"), env)).toMatchObject({
    values: { watcherIntervalSeconds: "n", watcher: "yaml:m/x", runnerCompose: "b" },
    identity: { phalaApiUrl: "a" },
  });
});

test("a value that is merged in has no line of its own", () => {
  const text = "base: &b {max-models: $N}\ninfrastructure:\n  runner:\n    <<: *b\n";
  expect(readSettings(text, {}).values).toEqual({});
  const { values, lines } = readSettings(text, { N: "7" });
  expect(values).toEqual({ maxModels: "7" });
  expect(lines.maxModels).toBe(3);
});

test.each([
  "a: [",
  "- a",
  "a: *b",
  "",
  "infrastructure:\n  runner: {type: local, cluster-name: x}\n",
])("%j says nothing, and is nobody's", (text) => {
  expect(readSettings(text, {})).toEqual({
    values: {},
    lines: {},
    identity: { clusterName: undefined, phalaApiUrl: undefined, clusterUrls: [] },
  });
});

test("which input a key stands for", () => {
  expect(inputOfRunnerKey("max-models")).toBe("maxModels");
  expect(inputOfRunnerKey("cluster-urls")).toBeUndefined();
});

const APP = "0123456789abcdef0123456789abcdef01234567";
const GATEWAY = `https://${APP}-<model-port>.prod9.example`;
const FILE = { clusterName: undefined, phalaApiUrl: undefined, clusterUrls: [] };
const OWN = { clusterName: "owl", phalaApiUrl: "https://x.example" };
const LOCAL = { clusterName: "owl", phalaApiUrl: "http://127.0.0.1:4000" };

describe("another's file, in words that name both:", () => {
  test.each([
    [
      { ...FILE, clusterName: "bird" },
      OWN,
      'it is for the cluster "bird", and this run is for the cluster "owl" at x.example',
    ],
    [
      { ...FILE, phalaApiUrl: "https://y.example/api//" },
      { ...OWN, clusterName: undefined },
      "it is for a cluster at y.example/api, and this run is for a cluster at x.example",
    ],
    [
      { ...FILE, clusterName: "owl", phalaApiUrl: "https://y.example" },
      OWN,
      'it is for the cluster "owl" at y.example, and this run is for the cluster "owl" at x.example',
    ],
    [
      { ...FILE, phalaApiUrl: "https://x.example:8443" },
      OWN,
      'it is for a cluster at x.example:8443, and this run is for the cluster "owl" at x.example',
    ],
    [
      { ...FILE, phalaApiUrl: "https://y.example" },
      { ...OWN, phalaApiUrl: "half a URL" },
      'it is for a cluster at y.example, and this run is for the cluster "owl" at half a URL',
    ],
    [
      { ...FILE, clusterUrls: ["$OTHER", GATEWAY] },
      LOCAL,
      `it is for a cluster at ${APP}-1.prod9.example, and this run is for the cluster "owl" at 127.0.0.1:4000`,
    ],
    [
      { ...FILE, clusterUrls: ["http://127.0.0.1:9/<model-port>"] },
      OWN,
      'it is for a cluster at this machine, and this run is for the cluster "owl" at x.example',
    ],
    [
      {
        ...FILE,
        clusterName: "owl",
        phalaApiUrl: "https://x.example",
        clusterUrls: ["$A", GATEWAY],
      },
      {
        ...OWN,
        otherCvms: new Map([
          ["f", "z"],
          [APP, "bird-registry"],
        ]),
      },
      `its cluster-urls lead to bird-registry (app_id ${APP}), and this run is for the cluster "owl" at x.example`,
    ],
    [
      { ...FILE, clusterUrls: [`http://127.0.0.1:1/gateway/${APP}-<model-port>`] },
      { ...LOCAL, otherCvms: new Map([[APP, "bird-registry"]]) },
      `its cluster-urls lead to bird-registry (app_id ${APP}), and this run is for the cluster "owl" at 127.0.0.1:4000`,
    ],
  ])("%j", (file, own, words) => {
    expect(otherOwner(file, own)).toBe(words);
  });
});

describe("this cluster's file:", () => {
  test.each([
    [FILE, OWN],
    [{ ...FILE, clusterName: "owl", phalaApiUrl: "https://x.example/" }, OWN],
    [
      { ...FILE, clusterName: "bird" },
      { ...OWN, clusterName: undefined },
    ],
    [
      { ...FILE, phalaApiUrl: "https://cloud-api.phala.com/api/v1" },
      { ...OWN, phalaApiUrl: "https://cloud-api.phala.network" },
    ],
    [{ ...FILE, phalaApiUrl: "${API}" }, OWN],
    [{ ...FILE, clusterUrls: [GATEWAY] }, OWN],
    [
      { ...FILE, clusterUrls: [GATEWAY] },
      { ...OWN, otherCvms: new Map([["f".repeat(40), "z"]]) },
    ],
    [
      {
        ...FILE,
        clusterUrls: [`https://x.example/?u=${APP}-1`, `ftp://${APP}-1`, `https://a${APP}-1`],
      },
      { ...OWN, otherCvms: new Map([[APP, "z"]]) },
    ],
    [{ ...FILE, clusterUrls: ["http://[::1]:5/<model-port>"] }, LOCAL],
    [{ ...FILE, phalaApiUrl: "http://localhost:1" }, LOCAL],
    [{ ...FILE, phalaApiUrl: "http://a.localhost:1" }, LOCAL],
    [{ ...FILE, phalaApiUrl: "http://127.9.9.9" }, LOCAL],
  ])("%j", (file, own) => {
    expect(otherOwner(file, own)).toBeUndefined();
  });
});

test.each([
  ["http://localhost:1", true],
  ["http://my.localhost", true],
  ["http://127.0.0.1:4000/api", true],
  ["http://[::1]", true],
  ["https://localhost.example", false],
  ["https://mylocalhost", false],
  ["https://127.0.0.1.example", false],
  ["https://x.example/127.0.0.1", false],
  ["$API", false],
  [undefined, false],
])("%j is this machine's sandbox: %s", (phalaApiUrl, is) => {
  expect(isLocal({ ...FILE, phalaApiUrl })).toBe(is);
});
