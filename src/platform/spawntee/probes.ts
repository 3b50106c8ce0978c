/** Questions about what a CVM's spawntee offers, that change nothing. */
import type { TasksProbe } from "../../core/ports.ts";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import { describeNetworkError } from "../net/network-error.ts";
import { timeOf, type Client } from "./approve.ts";
import { signedHeaders } from "./signature.ts";

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

export async function probeTasks(
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
