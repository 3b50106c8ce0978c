/**
 * Every input once: its flag, variable, config key, default, text and parser. Options, prompts, resolution, the config
 * file, `docs/inputs.md` and `schemas/config.json` derive from this table; the values' types stand in `core/settings.ts`.
 * Free of libraries, so that `--help` stays fast.
 */
import type { OrchestratorSchema } from "../core/domain.ts";
import { ATTEST_MODES } from "../core/attestation.ts";
import type { InputKey, InputValues } from "../core/settings.ts";
import type { ValueSource } from "../core/value-source.ts";
import * as p from "./parsers.ts";

export type { InputKey } from "../core/settings.ts";

/**
 * `connection`: how to reach Phala. `aws`: the registry's credentials. `cluster`: what describes the cluster itself.
 * `attestation`: what is trusted. `procedure`: how a run goes about it.
 */
export type InputGroup = "connection" | "aws" | "cluster" | "attestation" | "procedure";

type InputText = {
  readonly group: InputGroup;
  /** Without the dashes, and the key in the config file; absent for secrets, which never go on a command line. */
  readonly flag?: string;
  /** What follows the flag in the help text. */
  readonly placeholder?: string;
  /** The first one that is set counts. */
  readonly variables: readonly string[];
  readonly description: string;
  /** What docs/inputs.md says besides, in Markdown. */
  readonly remark?: string;
  readonly default?: string;
  readonly secret?: boolean;
  readonly required?: boolean;
  /** Without a value the program decides by itself. */
  readonly optional?: boolean;
  /** Seldom set: left to `--help-all`. */
  readonly rare?: boolean;
  /** Required with this schema of orchestrator.yml only, by the commands that deploy and approve. */
  readonly requiredWith?: OrchestratorSchema;
  /** What a shell offers for it on TAB: these words, or what is found there. */
  readonly completes?: readonly string[] | ValueSource;
};

/** A parser turns one text into one value and throws `InvalidValue`; a repeatable input is parsed text by text. */
type InputEntry<T> = Omit<InputText, "flag" | "placeholder"> & {
  /** With its placeholder, as the help text has it. */
  readonly flag?: `${string} <${string}>`;
} & ([T] extends [readonly (infer Item)[]]
    ? { readonly repeatable: true; readonly parse: (text: string) => Item }
    : { readonly repeatable?: false; readonly parse: (text: string) => T });

export type InputDefinition = InputText & {
  readonly key: InputKey;
  readonly repeatable?: boolean;
  readonly parse: (text: string) => unknown;
};

