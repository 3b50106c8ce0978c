/** Settings that the tests change one thing of. */
import type { AwsCredentials, ClusterSettings } from "../../../src/core/settings.ts";

export const settings: ClusterSettings = {
  clusterName: "bird-tracker",
  instanceType: "tdx.medium",
  node: undefined,
  spawnteePort: 9010,
  memoryPerModelMb: 1024,
  provisionFactor: 0.8,
  maxModels: 0,
  capacityThreshold: 0.8,
  cvmBaseDomain: undefined,
  registryCompose: "registry.yml",
  runnerCompose: "runner.yml",
  orchestratorConfig: "orchestrator.yml",
  orchestratorSchema: "v1",
  gatewayKeyPath: undefined,
  crunches: [{ id: "bird_tracker", name: "bird tracker" }],
  watcher: { type: "yaml", path: "models.yml" },
  watcherIntervalSeconds: 10,
  coordinatorWallet: undefined,
  registryEnv: [],
};

export const aws: AwsCredentials = {
  accessKeyId: "AKIAEXAMPLEEXAMPLE00",
  secretAccessKey: "made-up/secret+for=tests",
  region: "eu-west-1",
};
