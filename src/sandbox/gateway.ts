/** The gateway in front of the CVMs: `/gateway/{app_id}-{port}.{base_domain}/path`, on the API's port. */
import type { ApiWorld } from "./api/route.ts";
import { guestInfo } from "./attestation/api.ts";
import { answerKms } from "./attestation/env-keys.ts";
import { baseDomainOf } from "./catalog.ts";
import { pushHashes } from "./cloud.ts";
import { liveCvms } from "./find.ts";
import { lifeOf, type Life, type Serving } from "./lifecycle.ts";
import type { CvmState } from "./model.ts";
import { nodeOf } from "./responses.ts";
import { answerService, type ServiceReply, type ServiceRequest } from "./spawntee.ts";
import { runningServices } from "./interpreter.ts";

const ADDRESS = /^\/gateway\/([0-9a-f]{40})-(\d+)\.([^/]+)(\/.*)?$/;

/** Undefined: nothing answers behind the gateway, which then sends a page in HTML, as proxies do. */
export async function answerGateway(
  world: ApiWorld,
  request: ServiceRequest,
): Promise<ServiceReply | undefined> {
  const { store } = world;
  const kms = await answerKms(world, request.path, request.body);
  if (kms) return kms;
  const match = ADDRESS.exec(request.path);
  if (!match) return undefined;
  const [, appId, port, domain, path] = match;
  const state = await store.read();
  const now = Date.now();
  // Of several CVMs of one app, the gateway picks one that runs.
  const served = liveCvms(state, now)
    .filter((cvm) => cvm.appId === appId)
    .map((cvm) => ({ cvm, life: lifeOf(cvm, now) }))
    .find(isServed);
  if (!served || baseDomainOf(nodeOf(served.cvm)) !== domain) return undefined;
  const { cvm, life } = served;
  if (Number(port) === LOG_PORT)
    return answerLog(cvm, life, path ?? "/") ?? guestInfo(world, served, path ?? "/");
  const { quoteKey } = state;
  const service = { ...served, port: Number(port), quoteKey, now, behaviour: world.behaviour };
  const reply = answerService(service, { ...request, path: path ?? "/" });
  const { push } = reply ?? {};
  if (push)
    await store.change((latest) =>
      pushHashes(latest, cvm.vmUuid, { hashes: push, instance: life.instance }),
    );
  return reply;
}

type Served = { readonly cvm: CvmState; readonly life: Serving };

const isServed = (one: { readonly cvm: CvmState; readonly life: Life }): one is Served =>
  one.life.serving !== undefined;

/** The port of a CVM's guest agent. */
export const LOG_PORT = 8090;

/** `GET /logs/{container}` or `/logs/serial`, if the app-compose makes the logs public. Undefined: there is none. */
function answerLog(cvm: CvmState, life: Serving, path: string): ServiceReply | undefined {
  const name = /^\/logs\/([^/]+)$/.exec(path)?.[1];
  const isPublic = life.serving.appCompose["public_logs"] === true;
  const text = name && isPublic ? logOf(cvm, life, name) : undefined;
  if (text === undefined) return undefined;
  return { status: 200, text, headers: { "content-type": "text/plain; charset=utf-8" } };
}

/** Lines of text without values of the environment; undefined if there is no such container. */
function logOf(cvm: CvmState, life: Serving, name: string): string | undefined {
  const at = (ms: number): string => new Date(life.bootedAt + ms).toISOString();
  if (name === "serial")
    return `${at(0)} dstack-0.5.4 booting\n${at(1)} compose hash ${life.serving.composeHash}\n${at(2)} containers started\n`;
  const service = runningServices(cvm, life.serving).find((candidate) => candidate.name === name);
  if (!service) return undefined;
  const mode = service.environment.get("MODE");
  const lines = [
    `${at(0)} container ${name} started (sandbox: no image is run)`,
    `${at(1)} environment: ${[...service.environment.keys()].join(", ")}`,
    ...(mode ? [`${at(2)} mode ${mode}`] : []),
    `${at(3)} listening on ${[...service.publishedPorts].join(", ")}`,
  ];
  return `${lines.join("\n")}\n`;
}
