/** The spawntee service of one CVM, behind the gateway. */
import { z } from "zod";
import { describeNetworkError, type HttpAnswer, type HttpClient } from "../net/http.ts";
import type { ApproveHashAnswer, Capacity, Clock, Health, Spawntee, SpawnteeAnswer } from "../ports.ts";
import { signedHeaders } from "./signature.ts";

const LOOK_TIMEOUT_MS = 10_000;
const APPROVE_TIMEOUT_MS = 30_000;
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

export function createSpawntee(http: HttpClient, clock: Clock): Spawntee {
  return {
    health: (url, signal) => ask(http, `${url}/health`, health, signal),
    capacity: (url, signal) => ask(http, `${url}/capacity`, capacity, signal),
    approveHashes: (url, hashes, privateKeyPem, signal) =>
      approve(
        http,
        { url, hashes, headers: signedHeaders(APPROVE_PATH, privateKeyPem, clock.now()) },
        signal,
      ),
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
    answer = await http.send({ method: "GET", url, timeoutMs: LOOK_TIMEOUT_MS }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "silent", detail: `no answer: ${describeNetworkError(error)}` };
  }
  const parsed = schema.safeParse(parseJson(answer.text));
  // An unhealthy service says so with 503 and the same JSON.
  if (parsed.success) return { kind: "answered", value: parsed.data };
  return { kind: "other", detail: `HTTP ${answer.status}, not from spawntee` };
}

async function approve(
  http: HttpClient,
  push: {
    readonly url: string;
    readonly hashes: readonly string[];
    readonly headers: Record<string, string>;
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
      },
      signal,
    );
    if (answer.status >= 200 && answer.status < 300) return { kind: "approved" };
    if (answer.status === 404 || answer.status === 405) return { kind: "not-offered" };
    const detail = `HTTP ${answer.status}: ${answer.text.slice(0, 200)}`;
    return answer.status >= 500 ? { kind: "unclear", detail } : { kind: "refused", detail };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "unclear", detail: describeNetworkError(error) };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
