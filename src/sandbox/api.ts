/** The REST API: which request does what. */
import type { ServerResponse } from "node:http";
import { stats } from "./stats.ts";
import * as attestation from "./attestation/api.ts";
import type { AttestationWorld } from "./attestation/api.ts";
import * as envKeys from "./attestation/env-keys.ts";
import * as cloud from "./cloud.ts";
import { lifeOf } from "./lifecycle.ts";
import type { CloudState, CvmState, SandboxTimings } from "./model.ts";
import { account, instanceTypes, instanceTypesOf, nodes } from "./platform.ts";
import { commitRequest, provisionRequest, updateRequest } from "./requests.ts";
import { cvmResponse, oldCvm, oldListItem, operationResponse, type ApiVersion } from "./responses.ts";
import { stateOf, stateWatch, streamState } from "./state-stream.ts";
import type { CloudStore } from "./store.ts";

export type ApiRequest = {
  readonly method: string;
  /** Without the prefix and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly version: ApiVersion;
};

export type Reply = {
  readonly status: number;
  readonly json: unknown;
  /** In place of the JSON, as it is. */
  readonly text?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Writes the whole answer itself, event by event. */
  readonly stream?: (response: ServerResponse) => Promise<void>;
};

export type ApiWorld = AttestationWorld & {
  readonly store: CloudStore;
  readonly timings: SandboxTimings;
  readonly defaultNodeId: number;
  readonly creditUsd: number;
};

type Route = {
  readonly method: string;
  readonly path: RegExp;
  handle(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply>;
};

const ok = (json: unknown): Reply => ({ status: 200, json });

/** A read of one CVM. */
function ofCvm(path: RegExp, answer: (state: CloudState, id: string, request: ApiRequest) => unknown): Route {
  return {
    method: "GET",
    path,
    handle: async (world, request, id) => ok(answer(await world.store.read(), id, request)),
  };
}

const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: /^\/auth\/me$/,
    handle: async (world, request) => ok(account(world.creditUsd, request.version)),
  },
  { method: "GET", path: /^\/teepods\/available$/, handle: async () => ok(nodes()) },
  { method: "GET", path: /^\/instance-types$/, handle: async () => ok(instanceTypes()) },
  {
    method: "GET",
    path: /^\/instance-types\/([^/]+)$/,
    handle: async (_world, _request, family) => ok(instanceTypesOf(family)),
  },
  { method: "GET", path: /^\/cvms$/, handle: async (world, request) => ok(await bareList(world, request)) },
  {
    method: "GET",
    path: /^\/cvms\/paginated$/,
    handle: async (world, request) => ok(await page(world, request)),
  },
  { method: "POST", path: /^\/cvms\/provision$/, handle: provision },
  { method: "POST", path: /^\/cvms$/, handle: commit },
  { method: "PATCH", path: /^\/cvms\/([^/]+)$/, handle: update },
  { method: "DELETE", path: /^\/cvms\/([^/]+)$/, handle: remove },
  { method: "POST", path: /^\/cvms\/([^/]+)\/(?:start|stop|shutdown|restart)$/, handle: power },
  {
    method: "GET",
    path: /^\/cvms\/([^/]+)$/,
    handle: async (world, request, id) => {
      const cvm = envKeys.withEnvKey(world, cloud.findLive(await world.store.read(), id));
      return ok(cvmResponse(cvm, request.version, Date.now()));
    },
  },
  ofCvm(/^\/cvms\/([^/]+)\/compose_file$/, (state, id) => cloud.findLive(state, id).current.appCompose),
  ofCvm(
    /^\/cvms\/([^/]+)\/docker-compose\.yml$/,
    (state, id) => cloud.findLive(state, id).current.appCompose.docker_compose_file,
  ),
  ofCvm(/^\/cvms\/([^/]+)\/operations$/, (state, id, request) => operations(state, id, request.query)),
  {
    method: "GET",
    path: /^\/cvms\/([^/]+)\/attestation$/,
    handle: async (world, _, id) => ok(attestation.ofCvm(world, await world.store.read(), id)),
  },
  {
    method: "GET",
    path: /^\/apps\/([^/]+)\/attestations$/,
    handle: async (world, _, id) => ok(attestation.ofApp(world, await world.store.read(), id)),
  },
  {
    method: "GET",
    path: /^\/kms\/phala\/pubkey\/([0-9a-f]{40})$/,
    handle: async (world, _, appId) => ok(envKeys.publicKey(world, await world.store.read(), appId)),
  },
  ofCvm(/^\/cvms\/([^/]+)\/stats$/, stats),
  { method: "GET", path: /^\/cvms\/([^/]+)\/state$/, handle: cvmState },
];

/** @throws Refusal for what the platform refuses. */
export async function answerApi(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  for (const route of ROUTES) {
    const match = route.method === request.method ? route.path.exec(request.path) : null;
    if (match) return route.handle(world, request, decodeURIComponent(match[1] ?? ""));
  }
  throw new cloud.Refusal(404, { detail: "Not Found" });
}

const cvmResponseOf =
  (version: ApiVersion) =>
  (cvm: CvmState, now: number): unknown =>
    cvmResponse(cvm, version, now);

async function bareList(world: ApiWorld, request: ApiRequest): Promise<unknown> {
  const state = await world.store.read();
  return cloud.liveCvms(state).map((cvm) => cvmResponse(cvm, request.version, Date.now()));
}

