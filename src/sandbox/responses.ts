/** A CVM in both schemas of the API, which `X-Phala-Version` selects. */
import type { Behaviour } from "./faults.ts";
import { baseDomainOf, INSTANCE_TYPES, NODES, type SandboxNode } from "./catalog.ts";
import { hashId } from "./find.ts";
import { isInProgress, lifeOf } from "./lifecycle.ts";
import type { CvmState, Operation } from "./model.ts";

export type ApiVersion = "2025-10-28" | "2026-01-21";

export function nodeOf(cvm: CvmState): SandboxNode {
  const node = NODES.find((candidate) => candidate.id === cvm.nodeId);
  if (!node) throw new Error(`no node ${cvm.nodeId}`);
  return node;
}

/** Uptime of an instance. */
export const secondsUp = (bootedAt: number, now: number): number =>
  Math.max(0, Math.floor((now - bootedAt) / 1000));

/** In the newer schema. */
export const nodeInfo = ({ id, name, region }: SandboxNode) => ({
  object_type: "node",
  id,
  name,
  region,
  status: "online",
});

const typeOf = (cvm: CvmState): (typeof INSTANCE_TYPES)[number] | undefined =>
  INSTANCE_TYPES.find(({ id }) => id === cvm.instanceType);

type Fields = Readonly<Record<string, unknown>>;

export type Shape = {
  readonly version: ApiVersion;
  readonly behaviour: Pick<Behaviour, "createdAt">;
  readonly now: number;
};

/** `created_at` is in neither schema, but the platform may send it. */
export function cvmResponse(cvm: CvmState, { version, behaviour, now }: Shape): Fields {
  const fields = version === "2025-10-28" ? oldCvm(cvm, now) : newCvm(cvm, now);
  return behaviour.createdAt
    ? { ...fields, created_at: new Date(cvm.createdAt).toISOString() }
    : fields;
}

function newCvm(cvm: CvmState, now: number): Fields {
  const life = lifeOf(cvm, now);
  const node = nodeOf(cvm);
  const type = typeOf(cvm);
  return {
    id: hashId(cvm),
    name: cvm.name,
    app_id: cvm.appId,
    vm_uuid: dashed(cvm.vmUuid),
    instance_id: null,
    resource: {
      instance_type: cvm.instanceType,
      vcpu: type?.vcpu ?? null,
      memory_in_gb: type === undefined ? null : type.memoryMb / 1024,
      disk_in_gb: 20,
      gpus: 0,
      compute_billing_price: type?.hourlyRate ?? null,
      billing_period: "hourly",
    },
    node_info: nodeInfo(node),
    os: { name: "dstack-0.5.4", version: "0.5.4", is_dev: false, os_image_hash: null },
    kms_type: "phala",
    kms_info: { chain_id: null, encrypted_env_pubkey: cvm.kmsPublicKey },
    status: life.status,
    progress: life.inProgress ? progressOf(life.inProgress) : null,
    compose_hash: cvm.current.composeHash,
    gateway: { base_domain: baseDomainOf(node), cname: null },
    services: [],
    endpoints: [{ app: `https://${cvm.appId}-8080.${baseDomainOf(node)}`, instance: "" }],
    public_logs: cvm.current.appCompose["public_logs"],
    public_sysinfo: cvm.current.appCompose["public_sysinfo"],
    public_tcbinfo: cvm.current.appCompose["public_tcbinfo"],
    gateway_enabled: true,
    secure_time: false,
    listed: false,
    storage_fs: "zfs",
  };
}

/** The older schema, which `phala deploy` requests. */
function oldCvm(cvm: CvmState, now: number): Fields {
  const life = lifeOf(cvm, now);
  const node = nodeOf(cvm);
  const type = typeOf(cvm);
  return {
    id: cvm.id,
    name: cvm.name,
    status: life.status,
    in_progress: life.inProgress !== undefined,
    teepod_id: node.id,
    teepod: { id: node.id, name: node.name, region_identifier: node.region },
    user_id: 1,
    app_id: cvm.appId,
    vm_uuid: cvm.vmUuid,
    instance_id: null,
    vcpu: type?.vcpu ?? 1,
    memory: type?.memoryMb ?? 2048,
    disk_size: 20,
    base_image: "dstack-0.5.4",
    manifest_version: 2,
    docker_compose_file: cvm.current.appCompose.docker_compose_file ?? null,
    encrypted_env_pubkey: cvm.kmsPublicKey,
    listed: false,
    instance_type: cvm.instanceType,
    public_urls: [],
    gateway_domain: baseDomainOf(node),
    app_url: null,
  };
}

