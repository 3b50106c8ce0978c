/**
 * Every input once: its flag, variable, config key, default and text. Options, help, resolution, the config
 * file and the docs derive from this list. Free of libraries, so that `--help` stays fast.
 */

import type { OrchestratorSchema } from "../core/domain.ts";

export type InputKey =
  | "clusterName"
  | "awsAccessKeyId"
  | "awsSecretAccessKey"
  | "awsRegion"
  | "phalaApiKey"
  | "instanceType"
  | "node"
  | "spawnteePort"
  | "memoryPerModel"
  | "provisionFactor"
  | "maxModels"
  | "capacityThreshold"
  | "cvmBaseDomain"
  | "registryCompose"
  | "runnerCompose"
  | "orchestratorConfig"
  | "orchestratorSchema"
  | "gatewayKeyPath"
  | "coordinatorWallet"
  | "crunch"
  | "watcher"
  | "watcherInterval"
  | "phalaApiUrl"
  | "phalaBin"
  | "gatewayUrl"
  | "stateDir"
  | "timeout"
  | "pollInterval";

export type InputDefinition = {
  readonly key: InputKey;
  /** Without the dashes; absent for secrets, which never go on a command line. */
  readonly flag?: string;
  /** What stands behind the flag in the help text. */
  readonly placeholder?: string;
  /** The first one that is set counts. */
  readonly variables: readonly string[];
  readonly description: string;
  readonly default?: string;
  readonly secret?: boolean;
  readonly required?: boolean;
  /** Required with this schema of orchestrator.yml only, by the commands that deploy and approve. */
  readonly requiredWith?: OrchestratorSchema;
  readonly repeatable?: boolean;
};

export const INPUTS: readonly InputDefinition[] = [
  {
    key: "clusterName",
    flag: "cluster-name",
    placeholder: "name",
    variables: ["TEE_CLUSTER_NAME"],
    description: "name prefix of all CVMs of the cluster",
    required: true,
  },
  {
    key: "awsAccessKeyId",
    flag: "aws-access-key-id",
    placeholder: "id",
    variables: ["AWS_ACCESS_KEY_ID"],
    description: "for the registry's access to the encrypted models on S3",
    required: true,
  },
  {
    key: "awsSecretAccessKey",
    variables: ["AWS_SECRET_ACCESS_KEY"],
    description: "the secret part of the AWS key",
    required: true,
    secret: true,
  },
  {
    key: "awsRegion",
    flag: "aws-region",
    placeholder: "region",
    variables: ["AWS_REGION"],
    description: "S3 region",
    default: "eu-west-1",
  },
  {
    key: "phalaApiKey",
    variables: ["PHALA_API_KEY", "PHALA_CLOUD_API_KEY"],
    description: "Phala Cloud API key",
    required: true,
    secret: true,
  },
  {
    key: "instanceType",
    flag: "instance-type",
    placeholder: "type",
    variables: ["TEE_CLUSTER_INSTANCE_TYPE"],
    description: "size of the CVMs",
    default: "tdx.medium",
  },
  {
    key: "node",
    flag: "node",
    placeholder: "name or id",
    variables: ["TEE_CLUSTER_NODE"],
    description: "node to deploy to (default: the platform chooses)",
  },
  {
    key: "spawnteePort",
    flag: "spawntee-port",
    placeholder: "port",
    variables: ["TEE_CLUSTER_SPAWNTEE_PORT"],
    description: "port at which spawntee is published",
    default: "9010",
  },
  {
    key: "memoryPerModel",
    flag: "memory-per-model",
    placeholder: "mb",
    variables: ["TEE_CLUSTER_MEMORY_PER_MODEL_MB"],
    description: "memory of one model container in MB",
    default: "1024",
  },
  {
    key: "provisionFactor",
    flag: "provision-factor",
    placeholder: "f",
    variables: ["TEE_CLUSTER_PROVISION_FACTOR"],
    description: "provision a new runner at this share of the capacity, 0 < f <= 1",
    default: "0.8",
  },
  {
    key: "maxModels",
    flag: "max-models",
    placeholder: "n",
    variables: ["TEE_CLUSTER_MAX_MODELS"],
    description: "models in the whole cluster, 0 for unlimited",
    default: "0",
  },
  {
    key: "capacityThreshold",
    flag: "capacity-threshold",
    placeholder: "f",
    variables: ["CAPACITY_THRESHOLD"],
    description: "a CVM reports itself full at this usage, 0 < f <= 1",
    default: "0.8",
  },
  {
    key: "cvmBaseDomain",
    flag: "cvm-base-domain",
    placeholder: "domain",
    variables: ["CVM_BASE_DOMAIN"],
    description: "gateway domain (default: what the API says of the registry's node)",
  },
  {
    key: "registryCompose",
    flag: "registry-compose",
    placeholder: "path",
    variables: ["TEE_CLUSTER_REGISTRY_COMPOSE"],
    description: "compose file of the registry",
    default: "model_orchestrator/data/docker-compose.phala.registry.yml",
  },
  {
    key: "runnerCompose",
    flag: "runner-compose",
    placeholder: "path",
    variables: ["TEE_CLUSTER_RUNNER_COMPOSE"],
    description: "compose file of the runners",
    default: "model_orchestrator/data/docker-compose.phala.runner.yml",
  },
  {
    key: "orchestratorConfig",
    flag: "orchestrator-config",
    placeholder: "path",
    variables: ["TEE_CLUSTER_ORCHESTRATOR_CONFIG"],
    description: "the file to write",
    default: "orchestrator.yml",
  },
  {
    key: "orchestratorSchema",
    flag: "orchestrator-schema",
    placeholder: "v1|v2",
    variables: ["TEE_CLUSTER_ORCHESTRATOR_SCHEMA"],
    description: "config schema of the orchestrator: v2 from its release of 2026-02-23",
    default: "v1",
  },
  {
    key: "gatewayKeyPath",
    flag: "gateway-key-path",
    placeholder: "path",
    variables: ["GATEWAY_KEY_PATH"],
    description: "the coordinator's RSA key, required with schema v2",
    requiredWith: "v2",
  },
  {
    key: "coordinatorWallet",
    variables: ["GATEWAY_AUTH_COORDINATOR_WALLET"],
    description: "the coordinator's wallet, passed on to runners of schema v2",
  },
  {
    key: "crunch",
    flag: "crunch",
    placeholder: "id[=name]",
    variables: [],
    description: "a crunch of the orchestrator, repeatable (default: from the cluster name)",
    repeatable: true,
  },
  {
    key: "watcher",
    flag: "watcher",
    placeholder: "yaml:PATH|onchain:URL",
    variables: [],
    description: "where the orchestrator looks for models",
    default: "yaml:models.yml",
  },
  {
    key: "watcherInterval",
    flag: "watcher-interval",
    placeholder: "seconds",
    variables: [],
    description: "how often it looks",
    default: "10",
  },
  {
    key: "phalaApiUrl",
    flag: "phala-api-url",
    placeholder: "url",
    variables: ["PHALA_API_URL"],
    description: "Phala's API",
    default: "https://cloud-api.phala.network",
  },
  {
    key: "phalaBin",
    flag: "phala-bin",
    placeholder: "path",
    variables: ["PHALA_BIN"],
    description: "the phala CLI",
    default: "phala",
  },
  {
    key: "gatewayUrl",
    flag: "gateway-url",
    placeholder: "template",
    variables: ["TEE_CLUSTER_GATEWAY_URL"],
    description: "address of a CVM's port",
    default: "https://{app_id}-{port}.{base_domain}",
  },
  {
    key: "stateDir",
    flag: "state-dir",
    placeholder: "dir",
    variables: ["TEE_CLUSTER_STATE_DIR"],
    description: "where runs are recorded (default: $XDG_STATE_HOME/tee-cluster)",
  },
  {
    key: "timeout",
    flag: "timeout",
    placeholder: "duration",
    variables: ["TEE_CLUSTER_TIMEOUT"],
    description: "limit of each wait",
    default: "10m",
  },
  {
    key: "pollInterval",
    flag: "poll-interval",
    placeholder: "duration",
    variables: ["TEE_CLUSTER_POLL_INTERVAL"],
    description: "pause between two looks",
    default: "2s",
  },
];

