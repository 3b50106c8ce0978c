/**
 * Which requests a service takes for its coordinator's: signed with the key that its wallet stands for. A wallet is
 * `sandbox:<SHA-256 of the DER SPKI>` here: the real one is looked up on chain.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import type { RunningService } from "./interpreter.ts";
import type { ServiceRequest, ServiceWorld } from "./spawntee.ts";

const SIGNATURE_LIFE_S = 30;

/** Only what the compose file passes to the service reaches it. Empty stands for none. */
export function walletOf(service: RunningService): string | undefined {
  return service.environment.get("GATEWAY_AUTH_COORDINATOR_WALLET") || undefined;
}

const messageSchema = z.object({ path: z.string(), timestamp: z.number().int() });

/**
 * Why a request is refused with 401; undefined: it is not. After a boot every signature is, until the service has
 * loaded what it needs to check one.
 */
export function signatureRefusal(
  world: ServiceWorld,
  request: ServiceRequest,
  wallet: string,
): string | undefined {
  const [message, signature, pubkey] = ["message", "signature", "pubkey"].map((part) =>
    Buffer.from(request.headers[`x-gateway-auth-${part}`] ?? "", "base64"),
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
