/** The containers of a CVM: spawntee as a registry or runner, or any other web server. */
import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import type { Behaviour } from "./faults.ts";
import { INSTANCE_TYPES } from "./catalog.ts";
import { runningServices, type RunningService } from "./interpreter.ts";
import { verifyRunnerQuote } from "./kms.ts";
import type { Serving } from "./lifecycle.ts";
import type { CvmState } from "./model.ts";
import { failure, ok, type Reply } from "./reply.ts";
import { createHash, createPublicKey, verify } from "node:crypto";

const SYSTEM_MEMORY_MB = 512;

export type ServiceRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
};

/** `push`: hashes that this request pushed to the running registry. */
export type ServiceReply = Reply & { readonly push?: readonly string[] };

export type ServiceWorld = {
  readonly cvm: CvmState;
  readonly life: Serving;
  readonly port: number;
  readonly quoteKey: string;
  readonly now: number;
  readonly behaviour: Behaviour;
};

/** Undefined: nothing listens on that port. */
export function answerService(
  world: ServiceWorld,
  request: ServiceRequest,
): ServiceReply | undefined {
  const services = runningServices(world.cvm, world.life.serving);
  const service = services.find((candidate) => candidate.publishedPorts.has(world.port));
  if (!service) return undefined;
  if (!/spawn/.test(service.image)) return ok({ message: "It works!" });
  return answerSpawntee({ world, service, request });
}

/** A request to spawntee, with the service that it reaches. */
type Asked = {
  readonly world: ServiceWorld;
  readonly service: RunningService;
  readonly request: ServiceRequest;
};

function answerSpawntee(asked: Asked): ServiceReply {
  const { service, request } = asked;
  const mode = service.environment.get("MODE") ?? "";
  const route = `${request.method} ${request.path}`;
  if (route === "GET /health" || route === "GET /") return health(asked, mode);
  if (route === "GET /capacity") return capacity(asked);
  if (route === "GET /tasks") return tasks(asked);
  if (request.path === "/debug/exec") return debugExec(asked);
  if (!mode.includes("registry")) return notFound();
  if (route === "POST /registry/re-encrypt") return reEncrypt(asked);
  if (route === "POST /registry/approve-hash") return approveHash(asked);
  return notFound();
}

const notFound = (): Reply => failure(404, "Not Found");

function health({ world, service }: Asked, mode: string): Reply {
  // Such an image stays unhealthy, for trying out a failing service.
  const status = /unhealthy/.test(service.image) ? "unhealthy" : "healthy";
  const known = { status, service: "secure-spawn", mode };
  if (!world.behaviour.uptimeSeconds) return ok(known);
  const uptime = Math.max(0, (world.now - world.life.bootedAt) / 1000);
  return ok({ ...known, uptime_seconds: uptime });
}

function capacity({ world, service }: Asked): Reply {
  const threshold = Number(service.environment.get("CAPACITY_THRESHOLD") || "0.8");
  const perModelMb = Number(service.environment.get("MODEL_MEMORY_LIMIT_MB") || "1024");
  const memoryMb = INSTANCE_TYPES.find(({ id }) => id === world.cvm.instanceType)?.memoryMb ?? 0;
  return ok({
    accepting_new_models: threshold > 0,
    capacity_threshold: threshold,
    max_models: Math.max(0, Math.floor((memoryMb * threshold) / perModelMb)),
    total_memory_mb: memoryMb,
    // The system's share; nothing else runs.
    available_memory_mb: memoryMb - SYSTEM_MEMORY_MB,
    running_models: 0,
  });
}

/** Without a wallet, gateway authentication is off and the route is public. */
function tasks(asked: Asked): Reply {
  const refusal = signatureRefusal(asked);
  return refusal === undefined ? ok([]) : failure(401, refusal);
}

/** Public, as in the real image; it runs nothing. */
function debugExec({ service, request }: Asked): Reply {
  if (!/^(?:true|1|yes|on)$/i.test(service.environment.get("DEBUG_MODE") ?? "")) return notFound();
  if (!request.query.has("cmd"))
    return failure(422, [{ loc: ["query", "cmd"], msg: "Field required", type: "missing" }]);
  return ok({ returncode: 0, stdout: "", stderr: "the sandbox runs nothing" });
}

