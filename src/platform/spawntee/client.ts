/** The spawntee service of one CVM, behind the gateway. */
import * as z from "zod";
import type { HttpClient } from "../net/http.ts";
import type {
  Capacity,
  Clock,
  Health,
  Spawntee,
  SpawnteeAnswer,
  TasksProbe,
} from "../../core/ports.ts";
import { SampledServerClock } from "../net/server-clock.ts";
import { get } from "./get.ts";
import { pushHashes, type Client, timeOf, signedHeaders } from "./approve.ts";
import { parseJson } from "../../lib/json.ts";

/** The tasks are all running models. */
const MAX_TASKS_BYTES = 4 * 1024 * 1024;

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

const named = z.object({ service: z.string() });

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

/** @param redact applied to answers before they are shortened: half a secret would not be recognised. */
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
  const answer = await get(http, url, signal);
  if ("kind" in answer) return answer;
  const body = parseJson(answer.text);
  // An unhealthy service answers 503 with the same JSON. A 503 without its name, and any other code, comes from the
  // gateway.
  const isOwn = answer.status === 200 || (answer.status === 503 && named.safeParse(body).success);
  const parsed = isOwn ? schema.safeParse(body) : undefined;
  if (parsed?.success) return { kind: "answered", value: parsed.data };
  return { kind: "other", detail: `HTTP ${answer.status}, not from spawntee` };
}

/**
 * Whether `/debug/exec` exists, requested without a command. Only JSON, which is spawntee's, proves that it does not:
 * a page of the gateway does not.
 */
async function debugEndpoint(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
): Promise<"closed" | "open" | "unknown"> {
  const answer = await get(http, `${url}/debug/exec`, signal);
  if ("kind" in answer) return "unknown";
  const { status, text } = answer;
  // An open endpoint reports at most the missing command.
  if (status === 200 || status === 422 || status === 400) return "open";
  return [401, 403, 404, 405].includes(status) && /^\s*[{["]/.test(text) ? "closed" : "unknown";
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
  const answer = await get(http, `${url}/tasks`, signal, { headers, maxBytes: MAX_TASKS_BYTES });
  if ("kind" in answer) return answer;
  serverClock.record(answer, sentAtMs);
  const isJson = /^\s*[{[]/.test(answer.text);
  if (answer.status === 200 && isJson) return { kind: "listed" };
  if (answer.status === 401 && isJson) return { kind: "unauthorized" };
  return { kind: "other", detail: `HTTP ${answer.status}` };
}