/** The platform gives 100 a page at most, whatever is asked for. */
async function page(world: ApiWorld, request: ApiRequest): Promise<unknown> {
  const search = request.query.get("search") ?? "";
  const number = Math.max(1, wholeNumber(request.query, "page", 1));
  const size = Math.min(100, Math.max(1, wholeNumber(request.query, "page_size", 10)));
  const node = request.query.get("node_id") ?? request.query.get("teepod_id");
  const all = cloud
    .liveCvms(await world.store.read())
    .filter((cvm) => cvm.name.includes(search) && (node === null || String(cvm.nodeId) === node));
  const items = all.slice((number - 1) * size, number * size);
  const shape = request.version === "2025-10-28" ? oldListItem : cvmResponseOf(request.version);
  return {
    items: items.map((cvm) => shape(cvm, Date.now())),
    total: all.length,
    page: number,
    page_size: size,
    pages: Math.ceil(all.length / size),
  };
}

/** @throws Refusal (422) for what is no whole number. */
function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const issue = { loc: ["query", name], msg: "Input should be a valid integer", type: "int_parsing" };
  throw new cloud.Refusal(422, { detail: [issue] });
}

async function provision(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  const {
    name,
    nodeId,
    instanceType,
    compose_file: fields,
  } = provisionRequest(request.body, world.defaultNodeId);
  const provisioned = await world.store.change((state) => {
    if (cloud.liveCvms(state).some((cvm) => cvm.name === name)) throw cloud.nameTaken(name);
    const appCompose = attestation.platformsCompose(world, cloud.buildAppCompose(fields));
    return cloud.provision(state, { name, nodeId, instanceType, appCompose }, (appId) =>
      envKeys.appKeys(world, appId),
    );
  });
  return ok({
    app_id: provisioned.appId,
    compose_hash: provisioned.composeHash,
    app_env_encrypt_pubkey: provisioned.kmsPublicKey,
    kms_info: null,
    fmspc: null,
    device_id: null,
    os_image_hash: null,
    instance_type: instanceType,
    teepod_id: nodeId,
    kms_id: null,
  });
}

async function commit(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  const {
    app_id: appId,
    compose_hash: composeHash,
    encrypted_env: encryptedEnv,
  } = commitRequest(request.body);
  const now = Date.now();
  const cvm = await world.store.change((state) =>
    cloud.commit(state, {
      appId,
      composeHash,
      encryptedEnv: encryptedEnv ?? null,
      now,
      timings: world.timings,
    }),
  );
  return ok(oldCvm(cvm, now));
}

async function update(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const fields = updateRequest(request.body);
  const operation = await world.store.change((state) => {
    const { current } = cloud.findLive(state, id);
    const built = cloud.buildAppCompose({
      docker_compose_file: fields.docker_compose_file ?? current.appCompose.docker_compose_file,
      allowed_envs: fields.allowed_envs ?? current.appCompose.allowed_envs,
      pre_launch_script: fields.pre_launch_script ?? current.appCompose.pre_launch_script ?? "",
      public_logs: fields.public_logs ?? current.appCompose["public_logs"] === true,
      public_sysinfo: fields.public_sysinfo ?? current.appCompose["public_sysinfo"] === true,
    });
    const encryptedEnv = fields.encrypted_env ?? current.encryptedEnv;
    const appCompose = attestation.platformsCompose(world, built);
    const rekeyed = fields.encrypted_env === undefined ? state : envKeys.rekeyed(world, state, id);
    return cloud.update(rekeyed, id, { appCompose, encryptedEnv, now: Date.now(), timings: world.timings });
  });
  return ok({ correlation_id: operation.correlationId });
}

async function remove(world: ApiWorld, _: ApiRequest, id: string): Promise<Reply> {
  await world.store.change((state) => cloud.remove(state, id, Date.now() + world.timings.deletionMs));
  return { status: 204, json: undefined };
}

async function power(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const verb = request.path.split("/").at(-1);
  const type = verb === "restart" ? "restart" : verb === "start" ? "power_on" : "shutdown";
  await world.store.change((state) =>
    cloud.power(state, id, { type, now: Date.now(), timings: world.timings }),
  );
  return ok(oldCvm(cloud.findLive(await world.store.read(), id), Date.now()));
}

/** Once, or with a `target` as a stream until the CVM is there. */
async function cvmState(world: ApiWorld, request: ApiRequest, id: string): Promise<Reply> {
  const state = stateOf(cloud.findLive(await world.store.read(), id), Date.now());
  if (!request.query.has("target")) return ok(state);
  const watch = stateWatch(id, request.query);
  return { ...ok(state), stream: (response) => streamState(world.store, watch, response) };
}

/** Newest first; `cursor` is how many of them to pass over. */
function operations(state: CloudState, id: string, query: URLSearchParams): unknown {
  const cvm = cloud.findLive(state, id);
  const now = Date.now();
  const { bootError } = lifeOf(cvm, now);
  const start = wholeNumber(query, "cursor", 0);
  const end = start + Math.min(100, Math.max(1, wholeNumber(query, "limit", 20)));
  const all = cvm.operations
    .toReversed()
    .map((operation, index) => operationResponse(operation, now, index === 0 ? bootError : null));
  return {
    items: all.slice(start, end),
    total: all.length,
    next_cursor: end < all.length ? String(end) : null,
  };
}
