/** The requests that update what a CVM runs, at once or by a provisioning that is committed later. */
import { updatedAppCompose, type AppCompose, type ComposeRequest } from "../app-compose.ts";
import { platformsCompose } from "../attestation/api.ts";
import { rekeyed } from "../attestation/env-keys.ts";
import * as cloud from "../cloud.ts";
import { findLive } from "../find.ts";
import type { Operation } from "../model.ts";
import { announced, findUpdateProvision, provisionUpdate, withoutExpired } from "../provisions.ts";
import {
  check,
  checkCompose,
  checkUpdate,
  commitUpdateSchema,
  composeUpdateSchema,
  environmentSchema,
  updateSchema,
  visibilitySchema,
} from "../requests.ts";
import { cvmResponse } from "../responses.ts";
import { ok, type Reply } from "../reply.ts";
import { route, type ApiRequest, type ApiWorld, type Handle, type Route } from "./route.ts";

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
  const { encrypted_env: encryptedEnv, ...fields } = checkUpdate(updateSchema, request.body);
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
  const { encrypted_env: encryptedEnv, env_keys } = check(environmentSchema, request.body);
  const before = findLive(await world.store.read(), id).current.appCompose.allowed_envs ?? [];
  const appCompose = withFields({ allowed_envs: env_keys });
  const operation = await change(world, request, id, { appCompose, encryptedEnv });
  const isChanged = env_keys !== undefined && env_keys.join() !== before.join();
  return ok({ ...inProgress(operation), allowed_envs_changed: isChanged });
}

const updateText =
  (field: "docker_compose_file" | "pre_launch_script"): Handle =>
  async (world, request, id) => {
    if (field === "docker_compose_file") checkCompose(request.text, "");
    const appCompose = withFields({ [field]: request.text });
    return ok(inProgress(await change(world, request, id, { appCompose })));
  };

async function updateVisibility(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const fields = check(visibilitySchema, request.body);
  await change(world, request, id, { appCompose: withFields(fields) });
  const cvm = findLive(await world.store.read(), id);
  return ok(
    cvmResponse(cvm, { version: "2025-10-28", behaviour: world.behaviour(), now: Date.now() }),
  );
}

async function provision(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const { update_env_vars: _, ...fields } = checkUpdate(composeUpdateSchema, request.body);
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
  const { compose_hash: hash, encrypted_env: encryptedEnv } = check(
    commitUpdateSchema,
    request.body,
  );
  const fresh = withoutExpired(await world.store.read(), world.behaviour().provisionLifeMs);
  const { appCompose } = findUpdateProvision(fresh, findLive(fresh, id), hash);
  const operation = await change(world, request, id, {
    appCompose: () => appCompose,
    encryptedEnv,
  });
  return ok({ correlation_id: operation.correlationId });
}

export const UPDATE_ROUTES: readonly Route[] = [
  route("PATCH", "/cvms/:id", update),
  route("PATCH", "/cvms/:id/envs", updateEnvironment),
  route("PATCH", "/cvms/:id/docker-compose", updateText("docker_compose_file")),
  route("PATCH", "/cvms/:id/pre-launch-script", updateText("pre_launch_script")),
  route("PATCH", "/cvms/:id/visibility", updateVisibility),
  route("POST", "/cvms/:id/compose_file/provision", provision),
  route("PATCH", "/cvms/:id/compose_file", commit),
];
