/** The transitions of the cloud, as pure functions. */
import { randomBytes, randomUUID } from "node:crypto";
import { sha256Hex } from "../core/compose-hash.ts";
import { composeHashOf, type AppCompose } from "./app-compose.ts";
import { findLive, namedCvms } from "./find.ts";
import { bootErrorOf, type KeyHolder } from "./interpreter.ts";
import { appKeysOf, type KeyPair } from "./kms.ts";
import { lifeOf } from "./lifecycle.ts";
import type {
  Changed,
  CloudState,
  CvmState,
  Generation,
  Operation,
  OperationOutcome,
  Provision,
  SandboxTimings,
} from "./model.ts";
import { nameTaken, Refusal } from "./reply.ts";

/** A CVM without an operation in progress. @throws Refusal: 404, or 409. */
function findIdle(state: CloudState, id: string, now: number): CvmState {
  const cvm = findLive(state, id);
  if (cvm.deletedAt === null && lifeOf(cvm, now).inProgress === undefined) return cvm;
  throw new Refusal(409, { detail: "Another operation is in progress for this CVM" });
}

const WEEK_MS = 7 * 24 * 3600 * 1000;

export type Provisioning = Pick<CvmState, "name" | "nodeId" | "instanceType"> & {
  readonly appCompose: AppCompose;
  /** Answers another hash than the CVM has later. */
  readonly disagrees?: boolean;
};

/** Nothing exists until the provisioning is committed, and it expires. */
export function provision(
  state: CloudState,
  { appCompose, disagrees = false, ...request }: Provisioning,
  keysOf: (appId: string) => KeyPair = () => appKeysOf(randomBytes(32)),
): Changed<Provision> {
  const appId = randomBytes(20).toString("hex");
  const { privateKey: kmsPrivateKey, publicKey: kmsPublicKey } = keysOf(appId);
  const composeHash = composeHashOf(appCompose);
  const result: Provision = {
    ...request,
    appId,
    kmsPrivateKey,
    kmsPublicKey,
    appCompose,
    composeHash,
    provisionedAt: Date.now(),
    ...(disagrees && { announcedHash: sha256Hex(composeHash) }),
  };
  return { state: { ...state, provisions: [...state.provisions, result] }, result };
}

/** The hash in the answer to a provisioning. */
export const announcedHash = (made: Provision): string => made.announcedHash ?? made.composeHash;

/** Without expired provisionings. */
export function withoutExpired(state: CloudState, lifeMs = WEEK_MS, now = Date.now()): CloudState {
  const provisions = state.provisions.filter(
    ({ provisionedAt = now }) => provisionedAt + lifeMs > now,
  );
  return provisions.length === state.provisions.length ? state : { ...state, provisions };
}

export type Commit = {
  readonly appId: string;
  readonly composeHash: string;
  readonly encryptedEnv: string | null;
  readonly now: number;
  readonly timings: SandboxTimings;
  /** Counted from `now`: when it becomes visible under any id, and then in lists and by name. */
  readonly existsAfterMs?: number | undefined;
  readonly visibleAfterMs?: number | undefined;
};

/** Creates the provisioned CVM. Refuses a name that is taken, even by this very CVM (a repeated commit). */
export function commit(state: CloudState, request: Commit): Changed<CvmState> {
  const { appId, composeHash, encryptedEnv, now } = request;
  const provisioned = state.provisions.find(
    (p) => p.appId === appId && announcedHash(p) === composeHash,
  );
  if (!provisioned) throw commitRefused(state, appId);
  if (namedCvms(state, now).some((cvm) => cvm.name === provisioned.name))
    throw nameTaken(provisioned.name);
  const { name, nodeId, instanceType, kmsPrivateKey, kmsPublicKey, appCompose } = provisioned;
  const parts = { appCompose, composeHash: provisioned.composeHash, encryptedEnv };
  const result: CvmState = {
    id: state.nextId,
    name,
    appId,
    vmUuid: newUuid(),
    nodeId,
    instanceType,
    createdAt: now,
    ...visibilityOf(request),
    deletedAt: null,
    kmsPrivateKey,
    kmsPublicKey,
    current: generation(provisioned, parts),
    previous: null,
    operations: [operation("create", now, provisioned.composeHash, request.timings.bootMs)],
    pushed: null,
  };
  const provisions = state.provisions.filter((p) => p !== provisioned);
  return {
    state: { ...state, nextId: state.nextId + 1, provisions, cvms: [...state.cvms, result] },
    result,
  };
}

