/** orchestrator.yml: new, updated, read back by YAML 1.2 and 1.1 alike. */
import { parse } from "yaml";
import { expect, test } from "vitest";
import type { ClusterSettings } from "../../src/inputs/types.ts";
import { renderConfig, updateConfig, type OrchestratorValues } from "../../src/orchestrator/config.ts";
import { orchestratorSchemas } from "../../src/orchestrator/schemas.ts";

const settings: ClusterSettings = {
  clusterName: "bird-tracker",
  instanceType: "tdx.medium",
  node: undefined,
  spawnteePort: 9010,
  memoryPerModelMb: 1024,
  provisionFactor: 0.8,
  maxModels: 0,
  capacityThreshold: 0.7,
  cvmBaseDomain: undefined,
  registryCompose: "data/registry.yml",
  runnerCompose: "data/runner.yml",
  orchestratorConfig: "orchestrator.yml",
  orchestratorSchema: "v1",
  gatewayKeyPath: undefined,
  crunches: [{ id: "bird_tracker", name: "bird tracker" }],
  watcher: { type: "yaml", path: "models.yml" },
  watcherIntervalSeconds: 10,
  coordinatorWallet: undefined,
};

function values(change: Partial<ClusterSettings> = {}): OrchestratorValues {
  return {
    settings: { ...settings, ...change },
    phalaApiUrl: "https://cloud-api.phala.network",
    clusterUrls: ["https://abc-<model-port>.dstack-pha-prod10.phala.network"],
  };
}

test("a new file has every key of schema v1, and comments", () => {
  const text = renderConfig(values());
  expect(text).toMatchSnapshot();
  expect(orchestratorSchemas.v1.parse(parse(text)).infrastructure.runner["provision-factor"]).toBe(0.8);
});

test("schema v2 renames the factor and needs the gateway key", () => {
  const text = renderConfig(values({ orchestratorSchema: "v2", gatewayKeyPath: "gateway.pem" }));
  const { runner } = orchestratorSchemas.v2.parse(parse(text)).infrastructure;
  expect(runner).toMatchObject({ "capacity-threshold": 0.8, "gateway-key-path": "gateway.pem" });
  expect(() => orchestratorSchemas.v1.parse(parse(text))).toThrow();
});

test.each(["on", "1e3", "0o17", "2026-11-24", "~", "null", "a: b # c", 'it\'s "quoted"', "${HOME}/x $PATH"])(
  "the text %j is the same text to a reader of YAML 1.1, after the orchestrator expanded variables",
  (awkward) => {
    const text = renderConfig(values({ registryCompose: awkward }));
    expect(text).not.toMatch(/\$[A-Za-z{]/);
    for (const version of ["1.1", "1.2"] as const) {
      const read = parse(text, { version }) as { infrastructure: { runner: Record<string, unknown> } };
      expect(read.infrastructure.runner["registry-compose-path"]).toBe(awkward);
    }
  },
);

test("an unchanged file is the same text, byte for byte", () => {
  const text = renderConfig(values());
  expect(updateConfig(text, values(), "orchestrator.yml")).toBe(text);
});

test("a hand edit, its comments and other people's variables stay; our keys are brought up to date", () => {
  const edited = renderConfig(values())
    .replace('level: "info"', "level: debug # noisy on purpose")
    .replace("publishers:", 'extra: "${KEEP_ME}"\n  publishers:');
  const updated = updateConfig(edited, values({ instanceType: "tdx.large" }), "orchestrator.yml");
  expect(updated).toContain("level: debug # noisy on purpose");
  expect(updated).toContain("${KEEP_ME}");
  expect(updated).toContain('instance-type: "tdx.large"');
});

test("a change of schema drops the keys that the other one refuses", () => {
  const change = { orchestratorSchema: "v2", gatewayKeyPath: "key.pem" } as const;
  const updated = updateConfig(renderConfig(values()), values(change), "orchestrator.yml");
  expect(() => orchestratorSchemas.v2.parse(parse(updated))).not.toThrow();
});

test.each(["- a list", "a: [", "infrastructure: {runner: 5}"])("the file %j is not written over", (text) => {
  expect(() => updateConfig(text, values(), "orchestrator.yml")).toThrow(/it was left as it is/);
});
