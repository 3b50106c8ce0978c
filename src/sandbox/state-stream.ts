/** `GET /cvms/{id}/state?target=`: Server-Sent Events until a CVM has come to a state. */
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { findLive } from "./find.ts";
import { invalid, Refusal } from "./refusal.ts";
import { lifeOf } from "./lifecycle.ts";
import type { CloudState, CvmState } from "./model.ts";
import type { CloudStore } from "./store.ts";

/** How often the stand-in looks itself; `interval` is how often it repeats an unchanged state. */
const LOOK_EVERY_MS = 100;

export type StateWatch = {
  readonly id: string;
  readonly target: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
};

/** The platform takes 5 to 30 s as interval and 10 to 600 s as timeout. @throws Refusal (422) for others. */
export function stateWatch(id: string, query: URLSearchParams): StateWatch {
  return {
    id,
    target: query.get("target") ?? "running",
    intervalMs: seconds(query, { name: "interval", fallback: 5, min: 5, max: 30 }) * 1000,
    timeoutMs: seconds(query, { name: "timeout", fallback: 300, min: 10, max: 600 }) * 1000,
  };
}

/** In the shape that the SDK checks: what is not known is left out, not null. */
export function stateOf(cvm: CvmState, now: number): Readonly<Record<string, unknown>> {
  const { status, inProgress, bootError } = lifeOf(cvm, now);
  const known = { id: cvm.vmUuid, name: cvm.name, status, in_progress: inProgress !== undefined };
  return bootError === null ? known : { ...known, boot_error: bootError };
}

/** Events `state` on every change and interval, then one of `complete`, `error` and `timeout`. */
export async function streamState(
  store: CloudStore,
  watch: StateWatch,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const send = (event: string, data: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const started = performance.now();
  let told: { text: string; at: number } | undefined;
  while (!response.destroyed) {
    const state = lookUp(await store.read(), watch.id);
    if (state === undefined) {
      send("error", { message: "CVM not found" });
      break;
    }
    const [text, at] = [JSON.stringify(state), performance.now()];
    if (told === undefined || told.text !== text || at - told.at >= watch.intervalMs) {
      told = { text, at };
      send("state", state);
    }
    const end = endOf(state, watch, at - started);
    if (end !== undefined) {
      send(end, state);
      break;
    }
    await delay(LOOK_EVERY_MS);
  }
  response.end();
}

function endOf(
  state: Readonly<Record<string, unknown>>,
  watch: StateWatch,
  elapsedMs: number,
): "complete" | "error" | "timeout" | undefined {
  if (state["status"] === watch.target && state["in_progress"] === false) return "complete";
  if (state["status"] === "error") return "error";
  return elapsedMs > watch.timeoutMs ? "timeout" : undefined;
}

function lookUp(state: CloudState, id: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return stateOf(findLive(state, id), Date.now());
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function seconds(
  query: URLSearchParams,
  limits: { name: string; fallback: number; min: number; max: number },
): number {
  const value = Number(query.get(limits.name) ?? limits.fallback);
  if (value >= limits.min && value <= limits.max) return value;
  const msg = `Input should be between ${limits.min} and ${limits.max}`;
  throw invalid(["query", limits.name], msg, "value_error");
}
