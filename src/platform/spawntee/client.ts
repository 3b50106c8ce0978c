/** The spawntee service of one CVM, behind the gateway. */
import { z } from "zod";
import { type HttpAnswer, type HttpClient } from "../net/http.ts";
import { describeNetworkError } from "../net/network-error.ts";
import type {
  ApproveHashAnswer,
  Capacity,
  Clock,
  Health,
  Spawntee,
  SpawnteeAnswer,
} from "../../core/ports.ts";
import { signedHeaders } from "./signature.ts";

const LOOK_TIMEOUT_MS = 10_000;
const APPROVE_TIMEOUT_MS = 30_000;
/** Health and capacity take a few hundred bytes. */
const MAX_BYTES = 64 * 1024;
/** Of an answer that is shown. */
const LONGEST = 200;
const APPROVE_PATH = "/registry/approve-hash";

const health = z
  .object({
    status: z.string(),
    service: z.string().nullish(),
    mode: z.string().nullish(),
    uptime_seconds: z.number().nullish(),
  })
  .transform((answer): Health => ({
    status: answer.status,
    service: answer.service ?? null,
    mode: answer.mode ?? null,
    uptimeSeconds: answer.uptime_seconds ?? null,
  }));

const capacity = z
  .object({
    accepting_new_models: z.boolean(),
    running_models: z.number().nullish(),
    total_memory_mb: z.number().nullish(),
  })
  .transform((answer): Capacity => ({
    acceptingNewModels: answer.accepting_new_models,
    runningModels: answer.running_models ?? null,
    totalMemoryMb: answer.total_memory_mb ?? null,
  }));

/** @param redact is applied to what was answered before anything is cut from it: half a secret would get through. */
export function createSpawntee(
  http: HttpClient,
  clock: Clock,
  redact: (text: string) => string = (text) => text,
): Spawntee {
  return {
    health: (url, signal) => ask(http, `${url}/health`, health, signal),
    capacity: (url, signal) => ask(http, `${url}/capacity`, capacity, signal),
    async approveHashes(url, hashes, privateKeyPem, signal) {
      // Made anew at every call: the registry refuses old timestamps.
      const headers = signedHeaders(APPROVE_PATH, privateKeyPem, clock.now());
      return approve(http, { url, hashes, headers, redact }, signal);
    },
  };
}

async function ask<T>(
  http: HttpClient,
  url: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<SpawnteeAnswer<T>> {
  let answer: HttpAnswer;
  try {
    answer = await http.send({ method: "GET", url, timeoutMs: LOOK_TIMEOUT_MS, maxBytes: MAX_BYTES }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "silent", detail: `no answer: ${describeNetworkError(error)}` };
  }
  // An unhealthy service says so with 503 and the same JSON; other codes come from what stands before it.
  const parsed =
    answer.status === 200 || answer.status === 503 ? schema.safeParse(parseJson(answer.text)) : undefined;
  if (parsed?.success) return { kind: "answered", value: parsed.data };
  return { kind: "other", detail: `HTTP ${answer.status}, not from spawntee` };
}

async function approve(
  http: HttpClient,
  push: {
    readonly url: string;
    readonly hashes: readonly string[];
    readonly headers: Record<string, string>;
    readonly redact: (text: string) => string;
  },
  signal: AbortSignal,
): Promise<ApproveHashAnswer> {
  try {
    const answer = await http.send(
      {
        method: "POST",
        url: `${push.url}${APPROVE_PATH}`,
        headers: { ...push.headers, "content-type": "application/json" },
        body: JSON.stringify({ hashes: push.hashes }),
        timeoutMs: APPROVE_TIMEOUT_MS,
        maxBytes: MAX_BYTES,
      },
      signal,
    );
    return approvalOf(answer, push.redact);
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "unclear", detail: describeNetworkError(error) };
  }
}

/** Only JSON is the registry's word: pages in HTML come from the gateway when the CVM is not there. */
function approvalOf(answer: HttpAnswer, redact: (text: string) => string): ApproveHashAnswer {
  const body = parseJson(answer.text);
  const said = redact(answer.text).replaceAll(/\s+/g, " ");
  const detail = `HTTP ${answer.status}: ${said.length > LONGEST ? `${said.slice(0, LONGEST)}…` : said}`;
  if (typeof body !== "object" || body === null || answer.status >= 500) return { kind: "unclear", detail };
  if (answer.status >= 200 && answer.status < 300) return { kind: "approved" };
  if (answer.status === 404 || answer.status === 405) return { kind: "not-offered" };
  return answer.status >= 400 ? { kind: "refused", detail } : { kind: "unclear", detail };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
