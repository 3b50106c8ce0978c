/** The cluster's own vocabulary: names, ids, hashes, sizes. Pure; everything else may import it. */

/** A compose hash as the registry compares it: 64 lower-case hex digits, no prefix. */
export type ComposeHash = string & { readonly __brand: "ComposeHash" };

const COMPOSE_HASH = /^[0-9a-f]{64}$/;

/** Takes a text for a compose hash only if it is exactly one: no `0x`, no upper case, no list, no blanks. */
export function parseComposeHash(text: unknown): ComposeHash | undefined {
  return typeof text === "string" && COMPOSE_HASH.test(text) ? (text as ComposeHash) : undefined;
}

/** Enough digits to tell hashes apart by eye. */
export const shortHash = (hash: string): string => hash.slice(0, 12);

export const registryName = (cluster: string): string => `${cluster}-registry`;
export const temporaryRunnerName = (cluster: string): string => `${cluster}-runner-temp`;

const RUNNER_SUFFIX = /^-runner-[0-9a-f]{8}$/;

/** Runners get the models' keys from the registry, so it is the last to go. */
export const CVM_ROLES = ["temporary-runner", "runner", "registry"] as const;
export type CvmRole = (typeof CVM_ROLES)[number];

/**
 * What a CVM is to a cluster, by its whole name. Never by prefix: the CVMs of `bird-tracker` are nobody's
 * business when the cluster is `bird`.
 */
export function roleOf(cvmName: string, cluster: string): CvmRole | undefined {
  if (cvmName === registryName(cluster)) return "registry";
  if (cvmName === temporaryRunnerName(cluster)) return "temporary-runner";
  if (cvmName.startsWith(cluster) && RUNNER_SUFFIX.test(cvmName.slice(cluster.length)))
    return "runner";
  return undefined;
}

/** The cluster that a CVM name belongs to, where the name has one of the three patterns. */
export function clusterOf(cvmName: string): string | undefined {
  return /^(.+)-(?:registry|runner-temp|runner-[0-9a-f]{8})$/.exec(cvmName)?.[1];
}

/** A CVM as Phala's API reports it; `null` where the API does not (yet) say. */
export type Cvm = {
  readonly name: string;
  /** 40 hex digits, without the `app_` that the dashboard puts before it. */
  readonly appId: string | null;
  /** Without dashes. */
  readonly vmUuid: string | null;
  /** `running`, `starting`, `stopped`, `error`, …: the platform's word, lower-case. */
  readonly status: string;
  /** Whether an operation (create, update, restart) is under way. */
  readonly inProgress: boolean;
  readonly composeHash: string | null;
  readonly nodeName: string | null;
  /** The gateway's domain on that node, without a scheme. */
  readonly baseDomain: string | null;
  readonly instanceType: string | null;
  /** ISO 8601. */
  readonly createdAt: string | null;
};

/** What a registry that exists is to this machine: made or taken over by a recorded run, about to be, or neither. */
export type RegistryOwnership = "ours" | "adopted" | "foreign";

/** Which one may be taken over: none, whichever is there (`--adopt`), or the one that the operator was shown. */
export type Adoption = boolean | { readonly appId: string };

/** Tells one CVM from all others. Replicas share an app_id; one without a uuid yet has both of the others. */
export function identityOf({ name, appId, vmUuid }: Cvm): string {
  return vmUuid ?? `${name} ${appId}`;
}

/** Instance memory in MB that the orchestrator knows. Source: its own table. */
export const INSTANCE_MEMORY_MB: Readonly<Record<string, number>> = {
  "tdx.small": 2048,
  "tdx.medium": 4096,
  "tdx.large": 8192,
  "tdx.xlarge": 16_384,
  "tdx.2xlarge": 32_768,
  "tdx.4xlarge": 65_536,
  "tdx.8xlarge": 131_072,
};

export type OrchestratorSchema = "v1" | "v2";

/**
 * The mode a registry must report: it holds keys *and* runs models.
 * Source: the registry compose file's `MODE=${MODE:-registry+runner}`.
 */
export const REGISTRY_MODE = "registry+runner";
export const SPAWNTEE_SERVICE = "secure-spawn";
