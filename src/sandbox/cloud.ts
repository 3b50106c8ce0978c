/** The stand-in's transitions: pure functions from one cloud to the next. */
import { randomBytes, randomUUID } from "node:crypto";
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import { bootErrorOf, type KeyHolder } from "./interpreter.ts";
import { appKeysOf, type KeyPair } from "./kms.ts";
import { lifeOf } from "./lifecycle.ts";
import type { CloudState, CvmState, Generation, Operation, Provision, SandboxTimings } from "./model.ts";

/** A refusal, in the API's own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

export function structured(code: string, message: string, suggestions: readonly string[] = []): unknown {
  return { detail: { error_code: code, message, details: [], suggestions, links: [] } };
}

/** Those that the API still tells of: a CVM that is being deleted is one until it is gone. */
export function liveCvms(state: CloudState, now = Date.now()): readonly CvmState[] {
  return state.cvms.filter((cvm) => cvm.deletedAt === null || cvm.deletedAt > now);
}

/** By app_id (with or without `app_`), uuid (with or without dashes), hash id or name. */
export function findLive(state: CloudState, id: string): CvmState {
  const wanted = id.replace(/^app_/, "");
  const uuid = id.replaceAll("-", "").toLowerCase();
  const found = liveCvms(state).find(
    (cvm) => cvm.name === id || cvm.appId === wanted || cvm.vmUuid === uuid || hashId(cvm) === id,
  );
  if (found) return found;
  throw new Refusal(404, { detail: "CVM not found" });
}

/** A CVM that nothing is being done to. @throws Refusal: 404, or 409 while an operation is under way. */
function findIdle(state: CloudState, id: string, now: number): CvmState {
  const cvm = findLive(state, id);
  if (cvm.deletedAt === null && lifeOf(cvm, now).inProgress === undefined) return cvm;
  throw new Refusal(409, { detail: "Another operation is in progress for this CVM" });
}

export const hashId = (cvm: CvmState): string => `cvm_${cvm.id.toString(36).padStart(6, "0")}`;

/** The app-compose that the platform makes of a request: it adds fields of its own, which are measured too. */
export function buildAppCompose(request: {
  readonly docker_compose_file?: string | undefined;
  readonly allowed_envs?: readonly string[] | undefined;
  readonly pre_launch_script?: string | undefined;
  readonly public_logs?: boolean | undefined;
  readonly public_sysinfo?: boolean | undefined;
}): AppCompose {
  return {
    allowed_envs: request.allowed_envs ?? [],
    docker_compose_file: request.docker_compose_file ?? "",
    features: ["kms", "tproxy-net"],
    gateway_enabled: true,
    kms_enabled: true,
    local_key_provider_enabled: false,
    manifest_version: 2,
    name: "",
    no_instance_id: false,
    pre_launch_script: request.pre_launch_script ?? "",
    public_logs: request.public_logs ?? true,
    public_sysinfo: request.public_sysinfo ?? true,
    public_tcbinfo: true,
    runner: "docker-compose",
    secure_time: false,
    storage_fs: "zfs",
    tproxy_enabled: true,
  };
}

export function provision(
  state: CloudState,
  request: { name: string; nodeId: number; instanceType: string; appCompose: AppCompose },
  keysOf: (appId: string) => KeyPair = () => appKeysOf(randomBytes(32)),
): { state: CloudState; result: Provision } {
  const appId = randomBytes(20).toString("hex");
  const keys = keysOf(appId);
  const result: Provision = {
    ...request,
    appId,
    kmsPrivateKey: keys.privateKey,
    kmsPublicKey: keys.publicKey,
    composeHash: composeHashOf(request.appCompose),
  };
  return { state: { ...state, provisions: [...state.provisions, result] }, result };
}

export type Commit = {
  readonly appId: string;
  readonly composeHash: string;
  readonly encryptedEnv: string | null;
  readonly now: number;
  readonly timings: SandboxTimings;
};

