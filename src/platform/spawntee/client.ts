/** The spawntee service of one CVM, behind the gateway. */
import * as z from "zod";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import { describeNetworkError } from "../net/network-error.ts";
import type {
  Capacity,
  Clock,
  Health,
  Spawntee,
  SpawnteeAnswer,
  TasksProbe,
} from "../../core/ports.ts";
import { SampledServerClock } from "../net/server-clock.ts";
import { pushHashes, type Client, timeOf, signedHeaders } from "./approve.ts";
import { parseJson } from "../../lib/json.ts";

const LOOK_TIMEOUT_MS = 10_000;
/** Health and capacity take a few hundred bytes. */
const MAX_BYTES = 64 * 1024;

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
  const client: Client = { http, clock, redact, serverClock: new SampledServerClock(clock) };
  return {
    health: (url, signal) => ask(http, `${url}/health`, health, signal),
    capacity: (url, signal) => ask(http, `${url}/capacity`, capacity, signal),
    debugEndpoint: (url, signal) => debugEndpoint(http, url, signal),
    tasks: (url, signal, privateKeyPem) => probeTasks(client, url, privateKeyPem, signal),
    approveHashes: (url, hashes, privateKeyPem, signal) =>
      pushHashes(client, { url, hashes, privateKeyPem }, signal),
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
    answer = await http.send(
      { method: "GET", url, timeoutMs: LOOK_TIMEOUT_MS, maxBytes: MAX_BYTES },
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "silent", detail: `no answer: ${describeNetworkError(error)}` };
  }
  // An unhealthy service says so with 503 and the same JSON; other codes come from what stands before it.
  const parsed =
    answer.status === 200 || answer.status === 503
      ? schema.safeParse(parseJson(answer.text))
      : undefined;
  if (parsed?.success) return { kind: "answered", value: parsed.data };
  return { kind: "other", detail: `HTTP ${answer.status}, not from spawntee` };
}

const LIMITS = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

/**
 * Whether `/debug/exec` is there, asked without a command. Only spawntee's own word (JSON) counts: the gateway's page
 * for a CVM that is not there says nothing.
 */
export async function debugEndpoint(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
): Promise<"closed" | "open" | "unknown"> {
  try {
    const { status, text } = await http.send(
      { method: "GET", url: `${url}/debug/exec`, ...LIMITS },
      signal,
    );
    // It runs commands for anybody, and complains at most that there is none.
    if (status === 200 || status === 422 || status === 400) return "open";
    return [401, 403, 404, 405].includes(status) && /^\s*[{["]/.test(text) ? "closed" : "unknown";
  } catch (error) {
    if (signal.aborted) throw error;
    return "unknown";
  }
}

async function probeTasks(
  { http, clock, serverClock }: Client,
  url: string,
  privateKeyPem: string | undefined,
  signal: AbortSignal,
): Promise<TasksProbe> {
  const sentAtMs = clock.monotonic();
  const headers =
    privateKeyPem === undefined
      ? {}
      : signedHeaders("/tasks", privateKeyPem, timeOf(serverClock, clock));
  let answer: HttpAnswer;
  try {
    answer = await http.send(
      { method: "GET", url: `${url}/tasks`, headers, ...LIMITS, maxBytes: 1 << 22 },
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "silent", detail: `no answer: ${describeNetworkError(error)}` };
  }
  serverClock.note(answer, sentAtMs);
  const isJson = /^\s*[{[]/.test(answer.text);
  if (answer.status === 200 && isJson) return { kind: "listed" };
  return answer.status === 401 && isJson
    ? { kind: "unauthorized" }
    : { kind: "other", detail: `HTTP ${answer.status}` };
}
