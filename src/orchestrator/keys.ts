import type { InputKey } from "../core/settings.ts";

/** Which input stands for which key of `infrastructure.runner`: read from there, and written there where it is given. */
export const RUNNER_KEY_OF_INPUT = {
  clusterName: "cluster-name",
  registryCompose: "registry-compose-path",
  runnerCompose: "runner-compose-path",
  gatewayKeyPath: "gateway-key-path",
  spawnteePort: "spawntee-port",
  instanceType: "instance-type",
  memoryPerModelMb: "memory-per-model-mb",
  provisionFactor: "provision-factor",
  capacityThreshold: "capacity-threshold",
  maxModels: "max-models",
} as const satisfies Partial<Record<InputKey, string>>;

export type RunnerInput = keyof typeof RUNNER_KEY_OF_INPUT;

const ENTRIES = Object.entries(RUNNER_KEY_OF_INPUT) as readonly (readonly [RunnerInput, string])[];

/** The input that a runner's key stands for; undefined for one that follows from the registry. */
export function inputOfRunnerKey(key: string): RunnerInput | undefined {
  return ENTRIES.find(([, name]) => name === key)?.[0];
}
