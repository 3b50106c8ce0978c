/** What a CVM's containers answer: spawntee as a registry or runner, or any other web server. */
import { createHash, createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { INSTANCE_TYPES } from "./catalog.ts";
import { environmentOf, runningServices, type RunningService } from "./interpreter.ts";
import { verifyQuote } from "./kms.ts";
import type { Life } from "./lifecycle.ts";
import type { CvmState, Generation } from "./model.ts";

const SYSTEM_MEMORY_MB = 512;

export type ServiceRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
};

export type ServiceReply = {
  readonly status: number;
  readonly json: unknown;
  /** Hashes that this request pushed to the running registry. */
  readonly push?: readonly string[];
};

export type ServiceWorld = {
  readonly cvm: CvmState;
  readonly life: Life & { readonly serving: Generation };
  readonly port: number;
  readonly quoteKey: string;
  readonly now: number;
};

/** Undefined: nobody listens on that port. */
export function answerService(world: ServiceWorld, request: ServiceRequest): ServiceReply | undefined {
  const services = runningServices(world.cvm, world.life.serving);
  const service = services.find((candidate) => candidate.publishedPorts.has(world.port));
  if (!service) return undefined;
  if (!/spawn/.test(service.image)) return { status: 200, json: { message: "It works!" } };
  return answerSpawntee(world, service, request);
}

function answerSpawntee(world: ServiceWorld, service: RunningService, request: ServiceRequest): ServiceReply {
  const mode = service.environment.get("MODE") ?? "";
  const route = `${request.method} ${request.path}`;
  if (route === "GET /health" || route === "GET /") return health(world, service, mode);
  if (route === "GET /capacity") return capacity(world, service);
  if (!mode.includes("registry")) return notFound();
  if (route === "POST /registry/re-encrypt") return reEncrypt(world, service, request);
  if (route === "POST /registry/approve-hash") return approveHash(world, service, request);
  return notFound();
}

const notFound = (): ServiceReply => ({ status: 404, json: { detail: "Not Found" } });

function health(world: ServiceWorld, service: RunningService, mode: string): ServiceReply {
  // An image of this kind stays unhealthy, so that a failing service can be tried out.
  const status = /unhealthy/.test(service.image) ? "unhealthy" : "healthy";
  const uptime = Math.max(0, (world.now - world.life.bootedAt) / 1000);
  return { status: 200, json: { status, service: "secure-spawn", mode, uptime_seconds: uptime } };
}

function capacity(world: ServiceWorld, service: RunningService): ServiceReply {
  const full = Number(service.environment.get("CAPACITY_THRESHOLD") ?? "0.8") <= 0;
  const memoryMb = INSTANCE_TYPES.find(({ id }) => id === world.cvm.instanceType)?.memoryMb ?? 0;
  return {
    status: 200,
    json: {
      accepting_new_models: !full,
      total_memory_mb: memoryMb,
      // The system's own share; nothing else runs in here.
      available_memory_mb: memoryMb - SYSTEM_MEMORY_MB,
      running_models: 0,
    },
  };
}

/** The list that the registry goes by: its environment's, and what was pushed to this very instance. */
export function approvedBy(world: ServiceWorld, service: RunningService): readonly string[] {
  const own = (service.environment.get("APPROVED_COMPOSE_HASH") ?? "").split(",").map((hash) => hash.trim());
  const { pushed } = world.cvm;
  const also = pushed?.instance === world.life.instance ? pushed.hashes : [];
  return [...own, ...also].filter((hash) => hash !== "");
}

const reEncryptBody = z.object({ quote: z.string() });

/** Hands a model's key to a runner, if its quote is genuine and its compose hash approved. */
function reEncrypt(world: ServiceWorld, service: RunningService, request: ServiceRequest): ServiceReply {
  if (!service.environment.get("AWS_ACCESS_KEY_ID") || !service.environment.get("AWS_SECRET_ACCESS_KEY")) {
    return { status: 500, json: { detail: "no AWS credentials: the model can't be fetched" } };
  }
  const body = reEncryptBody.safeParse(request.body);
  const claims = body.success ? verifyQuote(body.data.quote, world.quoteKey) : undefined;
  if (!claims) return { status: 403, json: { detail: "attestation rejected: the quote is not genuine" } };
  if (!approvedBy(world, service).includes(claims.compose_hash)) {
    return {
      status: 403,
      json: { detail: `attestation rejected: compose hash ${claims.compose_hash} is not approved` },
    };
  }
  return { status: 200, json: { re_encrypted: true, app_id: claims.app_id } };
}

const approveBody = z.object({ hashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1) });
const SIGNATURE_LIFE_S = 60;

/** Offered only by registries that know their coordinator's wallet. */
function approveHash(world: ServiceWorld, service: RunningService, request: ServiceRequest): ServiceReply {
  const wallet = service.environment.get("GATEWAY_AUTH_COORDINATOR_WALLET") ?? walletOf(world);
  if (!wallet) return notFound();
  const refusal = refuseSignature(request, wallet, world.now);
  if (refusal !== undefined) return { status: 401, json: { detail: refusal } };
  const body = approveBody.safeParse(request.body);
  if (!body.success) return { status: 422, json: { detail: "hashes must be 64 hex digits each" } };
  return { status: 200, json: { approved: body.data.hashes }, push: body.data.hashes };
}

function walletOf(world: ServiceWorld): string | undefined {
  return environmentOf(world.cvm, world.life.serving).get("GATEWAY_AUTH_COORDINATOR_WALLET");
}

const messageSchema = z.object({ path: z.string(), timestamp: z.number().int() });

/**
 * Checks the signature headers. A wallet stands for its key here as `sandbox:<SHA-256 of the DER SPKI>`: the
 * real one is looked up on chain.
 */
function refuseSignature(request: ServiceRequest, wallet: string, now: number): string | undefined {
  const [message, signature, pubkey] = ["message", "signature", "pubkey"].map((part) =>
    Buffer.from(request.headers[`x-gateway-auth-${part}`] ?? "", "base64"),
  );
  if (!message?.length || !signature?.length || !pubkey?.length) return "signature headers are missing";
  if (`sandbox:${createHash("sha256").update(pubkey).digest("hex")}` !== wallet)
    return "unknown coordinator key";
  try {
    const key = createPublicKey({ key: pubkey, type: "spki", format: "der" });
    if (!verify("sha256", message, key, signature)) return "bad signature";
    const { path, timestamp } = messageSchema.parse(JSON.parse(message.toString("utf8")));
    if (path !== request.path) return "signed for another path";
    if (Math.abs(now / 1000 - timestamp) > SIGNATURE_LIFE_S) return "signature expired";
  } catch {
    return "bad signature";
  }
  return undefined;
}