const TABLE: { readonly [K in InputKey]: InputEntry<NonNullable<InputValues[K]>> } = {
  clusterName: {
    group: "cluster",
    flag: "cluster-name <name>",
    variables: ["TEE_CLUSTER_NAME"],
    description: "name prefix of all CVMs of the cluster",
    remark: "letters, digits, hyphens; at most 47 characters",
    required: true,
    completes: "clusters",
    parse: p.clusterName,
  },
  awsAccessKeyId: {
    group: "aws",
    flag: "aws-access-key-id <id>",
    variables: ["AWS_ACCESS_KEY_ID"],
    description: "for the registry's access to the encrypted models on S3",
    remark: "`AKIA…`, not `ASIA…`",
    required: true,
    parse: p.accessKeyId,
  },
  awsSecretAccessKey: {
    group: "aws",
    variables: ["AWS_SECRET_ACCESS_KEY"],
    description: "the secret part of the AWS key",
    required: true,
    secret: true,
    parse: p.secret(16),
  },
  awsRegion: {
    group: "aws",
    flag: "aws-region <region>",
    variables: ["AWS_REGION"],
    description: "S3 region",
    default: "eu-west-1",
    parse: p.region,
  },
  phalaApiKey: {
    group: "connection",
    variables: ["PHALA_API_KEY", "PHALA_CLOUD_API_KEY"],
    description: "Phala Cloud API key",
    required: true,
    secret: true,
    parse: p.secret(8),
  },
  instanceType: {
    group: "cluster",
    flag: "instance-type <type>",
    variables: ["TEE_CLUSTER_INSTANCE_TYPE"],
    description: "size of the CVMs",
    default: "tdx.medium",
    completes: "instance-types",
    parse: p.instanceType,
  },
  node: {
    group: "cluster",
    flag: "node <name or id>",
    variables: ["TEE_CLUSTER_NODE"],
    description: "node to deploy to (default: chosen by Phala)",
    optional: true,
    completes: "nodes",
    parse: p.plainText,
  },
  spawnteePort: {
    group: "cluster",
    rare: true,
    flag: "spawntee-port <port>",
    variables: ["TEE_CLUSTER_SPAWNTEE_PORT"],
    description: "port at which spawntee is published",
    remark: "the compose files must publish it",
    default: "9010",
    parse: p.integer(1, 65_535),
  },
  memoryPerModelMb: {
    group: "cluster",
    flag: "memory-per-model <mb>",
    variables: ["TEE_CLUSTER_MEMORY_PER_MODEL_MB"],
    description: "MB for each model container",
    default: "1024",
    parse: p.integer(1, Number.MAX_SAFE_INTEGER),
  },
  provisionFactor: {
    group: "cluster",
    rare: true,
    flag: "provision-factor <f>",
    variables: ["TEE_CLUSTER_PROVISION_FACTOR"],
    description: "provision a new runner at this share of the capacity, 0 < f <= 1",
    default: "0.8",
    parse: p.factor,
  },
  maxModels: {
    group: "cluster",
    rare: true,
    flag: "max-models <n>",
    variables: ["TEE_CLUSTER_MAX_MODELS"],
    description: "models in the whole cluster, 0 for unlimited",
    default: "0",
    parse: p.integer(0, Number.MAX_SAFE_INTEGER),
  },
  capacityThreshold: {
    group: "cluster",
    rare: true,
    flag: "capacity-threshold <f>",
    variables: ["CAPACITY_THRESHOLD"],
    description: "a CVM reports itself full at this usage, 0 < f <= 1",
    default: "0.8",
    parse: p.factor,
  },
  cvmBaseDomain: {
    group: "cluster",
    rare: true,
    flag: "cvm-base-domain <domain>",
    variables: ["CVM_BASE_DOMAIN"],
    description: "gateway domain (default: what the API says of the registry's node)",
    optional: true,
    parse: p.domain,
  },
  registryCompose: {
    group: "cluster",
    flag: "registry-compose <path>",
    variables: ["TEE_CLUSTER_REGISTRY_COMPOSE"],
    description: "compose file of the registry",
    default: "model_orchestrator/data/docker-compose.phala.registry.yml",
    completes: "files",
    parse: p.filePath,
  },
  runnerCompose: {
    group: "cluster",
    flag: "runner-compose <path>",
    variables: ["TEE_CLUSTER_RUNNER_COMPOSE"],
    description: "compose file of the runners",
    default: "model_orchestrator/data/docker-compose.phala.runner.yml",
    completes: "files",
    parse: p.filePath,
  },
  orchestratorConfig: {
    group: "cluster",
    flag: "orchestrator-config <path>",
    variables: ["TEE_CLUSTER_ORCHESTRATOR_CONFIG"],
    description: "the file to write",
    default: "orchestrator.yml",
    completes: "files",
    parse: p.filePath,
  },
  orchestratorSchema: {
    group: "cluster",
    flag: "orchestrator-schema <v1|v2>",
    variables: ["TEE_CLUSTER_ORCHESTRATOR_SCHEMA"],
    description: "schema of orchestrator.yml; releases read v2 (default: v2 with a gateway key)",
    remark: "without a key `v1`, with a warning",
    completes: ["v1", "v2"],
    parse: p.oneOf("schema", ["v1", "v2"]),
  },
  gatewayKeyPath: {
    group: "cluster",
    flag: "gateway-key-path <path>",
    variables: ["GATEWAY_KEY_PATH"],
    description: "the coordinator's RSA key; required with v2",
    remark: "a private key (PEM), mode 0600",
    requiredWith: "v2",
    optional: true,
    completes: "files",
    parse: p.filePath,
  },
  coordinatorWallet: {
    group: "cluster",
    flag: "gateway-auth-wallet <address>",
    variables: ["GATEWAY_AUTH_COORDINATOR_WALLET"],
    description: "the coordinator's wallet; required with v2",
    remark: "both compose files must pass it on",
    requiredWith: "v2",
    optional: true,
    parse: p.plainText,
  },
  registryEnv: {
    group: "cluster",
    rare: true,
    flag: "registry-env <name>",
    variables: [],
    description: "a further variable of the registry, its value from the environment; repeatable",
    remark: "[by its name](#further-variables-of-the-registry)",
    repeatable: true,
    parse: p.registryVariable,
  },
  crunches: {
    group: "cluster",
    flag: "crunch <id[=name]>",
    variables: [],
    description: "a crunch of the orchestrator, repeatable (default: from the cluster name)",
    remark: "`bird_tracker=bird tracker`",
    repeatable: true,
    parse: p.crunch,
  },
  watcher: {
    group: "cluster",
    rare: true,
    flag: "watcher <where>",
    variables: [],
    description: "where the orchestrator looks for models: yaml:PATH or onchain:URL",
    default: "yaml:models.yml",
    parse: p.watcher,
  },
  watcherIntervalSeconds: {
    group: "cluster",
    rare: true,
    flag: "watcher-interval <seconds>",
    variables: [],
    description: "how often it looks",
    default: "10",
    parse: p.integer(1, 86_400),
  },
  hashFrom: {
    group: "procedure",
    rare: true,
    flag: "hash-from <how>",
    variables: ["TEE_CLUSTER_HASH_FROM"],
    description:
      "temporary-runner: deploy one to read its hash; provision: only let Phala prepare one",
    remark: "[compared](rotate-hash.md#without-a-temporary-runner)",
    default: "temporary-runner",
    completes: ["temporary-runner", "provision"],
    parse: p.oneOf("way", ["temporary-runner", "provision"]),
  },
  attest: {
    group: "attestation",
    flag: "attest <mode>",
    variables: ["TEE_CLUSTER_ATTEST"],
    description: "auto, require or off: what missing evidence is",
    remark: "[attestation](attestation.md)",
    default: "auto",
    completes: ATTEST_MODES,
    parse: p.oneOf("mode", ATTEST_MODES),
  },
  trustFile: {
    group: "attestation",
    rare: true,
    flag: "trust-file <path>",
    variables: ["TEE_CLUSTER_TRUST_FILE"],
    description: "what is trusted (default: tee-cluster.trust.json if there, else built in)",
    optional: true,
    completes: "files",
    parse: p.filePath,
  },
  collateralUrl: {
    group: "attestation",
    rare: true,
    flag: "collateral-url <url>",
    variables: ["TEE_CLUSTER_COLLATERAL_URL"],
    description: "Intel's collateral service, or one with its paths",
    default: "https://api.trustedservices.intel.com",
    parse: p.apiUrl,
  },
  phalaApiUrl: {
    group: "connection",
    rare: true,
    flag: "phala-api-url <url>",
    variables: ["PHALA_API_URL"],
    description: "Phala's API",
    remark: "http only to this machine",
    default: "https://cloud-api.phala.network",
    parse: p.apiUrl,
  },
  phalaBin: {
    group: "connection",
    rare: true,
    flag: "phala-bin <path>",
    variables: ["PHALA_BIN"],
    description: "the phala CLI",
    remark: "the one that came with this package, else the one on `PATH`",
    default: "phala",
    completes: "files",
    parse: p.filePath,
  },
  gatewayUrl: {
    group: "connection",
    rare: true,
    flag: "gateway-url <template>",
    variables: ["TEE_CLUSTER_GATEWAY_URL"],
    description: "address of a CVM's port",
    remark: "a template; `{node}` may be used too",
    default: "https://{app_id}-{port}.{base_domain}",
    parse: p.gatewayTemplate,
  },
  stateDir: {
    group: "connection",
    rare: true,
    flag: "state-dir <dir>",
    variables: ["TEE_CLUSTER_STATE_DIR"],
    description: "where runs are recorded (default: $XDG_STATE_HOME/tee-cluster)",
    completes: "folders",
    parse: p.folder,
  },
  timeoutMs: {
    group: "connection",
    flag: "timeout <duration>",
    variables: ["TEE_CLUSTER_TIMEOUT"],
    description: "timeout for each wait",
    remark: "`500ms`, `2s`, `10m`, `1h`",
    default: "10m",
    parse: p.duration,
  },
  pollIntervalMs: {
    group: "connection",
    rare: true,
    flag: "poll-interval <duration>",
    variables: ["TEE_CLUSTER_POLL_INTERVAL"],
    description: "polling interval",
    default: "2s",
    parse: p.duration,
  },
};

