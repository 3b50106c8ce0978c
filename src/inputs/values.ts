/** The typed values of the inputs, and how they become what the commands work with. */
import { INSTANCE_MEMORY_MB, type OrchestratorSchema } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import * as p from "./parsers.ts";
import type {
  AwsCredentials,
  ClusterInputs,
  ClusterSettings,
  Connection,
  Crunch,
  Watcher,
} from "../core/settings.ts";
import type { InputKey } from "./definitions.ts";

export { InvalidValue } from "./parsers.ts";

export type Values = {
  clusterName: string;
  awsAccessKeyId: string;
  awsSecretAccessKey: string;
  awsRegion: string;
  phalaApiKey: string;
  instanceType: string;
  node: string;
  spawnteePort: number;
  memoryPerModel: number;
  provisionFactor: number;
  maxModels: number;
  capacityThreshold: number;
  cvmBaseDomain: string;
  registryCompose: string;
  runnerCompose: string;
  orchestratorConfig: string;
  orchestratorSchema: OrchestratorSchema;
  gatewayKeyPath: string;
  coordinatorWallet: string;
  crunch: readonly Crunch[];
  watcher: Watcher;
  watcherInterval: number;
  phalaApiUrl: string;
  phalaBin: string;
  gatewayUrl: string;
  stateDir: string;
  timeout: number;
  pollInterval: number;
};

const MANY = Number.MAX_SAFE_INTEGER;

/** One text to one value; a repeatable input is parsed text by text. */
export const PARSERS: Readonly<Record<InputKey, (text: string) => unknown>> = {
  clusterName: p.clusterName,
  awsAccessKeyId: p.accessKeyId,
  awsSecretAccessKey: p.secret(16),
  awsRegion: p.region,
  phalaApiKey: p.secret(8),
  instanceType: p.instanceType,
  node: p.plainText,
  spawnteePort: p.integer(1, 65_535),
  memoryPerModel: p.integer(1, MANY),
  provisionFactor: p.factor,
  maxModels: p.integer(0, MANY),
  capacityThreshold: p.factor,
  cvmBaseDomain: p.domain,
  registryCompose: p.plainText,
  runnerCompose: p.plainText,
  orchestratorConfig: p.plainText,
  orchestratorSchema: p.schemaVersion,
  gatewayKeyPath: p.plainText,
  coordinatorWallet: p.plainText,
  crunch: p.crunch,
  watcher: p.watcher,
  watcherInterval: p.integer(1, 86_400),
  phalaApiUrl: p.apiUrl,
  phalaBin: p.plainText,
  gatewayUrl: p.gatewayTemplate,
  stateDir: p.folder,
  timeout: p.duration,
  pollInterval: p.duration,
};

/** A value that `assertNoProblems` has made sure of. */
export function known<K extends keyof Values>(values: Partial<Values>, key: K): Values[K] {
  const value = values[key];
  if (value === undefined) throw new Error(`input ${key} was not resolved`);
  return value;
}

export function toConnection(values: Partial<Values>): Connection {
  return {
    phalaApiKey: known(values, "phalaApiKey"),
    phalaApiUrl: known(values, "phalaApiUrl"),
    phalaBin: known(values, "phalaBin"),
    gatewayUrl: known(values, "gatewayUrl"),
    stateDir: known(values, "stateDir"),
    timeoutMs: known(values, "timeout"),
    pollIntervalMs: known(values, "pollInterval"),
  };
}

export function toAws(values: Partial<Values>): AwsCredentials {
  return {
    accessKeyId: known(values, "awsAccessKeyId"),
    secretAccessKey: known(values, "awsSecretAccessKey"),
    region: known(values, "awsRegion"),
  };
}

export function toClusterSettings(values: Partial<Values>): ClusterSettings {
  const clusterName = known(values, "clusterName");
  return {
    clusterName,
    instanceType: known(values, "instanceType"),
    node: values.node,
    spawnteePort: known(values, "spawnteePort"),
    memoryPerModelMb: known(values, "memoryPerModel"),
    provisionFactor: known(values, "provisionFactor"),
    maxModels: known(values, "maxModels"),
    capacityThreshold: known(values, "capacityThreshold"),
    cvmBaseDomain: values.cvmBaseDomain,
    registryCompose: known(values, "registryCompose"),
    runnerCompose: known(values, "runnerCompose"),
    orchestratorConfig: known(values, "orchestratorConfig"),
    orchestratorSchema: known(values, "orchestratorSchema"),
    gatewayKeyPath: values.gatewayKeyPath,
    crunches: values.crunch ?? [defaultCrunch(clusterName)],
    watcher: known(values, "watcher"),
    watcherIntervalSeconds: known(values, "watcherInterval"),
    coordinatorWallet: values.coordinatorWallet,
  };
}

/** Everything that `init` needs, with the checks that take two inputs. @throws ClusterError (input). */
export function toClusterInputs(values: Partial<Values>): ClusterInputs {
  const inputs = { connection: toConnection(values), cluster: toClusterSettings(values), aws: toAws(values) };
  assertNoContradictions(inputs.cluster);
  return inputs;
}

/** The orchestrator's own habit: `bird-tracker` is the crunch `bird_tracker`, called "bird tracker". */
export function defaultCrunch(cluster: string): Crunch {
  return { id: cluster.replaceAll("-", "_"), name: cluster.replaceAll("-", " ") };
}

/** What two inputs, each right for itself, can't be together. */
export function contradictionsIn(cluster: ClusterSettings): readonly string[] {
  return [memoryProblem(cluster), keyProblem(cluster), crunchProblem(cluster)].filter(
    (text) => text !== undefined,
  );
}

export function assertNoContradictions(cluster: ClusterSettings): void {
  const problems = contradictionsIn(cluster);
  if (problems.length === 0) return;
  const hint = "change one of the two";
  throw new ClusterError({ kind: "input", code: "invalid-inputs", message: problems.join("\n"), hint });
}

function memoryProblem({ instanceType, memoryPerModelMb }: ClusterSettings): string | undefined {
  const memory = INSTANCE_MEMORY_MB[instanceType];
  if (memory === undefined || memoryPerModelMb <= memory) return undefined;
  return `--memory-per-model: ${memoryPerModelMb} MB is more than a ${instanceType} has (${memory} MB)`;
}

function keyProblem({ orchestratorSchema, gatewayKeyPath }: ClusterSettings): string | undefined {
  if (orchestratorSchema !== "v2" || gatewayKeyPath !== undefined) return undefined;
  return "--gateway-key-path (GATEWAY_KEY_PATH) is required with --orchestrator-schema v2";
}

function crunchProblem({ crunches }: ClusterSettings): string | undefined {
  const ids = crunches.map((crunch) => crunch.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : `--crunch: the id ${JSON.stringify(twice)} is given twice`;
}
