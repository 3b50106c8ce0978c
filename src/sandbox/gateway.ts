/** The gateway in front of the CVMs: `/gateway/{app_id}-{port}.{base_domain}/path`, on the API's own port. */
import type { ApiWorld } from "./api/route.ts";
import { guestInfo } from "./attestation/api.ts";
import { answerKms } from "./attestation/env-keys.ts";
import { baseDomainOf } from "./catalog.ts";
import { pushHashes } from "./cloud.ts";
import { liveCvms } from "./find.ts";
import { lifeOf } from "./lifecycle.ts";
import { answerLog, LOG_PORT } from "./logs.ts";
import type { CvmState } from "./model.ts";
import { nodeOf } from "./responses.ts";
import { answerService, type ServiceReply, type ServiceRequest } from "./spawntee.ts";

const ADDRESS = /^\/gateway\/([0-9a-f]{40})-(\d+)\.([^/]+)(\/.*)?$/;

/** Undefined: the gateway has nobody to hand the request to, and says so in HTML, as proxies do. */
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
  const cvm = liveCvms(state, now).find(
    (candidate) => candidate.appId === appId && isServing(candidate, now),
  );
  if (!cvm || baseDomainOf(nodeOf(cvm)) !== domain) return undefined;
  const life = lifeOf(cvm, now);
  const { serving } = life;
  if (!serving) return undefined;
  const served = { cvm, life: { ...life, serving } };
  if (Number(port) === LOG_PORT) {
    return answerLog(cvm, served.life, path ?? "/") ?? guestInfo(world, served, path ?? "/");
  }
  const { quoteKey } = state;
  const service = { ...served, port: Number(port), quoteKey, now, behaviour: world.behaviour() };
  const reply = answerService(service, { ...request, path: path ?? "/" });
  const { push } = reply ?? {};
  if (push)
    await store.change((latest) =>
      pushHashes(latest, cvm.vmUuid, { hashes: push, instance: life.instance }),
    );
  return reply;
}

/** Of several CVMs of one app, the gateway picks one that runs. */
const isServing = (cvm: CvmState, now: number): boolean => lifeOf(cvm, now).serving !== undefined;
