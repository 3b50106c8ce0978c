/** The requests that create, update, delete, replicate, start and stop CVMs. */
import * as z from "zod";
import { buildAppCompose, updatedAppCompose } from "../app-compose.ts";
import { platformsCompose } from "../attestation/api.ts";
import { appKeys, rekeyed } from "../attestation/env-keys.ts";
import { NODES } from "../catalog.ts";
import * as cloud from "../cloud.ts";
import { findLive, namedCvms } from "../find.ts";
import type { Operation } from "../model.ts";
import { nameTaken, ok, type Reply } from "../reply.ts";
import {
  check,
  commitSchema,
  environmentSchema,
  provisionRequest,
  updateRequest,
  type ComposeRequest,
} from "../requests.ts";
import { vmResponse } from "../responses.ts";
import { route, type ApiRequest, type ApiWorld, type Handle, type Route } from "./route.ts";

async function provision(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  const wanted = provisionRequest(request.body, world.defaultNodeId);
  const { name, instanceType, compose_file: fields } = wanted;
  const { runnersElsewhere, provisionLifeMs } = world.behaviour;
  const nodeId = runnersElsewhere && wanted.isAnyNode ? elsewhere(wanted) : wanted.nodeId;
  const made = await world.store.change((state) => {
    if (namedCvms(state).some((cvm) => cvm.name === name)) throw nameTaken(name);
    const appCompose = platformsCompose(world, buildAppCompose(fields));
    const disagrees = request.fault?.kind === "wrong-provision";
    const fresh = cloud.withoutExpired(state, provisionLifeMs);
    const asked = { name, nodeId, instanceType, appCompose, disagrees };
    return cloud.provision(fresh, asked, (appId) => appKeys(world, appId));
  });
  return ok({
    app_id: made.appId,
    compose_hash: cloud.announcedHash(made),
    app_env_encrypt_pubkey: made.kmsPublicKey,
    kms_info: null,
    fmspc: null,
    device_id: null,
    os_image_hash: null,
    instance_type: instanceType,
    teepod_id: nodeId,
    kms_id: null,
  });
}

/** The orchestrator's runners pin no node, and the platform places them freely. */
function elsewhere({ name, nodeId }: { readonly name: string; readonly nodeId: number }): number {
  if (!name.includes("-runner-")) return nodeId;
  return NODES.find(({ id }) => id !== nodeId)?.id ?? nodeId;
}

async function commit(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  const { app_id: appId, compose_hash: composeHash, ...body } = check(commitSchema, request.body);
  const encryptedEnv = body.encrypted_env ?? null;
  const now = Date.now();
  const { timings } = world;
  const { fault } = request;
  const { visibleAfterMs, provisionLifeMs } = world.behaviour;
  const existsAfterMs = fault?.kind === "lost-create" ? fault.ms : 0;
  const asked = { appId, composeHash, encryptedEnv, now, timings, visibleAfterMs, existsAfterMs };
  const cvm = await world.store.change((state) => {
    const made = cloud.commit(cloud.withoutExpired(state, provisionLifeMs, now), asked);
    if (fault?.kind !== "replicate") return made;
    const { state: replicated } = cloud.replicate(made.state, made.result.vmUuid, { now, timings });
    return { state: replicated, result: made.result };
  });
  return ok(vmResponse(cvm, now));
}

/** @param encryptedEnv absent: the current environment stays. */
function changeCvm(
  world: ApiWorld,
  { fault }: ApiRequest,
  id: string,
  fields: ComposeRequest,
  encryptedEnv: string | undefined,
): Promise<Operation> {
  const outcome =
    fault?.kind === "operation" ? { ends: fault.ends, applied: fault.applied } : undefined;
  return world.store.change((state) => {
    const { current } = findLive(state, id);
    const before = encryptedEnv === undefined ? state : rekeyed(world, state, id);
    return cloud.update(before, id, {
      appCompose: platformsCompose(world, updatedAppCompose(current.appCompose, fields)),
      encryptedEnv: encryptedEnv ?? current.encryptedEnv,
      now: Date.now(),
      timings: world.timings,
      outcome,
    });
  });
}

const update: Handle = async (world, request, id) => {
  const { encrypted_env, ...fields } = updateRequest(request.body);
  const operation = await changeCvm(world, request, id, fields, encrypted_env);
  return ok({ correlation_id: operation.correlationId });
};

/** Replaces the environment: encrypted values, and their names if given. */
const updateEnvironment: Handle = async (world, request, id) => {
  const { encrypted_env, env_keys } = check(environmentSchema, request.body);
  const before = findLive(await world.store.read(), id).current.appCompose.allowed_envs ?? [];
  const fields = { allowed_envs: env_keys };
  const { correlationId } = await changeCvm(world, request, id, fields, encrypted_env);
  return ok({
    status: "in_progress",
    message: "Update in progress",
    correlation_id: correlationId,
    allowed_envs_changed: env_keys !== undefined && env_keys.join() !== before.join(),
  });
};

const remove: Handle = async (world, _, id) => {
  const { deletionMs = world.timings.deletionMs } = world.behaviour;
  await world.store.change((state) => cloud.remove(state, id, Date.now() + deletionMs));
  return { status: 204 };
};

const power =
  (type: "restart" | "power_on" | "shutdown"): Handle =>
  async (world, _, id) => {
    const what = { type, now: Date.now(), timings: world.timings };
    await world.store.change((state) => cloud.power(state, id, what));
    return ok(vmResponse(findLive(await world.store.read(), id), Date.now()));
  };

const replicaRequest = z.object({ node_id: z.number().nullish() });

const replicate: Handle = async ({ store, timings }, request, id) => {
  const nodeId = check(replicaRequest, request.body ?? {}).node_id ?? undefined;
  const now = Date.now();
  const cvm = await store.change((state) => cloud.replicate(state, id, { now, timings, nodeId }));
  return ok(vmResponse(cvm, now));
};

export const CHANGE_ROUTES: readonly Route[] = [
  route("POST", "/cvms/provision", provision),
  route("POST", "/cvms", commit),
  route("PATCH", "/cvms/:id", update),
  route("PATCH", "/cvms/:id/envs", updateEnvironment),
  route("DELETE", "/cvms/:id", remove),
  route("POST", "/cvms/:id/start", power("power_on")),
  route("POST", "/cvms/:id/(?:stop|shutdown)", power("shutdown")),
  route("POST", "/cvms/:id/restart", power("restart")),
  route("POST", "/cvms/:id/replicas", replicate),
  route("POST", "/apps/:id/instances", replicate),
];
