/** The settings of an example cluster, as the golden files have it. */
import type { ClusterSettings, InputKey } from "../../../src/core/settings.ts";
import type { OrchestratorValues } from "../../../src/orchestrator/config.ts";
import { RUNNER_KEY_OF_INPUT } from "../../../src/orchestrator/read-settings.ts";

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
  registryCompose: "model_orchestrator/data/docker-compose.phala.registry.yml",
  runnerCompose: "model_orchestrator/data/docker-compose.phala.runner.yml",
  orchestratorConfig: "orchestrator.yml",
  orchestratorSchema: "v1",
  gatewayKeyPath: undefined,
  crunches: [{ id: "bird_tracker", name: "bird tracker" }],
  watcher: { type: "yaml", path: "models.yml" },
  watcherIntervalSeconds: 10,
  coordinatorWallet: undefined,
  registryEnv: [],
};

export const V2 = { orchestratorSchema: "v2", gatewayKeyPath: "keys/coordinator.pem" } as const;

export function values(
  change: Partial<ClusterSettings> = {},
  given: OrchestratorValues["given"] = new Set(Object.keys(RUNNER_KEY_OF_INPUT) as InputKey[]),
): OrchestratorValues {
  return {
    settings: { ...settings, ...change },
    phalaApiUrl: "https://cloud-api.phala.network",
    clusterUrls: [
      "https://0123456789abcdef0123456789abcdef01234567-<model-port>.dstack-pha-prod10.phala.network",
    ],
    given,
  };
}

/** What Python's os.path.expandvars() does to a text on POSIX: there is no escape, unknown names stay. */
export function expandvars(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$(?:([A-Za-z0-9_]+)|\{([^}]*)\})/g,
    (match, plain?: string, braced?: string) => {
      return environment[plain ?? braced ?? ""] ?? match;
    },
  );
}
