/** The requests that create, delete, replicate, start and stop CVMs. Updates: `updates.ts`. */
import * as z from "zod";
import { buildAppCompose } from "../app-compose.ts";
import { platformsCompose } from "../attestation/api.ts";
import { appKeys } from "../attestation/env-keys.ts";
import { NODES } from "../catalog.ts";
import * as cloud from "../cloud.ts";
import { findLive, namedCvms } from "../find.ts";
import { announced, provision as makeProvision, withoutExpired } from "../provisions.ts";
import { nameTaken } from "../refusal.ts";
import { check, commitSchema, provisionRequest } from "../requests.ts";
import { vmResponse } from "../responses.ts";
import { ok, type Reply } from "../reply.ts";
import { route, type ApiRequest, type ApiWorld, type Handle, type Route } from "./route.ts";

async function provision(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  const wanted = provisionRequest(request.body, world.defaultNodeId);
  const { name, instanceType, compose_file: fields } = wanted;
  const { runnersElsewhere, provisionLifeMs } = world.behaviour();
  const nodeId = runnersElsewhere && wanted.isAnyNode ? elsewhere(wanted) : wanted.nodeId;
  const made = await world.store.change((state) => {
    if (namedCvms(state).some((cvm) => cvm.name === name)) throw nameTaken(name);
    const appCompose = platformsCompose(world, buildAppCompose(fields));
    const disagrees = request.strike?.kind === "wrong-provision";
    const fresh = withoutExpired(state, provisionLifeMs);
    const asked = { name, nodeId, instanceType, appCompose, disagrees };
    return makeProvision(fresh, asked, (appId) => appKeys(world, appId));
  });
  return ok({
    app_id: made.appId,
    compose_hash: announced(made),
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

/** The orchestrator's runners pin no node, and the platform puts them where it likes. */
function elsewhere({ name, nodeId }: { readonly name: string; readonly nodeId: number }): number {
  if (!name.includes("-runner-")) return nodeId;
  return NODES.find(({ id }) => id !== nodeId)?.id ?? nodeId;
}

async function commit(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  const {
    app_id: appId,
    compose_hash: composeHash,
    encrypted_env,
  } = check(commitSchema, request.body);
  const now = Date.now();
  const { timings } = world;
  const { strike } = request;
  const { visibleAfterMs, provisionLifeMs } = world.behaviour();
  const existsAfterMs = strike?.kind === "lost-create" ? strike.ms : 0;
  const asked = { appId, composeHash, encryptedEnv: encrypted_env ?? null, now, timings };
  const cvm = await world.store.change((state) => {
    const fresh = withoutExpired(state, provisionLifeMs, now);
    const made = cloud.commit(fresh, { ...asked, visibleAfterMs, existsAfterMs });
    if (strike?.kind !== "replicate") return made;
    const { state: replicated } = cloud.replicate(made.state, made.result.vmUuid, { now, timings });
    return { state: replicated, result: made.result };
  });
  return ok(vmResponse(cvm, now));
}

async function remove(world: ApiWorld, _: ApiRequest, id: string): Promise<Reply> {
  const { deletionMs = world.timings.deletionMs } = world.behaviour();
  await world.store.change((state) => cloud.remove(state, id, Date.now() + deletionMs));
  return { status: 204 };
}

const power =
  (type: "restart" | "power_on" | "shutdown"): Handle =>
  async (world, _, id) => {
    const what = { type, now: Date.now(), timings: world.timings };
    await world.store.change((state) => cloud.power(state, id, what));
    return ok(vmResponse(findLive(await world.store.read(), id), Date.now()));
  };

const replicaRequest = z.object({ node_id: z.number().nullish() });

async function replicate(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const nodeId = check(replicaRequest, request.body ?? {}).node_id ?? undefined;
  const now = Date.now();
  const { timings } = world;
  const cvm = await world.store.change((state) =>
    cloud.replicate(state, id, { now, timings, nodeId }),
  );
  return ok(vmResponse(cvm, now));
}

export const CHANGE_ROUTES: readonly Route[] = [
  route("POST", "/cvms/provision", provision),
  route("POST", "/cvms", commit),
  route("DELETE", "/cvms/:id", remove),
  route("POST", "/cvms/:id/start", power("power_on")),
  route("POST", "/cvms/:id/(?:stop|shutdown)", power("shutdown")),
  route("POST", "/cvms/:id/restart", power("restart")),
  route("POST", "/cvms/:id/replicas", replicate),
  route("POST", "/apps/:id/instances", replicate),
];
