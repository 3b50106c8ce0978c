/** `POST /registry/approve-hash`: a push counts only if the registry confirms the hashes. */
import * as z from "zod";
import type { ApproveHashAnswer, Clock, ServerClock } from "../../core/ports.ts";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import { get } from "./get.ts";
import type { SampledServerClock } from "../net/server-clock.ts";
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { ClusterError, messageOf } from "../../errors/cluster-error.ts";
import { parseJson } from "../../lib/json.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;
/** Of an answer in a message. */
const MAX_SHOWN = 200;
const PATH = "/registry/approve-hash";

/** After a boot, spawntee answers 401 to signed requests until it has loaded the certificate hashes. */
const BOOT_MS = 60_000;
const PAUSE_MS = 3_000;

export type Client = {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  /** The registry's: signatures are valid for 30 s of *its* time. */
  readonly serverClock: SampledServerClock;
};

type Push = {
  readonly url: string;
  readonly hashes: readonly string[];
  readonly privateKeyPem: string;
};

/** Pushes the hashes; repeats for a minute if a registry that may just have booted answers 401. */
export async function pushHashes(
  client: Client,
  push: Push,
  signal: AbortSignal,
): Promise<ApproveHashAnswer> {
  const { clock } = client;
  const deadline = clock.monotonic() + BOOT_MS;
  for (let attempt = 1; ; attempt += 1) {
    const { answer, isUnauthorized } = await pushOnce(client, push, signal);
    if (!isUnauthorized || clock.monotonic() + PAUSE_MS >= deadline) return answer;
    if (attempt === 1 && (await isLongUp(client, push.url, signal))) return answer;
    await clock.sleep(PAUSE_MS, signal);
  }
}

type Pushed = { readonly answer: ApproveHashAnswer; readonly isUnauthorized: boolean };

async function pushOnce(client: Client, push: Push, signal: AbortSignal): Promise<Pushed> {
  const { http, clock, serverClock, redact } = client;
  const sentAtMs = clock.monotonic();
  const signed = signedHeaders(PATH, push.privateKeyPem, timeOf(serverClock, clock));
  try {
    const answer = await http.send(
      {
        method: "POST",
        url: `${push.url}${PATH}`,
        headers: { ...signed, "content-type": "application/json" },
        body: JSON.stringify({ hashes: push.hashes }),
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
      },
      signal,
    );
    serverClock.record(answer, sentAtMs);
    return {
      answer: approvalOf(answer, push.hashes, redact),
      isUnauthorized: answer.status === 401,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return {
      answer: { kind: "unclear", detail: messageOf(error) },
      isUnauthorized: false,
    };
  }
}

/** The time for a signature, ms since the epoch. */
export function timeOf(serverClock: ServerClock, clock: Clock): number {
  return serverClock.now()?.ms ?? clock.now();
}

/** Whether it reports being up for twice the loading time: then its 401 is final. */
async function isLongUp({ http }: Client, url: string, signal: AbortSignal): Promise<boolean> {
  const answer = await get(http, `${url}/health`, signal);
  if ("kind" in answer) return false;
  const { success, data } = uptime.safeParse(parseJson(answer.text));
  return success && data.uptime_seconds * 1000 > 2 * BOOT_MS;
}

const uptime = z.object({ uptime_seconds: z.number() });

/** Only JSON is from the registry: the gateway sends pages in HTML if the CVM does not answer. */
function approvalOf(
  answer: HttpAnswer,
  hashes: readonly string[],
  redact: (text: string) => string,
): ApproveHashAnswer {
  const body = parseJson(answer.text);
  const said = redact(answer.text).replaceAll(/\s+/g, " ");
  const detail = `HTTP ${answer.status}: ${said.length > MAX_SHOWN ? `${said.slice(0, MAX_SHOWN)}…` : said}`;
  if (typeof body !== "object" || body === null || answer.status >= 500)
    return { kind: "unclear", detail };
  if (answer.status >= 200 && answer.status < 300) return accepted(body, hashes, detail);
  if (answer.status === 404 || answer.status === 405) return { kind: "not-offered" };
  return answer.status >= 400 ? { kind: "refused", detail } : { kind: "unclear", detail };
}

const receipt = z.object({
  error: z.unknown().optional(),
  hashes: z.array(z.string()).optional(),
  approved: z.array(z.string()).optional(),
  approved_count: z.number().int().optional(),
});

/** `{approved_count, hashes}`; any other 200 is not evidence. */
function accepted(body: object, hashes: readonly string[], detail: string): ApproveHashAnswer {
  const parsed = receipt.safeParse(body);
  if (!parsed.success) return { kind: "unclear", detail };
  const { error, approved, approved_count: count } = parsed.data;
  if (error !== undefined && error !== null && error !== false) return { kind: "refused", detail };
  const named = parsed.data.hashes ?? approved;
  if (named === undefined) {
    const isCounted = count !== undefined && count >= new Set(hashes).size;
    return isCounted ? { kind: "approved" } : { kind: "unclear", detail };
  }
  const known = new Set(named.map((hash) => hash.toLowerCase().replace(/^0x/, "")));
  const isNamed = hashes.every((hash) => known.has(hash));
  return isNamed ? { kind: "approved" } : { kind: "refused", detail };
}

/**
 * Headers with the coordinator's signature of a request to a registry, which must be new for every attempt: the registry
 * refuses old timestamps. RSA, PKCS#1 v1.5 with SHA-256, over the compact JSON in the message header.
 *
 * @param nowMs milliseconds since the epoch; the message has whole seconds.
 * @throws ClusterError `bad-gateway-key` (input) if the PEM text is not an RSA private key.
 */
export function signedHeaders(
  path: string,
  privateKeyPem: string,
  nowMs: number,
): Record<string, string> {
  const key = rsaKey(privateKeyPem);
  const message = Buffer.from(JSON.stringify({ path, timestamp: Math.floor(nowMs / 1000) }));
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    "X-Gateway-Auth-Message": message.toString("base64"),
    "X-Gateway-Auth-Signature": sign("sha256", message, key).toString("base64"),
    "X-Gateway-Auth-Pubkey": publicKey.toString("base64"),
  };
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // OpenSSL's message does not help, and a cause must not contain anything of a key.
    throw badKey("is not a private key in PEM form, or has a passphrase");
  }
  if (key.asymmetricKeyType === "rsa") return key;
  throw badKey(`is a key of type ${key.asymmetricKeyType ?? "unknown"}`);
}

function badKey(what: string): ClusterError {
  return new ClusterError("input", "bad-gateway-key", {
    message: `the gateway key ${what}; registries check signatures of an RSA key`,
    hint: "point --gateway-key-path to the coordinator's RSA private key (PEM, without a passphrase)",
  });
}