/** The answer to a create or restart, in both versions; it has `created_at`. */
export function vmResponse(cvm: CvmState, now: number): Fields {
  return { ...oldCvm(cvm, now), created_at: new Date(cvm.createdAt).toISOString() };
}

/** A CVM within an app, in the older schema. */
export function oldBasicInfo(cvm: CvmState, now: number): Fields {
  const old = oldCvm(cvm, now);
  const node = nodeOf(cvm);
  return {
    vm_uuid: dashed(cvm.vmUuid),
    app_id: cvm.appId,
    name: cvm.name,
    status: old["status"],
    vcpu: old["vcpu"],
    memory: old["memory"],
    disk_size: old["disk_size"],
    teepod_id: node.id,
    teepod_name: node.name,
    region_identifier: node.region,
    kms_type: "phala",
    instance_type: cvm.instanceType,
    listed: false,
    base_image: old["base_image"],
    instance_id: null,
  };
}

/** A list item of the older schema, which has the node's data under `hosted`. */
export function oldListItem(cvm: CvmState, now: number): Fields {
  const life = lifeOf(cvm, now);
  const old = oldCvm(cvm, now);
  const node = nodeOf(cvm);
  return {
    hosted: {
      id: cvm.vmUuid,
      name: cvm.name,
      status: life.status,
      uptime: life.serving ? `${secondsUp(life.bootedAt, now)}s` : "",
      app_url: null,
      app_id: cvm.appId,
      instance_id: null,
      exited_at: null,
      boot_progress: life.status === "running" ? "done" : null,
      boot_error: life.bootError,
      shutdown_progress: null,
      image_version: old["base_image"],
    },
    name: cvm.name,
    managed_user: { id: 1, username: "sandbox" },
    node: { id: node.id, name: node.name, region_identifier: node.region },
    listed: false,
    status: life.status,
    in_progress: old["in_progress"],
    dapp_dashboard_url: null,
    syslog_endpoint: null,
    allow_upgrade: false,
    project_id: null,
    project_type: null,
    billing_period: "hourly",
    kms_info: null,
    vcpu: old["vcpu"],
    memory: old["memory"],
    disk_size: old["disk_size"],
    gateway_domain: old["gateway_domain"],
    public_urls: [],
  };
}

function progressOf(operation: Operation): unknown {
  return {
    target: operation.type === "shutdown" ? "stopped" : "running",
    started_at: new Date(operation.startedAt).toISOString(),
    correlation_id: operation.correlationId,
  };
}

/** Whether it is in the list: a fault may omit it. */
export const isListed = (operation: Operation): boolean => operation.outcome?.ends !== "missing";

/** @param bootError of the CVM's last boot, for its newest operation; null for the others. */
export function operationResponse(
  operation: Operation,
  now: number,
  bootError: string | null,
): unknown {
  const ended = operation.startedAt + operation.durationMs;
  const completed = !isInProgress(operation, now);
  const outcome = operation.outcome?.ends ?? (bootError === null ? "completed" : "failed");
  return {
    correlation_id: operation.correlationId,
    operation_type: operation.type,
    target_state: operation.type === "shutdown" ? "stopped" : "running",
    started_at: new Date(operation.startedAt).toISOString(),
    status: completed ? outcome : "in_progress",
    completed_at: completed ? new Date(ended).toISOString() : null,
    duration_ms: completed ? operation.durationMs : null,
    error_message: completed ? bootError : null,
    compose_hash: operation.composeHash,
  };
}

/** A uuid in the newer schema's form. */
export function dashed(uuid: string): string {
  return uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