/** Makes the CVM of a provisioning. Refuses a name that a live CVM has. */
export function commit(state: CloudState, request: Commit): { state: CloudState; result: CvmState } {
  const { appId, composeHash, encryptedEnv, now, timings } = request;
  const provisioned = state.provisions.find((p) => p.appId === appId && p.composeHash === composeHash);
  if (!provisioned) throw new Refusal(404, { detail: "Provision not found or expired" });
  if (liveCvms(state).some((cvm) => cvm.name === provisioned.name)) throw nameTaken(provisioned.name);
  const result: CvmState = {
    id: state.nextId,
    name: provisioned.name,
    appId,
    vmUuid: randomUUID().replaceAll("-", ""),
    nodeId: provisioned.nodeId,
    instanceType: provisioned.instanceType,
    createdAt: now,
    deletedAt: null,
    kmsPrivateKey: provisioned.kmsPrivateKey,
    kmsPublicKey: provisioned.kmsPublicKey,
    current: generation(provisioned, { appCompose: provisioned.appCompose, composeHash, encryptedEnv }),
    previous: null,
    operations: [operation("create", now, { oldServesMs: 0, durationMs: timings.bootMs }, composeHash)],
    pushed: null,
  };
  const provisions = state.provisions.filter((p) => p !== provisioned);
  return { state: { ...state, nextId: state.nextId + 1, provisions, cvms: [...state.cvms, result] }, result };
}

export function nameTaken(name: string): Refusal {
  const message = `A CVM with the name "${name}" already exists in this workspace`;
  return new Refusal(409, structured("ERR-01-004", message, ["Choose another name"]));
}

export type Update = {
  readonly appCompose: AppCompose;
  /** Replaces the whole environment. */
  readonly encryptedEnv: string | null;
  readonly now: number;
  readonly timings: SandboxTimings;
};

/** The old instance answers on for a while, then nobody does, then the new one. */
export function update(
  state: CloudState,
  id: string,
  request: Update,
): { state: CloudState; result: Operation } {
  const cvm = findIdle(state, id, request.now);
  const { updateOldServesMs, updateDownMs, updateBootMs } = request.timings;
  const composeHash = composeHashOf(request.appCompose);
  const times = {
    oldServesMs: updateOldServesMs,
    durationMs: updateOldServesMs + updateDownMs + updateBootMs,
  };
  const started = operation("compose_update", request.now, times, composeHash);
  const { appCompose, encryptedEnv } = request;
  const current = generation(cvm, { appCompose, composeHash, encryptedEnv });
  const changed: CvmState = {
    ...cvm,
    current,
    previous: cvm.current,
    operations: [...cvm.operations, started],
    pushed: null,
  };
  return { state: replace(state, changed), result: started };
}

/** Restart, start and stop. */
export function power(
  state: CloudState,
  id: string,
  what: { type: "restart" | "power_on" | "shutdown"; now: number; timings: SandboxTimings },
): { state: CloudState; result: Operation } {
  const cvm = findIdle(state, id, what.now);
  const durationMs = what.type === "shutdown" ? 0 : what.timings.updateBootMs;
  const started = operation(what.type, what.now, { oldServesMs: 0, durationMs }, cvm.current.composeHash);
  const changed = { ...cvm, operations: [...cvm.operations, started], pushed: null };
  return { state: replace(state, changed), result: started };
}

/** Deletes it at `when`, in ms since the epoch; until then it is reported as being deleted. */
export function remove(state: CloudState, id: string, when: number): { state: CloudState; result: CvmState } {
  const cvm = findLive(state, id);
  return { state: replace(state, { ...cvm, deletedAt: cvm.deletedAt ?? when }), result: cvm };
}

export function pushHashes(
  state: CloudState,
  vmUuid: string,
  pushed: { hashes: readonly string[]; instance: string },
): { state: CloudState; result: null } {
  const cvm = findLive(state, vmUuid);
  const before = cvm.pushed?.instance === pushed.instance ? cvm.pushed.hashes : [];
  const hashes = [...new Set([...before, ...pushed.hashes])];
  return { state: replace(state, { ...cvm, pushed: { hashes, instance: pushed.instance } }), result: null };
}

function generation(app: KeyHolder, parts: Omit<Generation, "bootError">): Generation {
  const bootError = bootErrorOf(app, parts);
  return bootError === undefined ? parts : { ...parts, bootError };
}

function replace(state: CloudState, changed: CvmState): CloudState {
  return { ...state, cvms: state.cvms.map((cvm) => (cvm.id === changed.id ? changed : cvm)) };
}

function operation(
  type: Operation["type"],
  startedAt: number,
  times: { oldServesMs: number; durationMs: number },
  composeHash: string,
): Operation {
  return { correlationId: randomUUID(), type, startedAt, ...times, composeHash };
}