/** Which inputs a command takes. `cluster` has all that are in none of the first two; the others overlap it. */
export type InputGroup =
  | "connection"
  | "aws"
  | "cluster"
  | "name"
  | "state"
  | "orchestrator-file"
  | "schema-v2";

const GROUPS: Readonly<Record<Exclude<InputGroup, "cluster">, readonly InputKey[]>> = {
  connection: ["phalaApiKey", "phalaApiUrl", "phalaBin", "gatewayUrl", "stateDir", "timeout", "pollInterval"],
  aws: ["awsAccessKeyId", "awsSecretAccessKey", "awsRegion"],
  /** The cluster's name alone. */
  name: ["clusterName"],
  /** Where the record of a cluster is found, without a key. */
  state: ["clusterName", "phalaApiUrl", "stateDir"],
  "orchestrator-file": ["orchestratorConfig", "orchestratorSchema"],
  /** What schema v2 of orchestrator.yml, or its runners, have and v1 has not. */
  "schema-v2": ["gatewayKeyPath", "capacityThreshold", "coordinatorWallet"],
};

/** The inputs of all these groups, in the list's order. */
export function inputsOf(groups: readonly InputGroup[]): readonly InputDefinition[] {
  return INPUTS.filter(({ key }) => groups.some((group) => isIn(group, key)));
}

function isIn(group: InputGroup, key: InputKey): boolean {
  if (group !== "cluster") return GROUPS[group].includes(key);
  return !GROUPS.connection.includes(key) && !GROUPS.aws.includes(key);
}

export function inputDefinition(key: InputKey): InputDefinition {
  const definition = INPUTS.find((candidate) => candidate.key === key);
  if (!definition) throw new Error(`no input ${key}`);
  return definition;
}

/** How an input is named to a person: `--cluster-name (TEE_CLUSTER_NAME)`. */
export function nameOfInput({ flag, variables }: InputDefinition): string {
  const variable = variables[0];
  if (flag === undefined) return variable ?? "";
  return variable === undefined ? `--${flag}` : `--${flag} (${variable})`;
}
