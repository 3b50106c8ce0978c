/** The gateway in front of the CVMs: `/gateway/{app_id}-{port}.{base_domain}/path`, on the API's own port. */
import { baseDomainOf } from "./catalog.ts";
import { liveCvms, pushHashes } from "./cloud.ts";
import { lifeOf } from "./lifecycle.ts";
import { nodeOf } from "./responses.ts";
import { answerService, type ServiceReply, type ServiceRequest } from "./spawntee.ts";
import type { CloudStore } from "./store.ts";

const ADDRESS = /^\/gateway\/([0-9a-f]{40})-(\d+)\.([^/]+)(\/.*)?$/;

/** Undefined: the gateway has nobody to hand the request to, and says so in HTML, as proxies do. */
export async function answerGateway(
  store: CloudStore,
  request: ServiceRequest,
): Promise<ServiceReply | undefined> {
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
  const world = { cvm, life: { ...life, serving }, port: Number(port), quoteKey: state.quoteKey, now };
  const reply = answerService(world, { ...request, path: path ?? "/" });
  const { push } = reply ?? {};
  if (push)
    await store.change((latest) => pushHashes(latest, cvm.vmUuid, { hashes: push, instance: life.instance }));
  return reply;
}
