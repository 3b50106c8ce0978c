/** The requests that update what a CVM runs, at once or by a provisioning that is committed later. */
import { updatedAppCompose, type AppCompose, type ComposeRequest } from "../app-compose.ts";
import { platformsCompose } from "../attestation/api.ts";
import { rekeyed } from "../attestation/env-keys.ts";
import * as cloud from "../cloud.ts";
import { findLive } from "../find.ts";
import type { Operation } from "../model.ts";
import { announced, findUpdateProvision, provisionUpdate, withoutExpired } from "../provisions.ts";
import {
  checkCompose,
  commitUpdateRequest,
  composeUpdateRequest,
  environmentRequest,
  updateRequest,
  visibilityRequest,
} from "../requests.ts";
import { cvmResponse } from "../responses.ts";
import { ok, type ApiRequest, type ApiWorld, type Reply, type Route } from "./route.ts";

type Change = {
  readonly appCompose: (current: AppCompose) => AppCompose;
  /** Absent: the one it has stays. */
  readonly encryptedEnv?: string | undefined;
};

function change(
  world: ApiWorld,
  request: ApiRequest,
  id: string,
  what: Change,
): Promise<Operation> {
  const { strike } = request;
  const outcome =
    strike?.kind === "operation" ? { ends: strike.ends, applied: strike.applied } : undefined;
  return world.store.change((state) => {
    const cvm = findLive(state, id);
    const sealedFor = what.encryptedEnv === undefined ? state : rekeyed(world, state, id);
    return cloud.update(sealedFor, id, {
      appCompose: platformsCompose(world, what.appCompose(cvm.current.appCompose)),
      encryptedEnv: what.encryptedEnv ?? cvm.current.encryptedEnv,
      now: Date.now(),
      timings: world.timings,
      outcome,
    });
  });
}

const withFields =
  (fields: ComposeRequest): Change["appCompose"] =>
  (current) =>
    updatedAppCompose(current, fields);

async function update(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const { encrypted_env: encryptedEnv, ...fields } = updateRequest(request.body);
  const operation = await change(world, request, id, {
    appCompose: withFields(fields),
    encryptedEnv,
  });
  return ok({ correlation_id: operation.correlationId });
}

const inProgress = (operation: Operation): Readonly<Record<string, unknown>> => ({
  status: "in_progress",
  message: "Update in progress",
  correlation_id: operation.correlationId,
});

/** Replaces the environment: values that the caller sealed, and where it names them the names, too. */
async function updateEnvironment(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const { encrypted_env: encryptedEnv, env_keys } = environmentRequest(request.body);
  const before = findLive(await world.store.read(), id).current.appCompose.allowed_envs ?? [];
  const appCompose = withFields({ allowed_envs: env_keys });
  const operation = await change(world, request, id, { appCompose, encryptedEnv });
  const isChanged = env_keys !== undefined && env_keys.join() !== before.join();
  return ok({ ...inProgress(operation), allowed_envs_changed: isChanged });
}

const updateText =
  (field: "docker_compose_file" | "pre_launch_script"): Route["handle"] =>
  async (world, request, id) => {
    if (field === "docker_compose_file") checkCompose(request.text, "");
    const appCompose = withFields({ [field]: request.text });
    return ok(inProgress(await change(world, request, id, { appCompose })));
  };

async function updateVisibility(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const fields = visibilityRequest(request.body);
  await change(world, request, id, { appCompose: withFields(fields) });
  const cvm = findLive(await world.store.read(), id);
  return ok(
    cvmResponse(cvm, { version: "2025-10-28", behaviour: world.behaviour(), now: Date.now() }),
  );
}

async function provision(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const { update_env_vars: _, ...fields } = composeUpdateRequest(request.body);
  const disagrees = request.strike?.kind === "wrong-provision";
  const { cvm, made } = await world.store.change((state) => {
    const fresh = withoutExpired(state, world.behaviour().provisionLifeMs);
    const found = findLive(fresh, id);
    const appCompose = platformsCompose(world, updatedAppCompose(found.current.appCompose, fields));
    const { state: after, result } = provisionUpdate(fresh, found, { appCompose, disagrees });
    return { state: after, result: { cvm: found, made: result } };
  });
  return ok({
    app_id: cvm.appId,
    device_id: null,
    compose_hash: announced(made),
    kms_info: null,
    compose_hash_registered: false,
  });
}

async function commit(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const { compose_hash: hash, encrypted_env: encryptedEnv } = commitUpdateRequest(request.body);
  const fresh = withoutExpired(await world.store.read(), world.behaviour().provisionLifeMs);
  const { appCompose } = findUpdateProvision(fresh, findLive(fresh, id), hash);
  const operation = await change(world, request, id, {
    appCompose: () => appCompose,
    encryptedEnv,
  });
  return ok({ correlation_id: operation.correlationId });
}

export const UPDATE_ROUTES: readonly Route[] = [
  { method: "PATCH", path: /^\/cvms\/([^/]+)$/, handle: update },
  { method: "PATCH", path: /^\/cvms\/([^/]+)\/envs$/, handle: updateEnvironment },
  {
    method: "PATCH",
    path: /^\/cvms\/([^/]+)\/docker-compose$/,
    handle: updateText("docker_compose_file"),
  },
  {
    method: "PATCH",
    path: /^\/cvms\/([^/]+)\/pre-launch-script$/,
    handle: updateText("pre_launch_script"),
  },
  { method: "PATCH", path: /^\/cvms\/([^/]+)\/visibility$/, handle: updateVisibility },
  { method: "POST", path: /^\/cvms\/([^/]+)\/compose_file\/provision$/, handle: provision },
  { method: "PATCH", path: /^\/cvms\/([^/]+)\/compose_file$/, handle: commit },
];