/** All inputs, in the order in which they are shown. */
export const INPUTS: readonly InputDefinition[] = Object.entries(TABLE).map(
  ([key, { flag: text, ...entry }]) => {
    const [, flag, placeholder] = /^(.*) <(.*)>$/.exec(text ?? "") ?? [];
    const names = flag === undefined || placeholder === undefined ? {} : { flag, placeholder };
    return { ...entry, ...names, key: key as InputKey };
  },
);

const BY_KEY = new Map(INPUTS.map((input) => [input.key, input]));

export function inputDefinition(key: InputKey): InputDefinition {
  return BY_KEY.get(key) as InputDefinition;
}

/** The keys of whole groups, in the table's order. */
export function inputsIn(...groups: readonly InputGroup[]): readonly InputKey[] {
  return INPUTS.filter(({ group }) => groups.includes(group)).map(({ key }) => key);
}

/** These inputs, in the table's order. */
export function definitionsOf(keys: readonly InputKey[]): readonly InputDefinition[] {
  return INPUTS.filter(({ key }) => keys.includes(key));
}

/** How an input is named to a person: `--cluster-name (TEE_CLUSTER_NAME)`. */
export function nameOfInput({ flag, variables }: InputText): string {
  const variable = variables[0];
  if (flag === undefined) return variable ?? "";
  return variable === undefined ? `--${flag}` : `--${flag} (${variable})`;
}
