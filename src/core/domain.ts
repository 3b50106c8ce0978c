/** Domain types: names, ids, hashes, sizes. Pure. */

/** 64 lower-case hex digits without a prefix, as the registry compares them. */
export type ComposeHash = string & { readonly __brand: "ComposeHash" };

const COMPOSE_HASH = /^[0-9a-f]{64}$/;

/** Undefined unless the text is exactly a compose hash: no `0x`, upper case, list or blanks. */
export function parseComposeHash(text: unknown): ComposeHash | undefined {
  return typeof text === "string" && COMPOSE_HASH.test(text) ? (text as ComposeHash) : undefined;
}

/** Enough digits to tell hashes apart by eye. */
export const shortHash = (hash: string): string => hash.slice(0, 12);

export const registryName = (cluster: string): string => `${cluster}-registry`;
export const temporaryRunnerName = (cluster: string): string => `${cluster}-runner-temp`;

const RUNNER_SUFFIX = /^-runner-[0-9a-f]{8}$/;

/** In the order of deletion: runners get the models' keys from the registry, so it is deleted last. */
export const CVM_ROLES = ["temporary-runner", "runner", "registry"] as const;
export type CvmRole = (typeof CVM_ROLES)[number];

/**
 * The role of a CVM in a cluster, by its full name. Never by prefix: the CVMs of `bird-tracker` do not belong to the
 * cluster `bird`.
 */
export function roleOf(cvmName: string, cluster: string): CvmRole | undefined {
  if (cvmName === registryName(cluster)) return "registry";
  if (cvmName === temporaryRunnerName(cluster)) return "temporary-runner";
  if (cvmName.startsWith(cluster) && RUNNER_SUFFIX.test(cvmName.slice(cluster.length)))
    return "runner";
  return undefined;
}

/** The cluster that a CVM belongs to, if its name has one of the three patterns. */
export function clusterOf(cvmName: string): string | undefined {
  return /^(.+)-(?:registry|runner-temp|runner-[0-9a-f]{8})$/.exec(cvmName)?.[1];
}

/** A CVM as Phala's API reports it; `null` for what it does not report (yet). */
export type Cvm = {
  readonly name: string;
  /** 40 hex digits, without the `app_` that the dashboard puts before it. */
  readonly appId: string | null;
  /** Without dashes. */
  readonly vmUuid: string | null;
  /** The platform's status in lower case: `running`, `starting`, `stopped`, `error`, … */
  readonly status: string;
  /** Whether an operation (create, update, restart) is in progress. */
  readonly inProgress: boolean;
  readonly composeHash: string | null;
  readonly nodeName: string | null;
  /** The gateway's domain on that node, without a scheme. */
  readonly baseDomain: string | null;
  readonly instanceType: string | null;
  /** ISO 8601. */
  readonly createdAt: string | null;
};

/** An existing registry was created or adopted by a recorded run, is adopted by this one, or neither. */
export type RegistryOwnership = "ours" | "adopted" | "foreign";

/** Which registry may be adopted: none, any (`--adopt`), or the one that the operator was shown. */
export type Adoption = boolean | { readonly appId: string };

/** A unique key of a CVM. Replicas share an app_id; without a vm_uuid yet, name and app_id identify it. */
export function identityOf({ name, appId, vmUuid }: Cvm): string {
  return vmUuid ?? `${name} ${appId}`;
}

/** Memory per instance type in MB, from the orchestrator's own table. */
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
 * The mode that a registry must report: it serves keys *and* runs models.
 * Source: the registry compose file's `MODE=${MODE:-registry+runner}`.
 */
export const REGISTRY_MODE = "registry+runner";
export const SPAWNTEE_SERVICE = "secure-spawn";
