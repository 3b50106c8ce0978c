/** Inputs after validation: typed, with defaults applied. */
import type { AttestMode } from "./attestation.ts";
import type { OrchestratorSchema } from "./domain.ts";

/** Read if it exists and no other file is named. */
export const DEFAULT_CONFIG_FILE = "tee-cluster.yml";

export type Crunch = { readonly id: string; readonly name: string };

export type Watcher =
  | { readonly type: "yaml"; readonly path: string }
  | { readonly type: "onchain"; readonly url: string };

/** How to reach Phala, and how a run behaves. */
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

/** Settings of `phala deploy` for every CVM of the cluster; platform/phala/cli.ts turns them into flags. */
export type CvmSettings = { readonly instanceType: string };

export const CVM_INPUTS = ["instanceType"] as const satisfies readonly (keyof CvmSettings)[];

export function cvmSettingsOf(all: CvmSettings): CvmSettings {
  const entries = CVM_INPUTS.map((key) => [key, all[key]]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every key of the type is in the list
  return Object.fromEntries(entries) as CvmSettings;
}

/** Settings of the cluster itself. */
export type ClusterSettings = CvmSettings & {
  readonly clusterName: string;
  /** A name or a numeric id; absent: chosen by Phala. */
  readonly node: string | undefined;
  readonly spawnteePort: number;
  readonly memoryPerModelMb: number;
  readonly provisionFactor: number;
  /** 0: unlimited. */
  readonly maxModels: number;
  readonly capacityThreshold: number;
  /** Absent: as the API reports for the registry's node. */
  readonly cvmBaseDomain: string | undefined;
  /** As given: relative paths stay relative, because the orchestrator reads them from its working directory. */
  readonly registryCompose: string;
  readonly runnerCompose: string;
  readonly orchestratorConfig: string;
  readonly orchestratorSchema: OrchestratorSchema;
  readonly gatewayKeyPath: string | undefined;
  readonly crunches: readonly Crunch[];
  readonly watcher: Watcher;
  readonly watcherIntervalSeconds: number;
  /** `GATEWAY_AUTH_COORDINATOR_WALLET`; with schema v2 it is passed to the runners if set. */
  readonly coordinatorWallet: string | undefined;
  /** In the order in which they are sent. */
  readonly registryEnv: readonly RegistryVariable[];
  /** `--allow-debug-registry`: deploy a registry that anybody can read. */
  readonly allowDebugRegistry?: boolean;
};

/**
 * Source of the runner's compose hash: a temporary runner, or a provisioning that is never committed and is checked
 * against the app-compose of a CVM of the cluster.
 */
export type HashFrom = "temporary-runner" | "provision";

export type ClusterInputs = {
  readonly hashFrom: HashFrom;
  readonly connection: Connection;
  readonly cluster: ClusterSettings;
  readonly aws: AwsCredentials;
};

/** How the evidence of the registry is verified. */
export type AttestationSettings = {
  readonly attest: AttestMode;
  /** Undefined: `tee-cluster.trust.json` if it exists, else the built-in trust. */
  readonly trustFile: string | undefined;
  /** Base URL of Intel's collateral service. */
  readonly collateralUrl: string;
};

/** The value types of all inputs, by their keys in `inputs/table.ts`. */
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