/** The registry's approved hashes: those of its environment, and those pushed to this instance. */
function approvedBy(world: ServiceWorld, service: RunningService): readonly string[] {
  const own = (service.environment.get("APPROVED_COMPOSE_HASH") ?? "")
    .split(",")
    .map((hash) => hash.trim());
  const { pushed } = world.cvm;
  const also = pushed?.instance === world.life.instance ? pushed.hashes : [];
  return [...own, ...also].filter((hash) => hash !== "");
}

const reEncryptBody = z.object({ quote: z.string() });

/** Gives a runner a model's key if its quote is genuine and its compose hash is approved. */
function reEncrypt({ world, service, request }: Asked): Reply {
  const { environment } = service;
  if (!environment.get("AWS_ACCESS_KEY_ID") || !environment.get("AWS_SECRET_ACCESS_KEY"))
    return failure(500, "no AWS credentials: the model can't be fetched");
  const body = reEncryptBody.safeParse(request.body);
  const claims = body.success ? verifyRunnerQuote(body.data.quote, world.quoteKey) : undefined;
  if (!claims) return failure(403, "attestation rejected: the quote is not genuine");
  const { app_id, compose_hash: hash } = claims;
  if (!approvedBy(world, service).includes(hash))
    return failure(403, `attestation rejected: compose hash ${hash} is not approved`);
  return ok({ re_encrypted: true, app_id });
}

const approveBody = z.object({ hashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1) });

/**
 * Registries without a coordinator's wallet have no such endpoint or, in some images, one that is public. Pushed hashes
 * are lost when the running instance ends.
 */
function approveHash(asked: Asked): ServiceReply {
  const { world, service, request } = asked;
  if (walletOf(service) === undefined && !world.behaviour.openRegistry) return notFound();
  const refusal = signatureRefusal(asked);
  if (refusal !== undefined) return failure(401, refusal);
  const body = approveBody.safeParse(request.body);
  if (!body.success) return failure(422, "hashes must be 64 hex digits each");
  const { hashes } = body.data;
  return { ...ok({ approved_count: hashes.length, hashes }), push: hashes };
}

/**
 * Requests of the coordinator are signed with the key of the wallet. In the sandbox a wallet is
 * `sandbox:<SHA-256 of the DER SPKI>`; a real one is looked up on chain.
 */
const SIGNATURE_LIFE_S = 30;

/** As the compose file passes it to the service; empty means none. */
const walletOf = ({ environment }: RunningService): string | undefined =>
  environment.get("GATEWAY_AUTH_COORDINATOR_WALLET") || undefined;

const messageSchema = z.object({ path: z.string(), timestamp: z.number().int() });

/**
 * Why a request is refused with 401; undefined if it is not, or if there is no wallet. After a boot every signature is
 * refused until the service has loaded the certificate hashes.
 */
function signatureRefusal({ world, service, request }: Asked): string | undefined {
  const wallet = walletOf(service);
  if (wallet === undefined) return undefined;
  const [message, signature, pubkey] = ["message", "signature", "pubkey"].map((part) =>
    Buffer.from(String(request.headers[`x-gateway-auth-${part}`] ?? ""), "base64"),
  );
  if (!message?.length || !signature?.length || !pubkey?.length)
    return "signature headers are missing";
  if (world.now - world.life.bootedAt < world.behaviour.authWarmupMs)
    return "certificate hashes not loaded yet";
  if (`sandbox:${createHash("sha256").update(pubkey).digest("hex")}` !== wallet)
    return "unknown coordinator key";
  try {
    const key = createPublicKey({ key: pubkey, type: "spki", format: "der" });
    if (!verify("sha256", message, key, signature)) return "bad signature";
    const { path, timestamp } = messageSchema.parse(JSON.parse(message.toString("utf8")));
    if (path !== request.path) return "signed for another path";
    const serverNow = world.now + world.behaviour.clockSkewMs;
    if (Math.abs(serverNow / 1000 - timestamp) > SIGNATURE_LIFE_S) return "signature expired";
  } catch {
    return "bad signature";
  }
  return undefined;
}
