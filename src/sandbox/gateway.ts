/** The gateway in front of the CVMs: `/gateway/{app_id}-{port}.{base_domain}/path`, on the API's own port. */
import { baseDomainOf } from "./catalog.ts";
import { liveCvms, pushHashes } from "./cloud.ts";
import { lifeOf } from "./lifecycle.ts";
import { nodeOf } from "./responses.ts";
import { answerService, type ServiceReply, type ServiceRequest } from "./spawntee.ts";
import type { ApiWorld } from "./api.ts";
import { guestInfo } from "./attestation/api.ts";
import { answerKms } from "./attestation/env-keys.ts";

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
  const cvm = liveCvms(state).find((candidate) => candidate.appId === appId);
  if (!cvm || baseDomainOf(nodeOf(cvm)) !== domain) return undefined;
  const now = Date.now();
  const life = lifeOf(cvm, now);
  const { serving } = life;
  if (!serving) return undefined;
  const served = { cvm, life: { ...life, serving } };
  if (port === "8090") return guestInfo(world, served, path ?? "/");
  const service = { ...served, port: Number(port), quoteKey: state.quoteKey, now };
  const reply = answerService(service, { ...request, path: path ?? "/" });
  const { push } = reply ?? {};
  if (push)
    await store.change((latest) => pushHashes(latest, cvm.vmUuid, { hashes: push, instance: life.instance }));
  return reply;
}
