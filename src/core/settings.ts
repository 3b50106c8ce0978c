/** The inputs of the commands once they are known: checked, typed, with defaults in place. */
import type { AttestMode } from "./attestation.ts";
import type { OrchestratorSchema } from "./domain.ts";

/** Read where it is there and no other is named. */
export const DEFAULT_CONFIG_FILE = "tee-cluster.yml";

export type Crunch = { readonly id: string; readonly name: string };

export type Watcher =
  | { readonly type: "yaml"; readonly path: string }
  | { readonly type: "onchain"; readonly url: string };

/** How to reach Phala, and how this run behaves. Every command has these. */
export type Connection = {
  /** Secret. */
  readonly phalaApiKey: string;
  /** Without `/api/v1` and without a slash at the end. */
  readonly phalaApiUrl: string;
  /** A path or a name on PATH. */
  readonly phalaBin: string;
  /** With `{app_id}`, `{port}`, `{node}`, `{base_domain}`. */
  readonly gatewayUrl: string;
  /** Absolute. */
  readonly stateDir: string;
  /** Timeout for each wait. */
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
};

export type AwsCredentials = {
  readonly accessKeyId: string;
  /** Secret. */
  readonly secretAccessKey: string;
  readonly region: string;
};

/** A further variable of the registry (`--registry-env`). */
export type RegistryVariable = {
  readonly name: string;
  /** Secret. Empty: not known yet. */
  readonly value: string;
};

/** What `phala deploy` makes every CVM of the cluster with; `create` of platform/phala/cli.ts makes its flags. */
export type CvmSettings = { readonly instanceType: string };

export const CVM_INPUTS = ["instanceType"] as const satisfies readonly (keyof CvmSettings)[];

export function cvmSettingsOf(all: CvmSettings): CvmSettings {
  const entries = CVM_INPUTS.map((key) => [key, all[key]]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every key of the type is in the list
  return Object.fromEntries(entries) as CvmSettings;
}

/** What describes the cluster itself. */
export type ClusterSettings = CvmSettings & {
  readonly clusterName: string;
  /** A name or a numeric id; absent: the platform chooses. */
  readonly node: string | undefined;
  readonly spawnteePort: number;
  readonly memoryPerModelMb: number;
  readonly provisionFactor: number;
  /** 0: unlimited. */
  readonly maxModels: number;
  readonly capacityThreshold: number;
  /** Absent: what the API says of the registry's node. */
  readonly cvmBaseDomain: string | undefined;
  /** As given: relative paths stay relative, the orchestrator reads them from where it runs. */
  readonly registryCompose: string;
  readonly runnerCompose: string;
  readonly orchestratorConfig: string;
  readonly orchestratorSchema: OrchestratorSchema;
  readonly gatewayKeyPath: string | undefined;
  readonly crunches: readonly Crunch[];
  readonly watcher: Watcher;
  readonly watcherIntervalSeconds: number;
  /** `GATEWAY_AUTH_COORDINATOR_WALLET` of the environment; the runners of schema v2 get it where it is set. */
  readonly coordinatorWallet: string | undefined;
  /** In the order in which they are sent. */
  readonly registryEnv: readonly RegistryVariable[];
  /** `--allow-debug-registry`: the operator insists on a registry that anybody can read. */
  readonly allowDebugRegistry?: boolean;
};

/**
 * Where the runner's compose hash is from: a temporary runner that is deployed and deleted, or the provisioning
 * of one that is never committed, checked against the app-compose of a CVM of the cluster.
 */
export type HashFrom = "temporary-runner" | "provision";

export type ClusterInputs = {
  readonly hashFrom: HashFrom;
  readonly connection: Connection;
  readonly cluster: ClusterSettings;
  readonly aws: AwsCredentials;
};

/** How the registry's evidence is judged. */
export type AttestationSettings = {
  readonly attest: AttestMode;
  /** Undefined: `tee-cluster.trust.json` where there is one, else what is built in. */
  readonly trustFile: string | undefined;
  /** Of Intel's collateral service, without a path. */
  readonly collateralUrl: string;
};

/** Every input by its key in `inputs/table.ts`, with the type of its value. */
export type InputValues = Connection &
  AttestationSettings &
  Omit<ClusterSettings, "allowDebugRegistry"> & {
    readonly hashFrom: HashFrom;
    readonly awsAccessKeyId: string;
    /** Secret. */
    readonly awsSecretAccessKey: string;
    readonly awsRegion: string;
  };

export type InputKey = keyof InputValues;