/** A repeated commit finds its provisioning used, and its own CVM. */
function commitRefused(state: CloudState, appId: string): Refusal {
  const made = namedCvms(state).find((cvm) => cvm.appId === appId);
  return made
    ? nameTaken(made.name)
    : new Refusal(404, { detail: "Provision not found or expired" });
}

/** Another CVM of the same app: its name, app_id, keys and content. */
export function replicate(
  state: CloudState,
  id: string,
  { now, timings, nodeId }: { now: number; timings: SandboxTimings; nodeId?: number | undefined },
): Changed<CvmState> {
  const cvm = findLive(state, id);
  const result: CvmState = {
    ...cvm,
    id: state.nextId,
    vmUuid: newUuid(),
    nodeId: nodeId ?? cvm.nodeId,
    createdAt: now,
    previous: null,
    operations: [operation("create", now, cvm.current.composeHash, timings.bootMs)],
    pushed: null,
  };
  return { state: { ...state, nextId: state.nextId + 1, cvms: [...state.cvms, result] }, result };
}

/** Changes that an operator can make in the dashboard, or only a test. */
export function alter(
  state: CloudState,
  id: string,
  fields: { readonly name?: string; readonly nodeId?: number },
): Changed<CvmState> {
  const changed = { ...findLive(state, id), ...fields };
  return { state: replace(state, changed), result: changed };
}

function visibilityOf({ now, existsAfterMs = 0, visibleAfterMs = 0 }: Commit): Partial<CvmState> {
  return {
    ...(existsAfterMs > 0 ? { existsAt: now + existsAfterMs } : {}),
    ...(visibleAfterMs > 0 ? { visibleAt: now + existsAfterMs + visibleAfterMs } : {}),
  };
}

const newUuid = (): string => randomUUID().replaceAll("-", "");

export type Update = {
  readonly appCompose: AppCompose;
  /** Replaces the whole environment. */
  readonly encryptedEnv: string | null;
  readonly now: number;
  readonly timings: SandboxTimings;
  readonly outcome?: OperationOutcome | undefined;
};

/** For a while the old instance still answers, then none, then the new one. */
export function update(state: CloudState, id: string, request: Update): Changed<Operation> {
  const { appCompose, encryptedEnv, now, timings, outcome } = request;
  const cvm = findIdle(state, id, now);
  const composeHash = composeHashOf(appCompose);
  const { updateOldServesMs: oldServesMs, updateDownMs, updateBootMs } = timings;
  const durationMs = oldServesMs + updateDownMs + updateBootMs;
  const started: Operation = {
    ...operation("compose_update", now, composeHash, durationMs, oldServesMs),
    ...(outcome ? { outcome } : {}),
  };
  const operations = [...cvm.operations, started];
  if (outcome?.applied === false)
    return { state: replace(state, { ...cvm, operations }), result: started };
  const current = generation(cvm, { appCompose, composeHash, encryptedEnv });
  const changed: CvmState = { ...cvm, current, previous: cvm.current, operations, pushed: null };
  return { state: replace(state, changed), result: started };
}

/** Restart, start and stop. */
export function power(
  state: CloudState,
  id: string,
  what: { type: "restart" | "power_on" | "shutdown"; now: number; timings: SandboxTimings },
): Changed<Operation> {
  const { type, now, timings } = what;
  const cvm = findIdle(state, id, now);
  const durationMs = type === "shutdown" ? 0 : timings.updateBootMs;
  const started = operation(type, now, cvm.current.composeHash, durationMs);
  const changed = { ...cvm, operations: [...cvm.operations, started], pushed: null };
  return { state: replace(state, changed), result: started };
}

/** Deletes it at `when` (ms since the epoch); until then it is reported as being deleted. */
export function remove(state: CloudState, id: string, when: number): Changed<CvmState> {
  const cvm = findLive(state, id);
  return { state: replace(state, { ...cvm, deletedAt: cvm.deletedAt ?? when }), result: cvm };
}

export function pushHashes(
  state: CloudState,
  vmUuid: string,
  pushed: { hashes: readonly string[]; instance: string },
): Changed<null> {
  const cvm = findLive(state, vmUuid);
  const before = cvm.pushed?.instance === pushed.instance ? cvm.pushed.hashes : [];
  const hashes = [...new Set([...before, ...pushed.hashes])];
  return { state: replace(state, { ...cvm, pushed: { ...pushed, hashes } }), result: null };
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
  composeHash: string,
  durationMs: number,
  oldServesMs = 0,
): Operation {
  return { correlationId: randomUUID(), type, startedAt, oldServesMs, durationMs, composeHash };
}
