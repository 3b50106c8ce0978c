/** Writes answers, as they are or changed by a fault. */
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createGzip } from "node:zlib";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { failure, type Reply } from "./reply.ts";
import type { Behaviour, FaultAction } from "./faults.ts";

const CHUNK_BYTES = 64 * 1024;
const JSON_TYPE = { "content-type": "application/json" };

/** Applies the faults that come before the work, or replace it. @returns whether the request has been answered. */
export async function applyBefore(
  fault: FaultAction,
  path: string,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault.kind) {
    case "delay":
      await delay(fault.ms);
      return false;
    case "status":
      if (fault.retryAfter !== undefined)
        response.setHeader("retry-after", String(fault.retryAfter));
      writeJson(response, fault.status, fault.body ?? faultBody(fault.status));
      return true;
    case "redirect":
      response.writeHead(fault.status, { location: `${fault.to}${path}` }).end();
      return true;
    case "huge":
      if (fault.status === undefined) return false;
      await writePadded(response, failure(fault.status, "too much"), fault.bytes);
      return true;
    case "reset-before":
      response.destroy();
      return true;
    case "hang":
      return true;
    default:
      return false;
  }
}

const faultBody = (status: number): unknown => ({
  detail: `HTTP ${status} by the sandbox's fault`,
});

/** Writes an answer, changed or broken by the fault. Undefined: nothing answers behind the gateway. */
export async function writeReply(
  response: ServerResponse,
  reply: Reply | undefined,
  fault: FaultAction | undefined,
): Promise<void> {
  if (fault?.kind === "html" || reply === undefined) {
    response.writeHead(reply === undefined ? 502 : 200, { "content-type": "text/html" });
    response.end("<html><body><h1>502 Bad Gateway</h1></body></html>");
    return;
  }
  if (fault?.kind === "masked") return writeMasked(response, fault.as);
  if (reply.text !== undefined) return writeText(response, reply);
  switch (fault?.kind) {
    case "half-json": {
      const text = JSON.stringify(reply.json ?? {});
      response.writeHead(reply.status, JSON_TYPE);
      response.end(text.slice(0, Math.ceil(text.length / 2)));
      return;
    }
    case "lie":
      return writeJson(response, reply.status, overwritten(reply, fault.fields));
    case "without":
      return writeJson(response, reply.status, without(reply.json, new Set(fault.fields)));
    case "huge":
      return writePadded(response, reply, fault.bytes);
    case "gzip-bomb":
      return writeBomb(response, reply, fault.bytes);
    case "drip":
      return writeDripping(response, reply, fault.everyMs);
    default:
      return writeJson(response, reply.status, reply.json);
  }
}

function writeMasked(response: ServerResponse, as: string): void {
  const status = Number.parseInt(as, 10);
  if (!as.endsWith("page")) return writeJson(response, status, { detail: "masked" });
  response.writeHead(status, { "content-type": "text/html" });
  response.end(`<html><body><h1>${status}</h1></body></html>`);
}

function writeText(response: ServerResponse, { status, headers, text }: Reply): void {
  response.writeHead(status, headers).end(text);
}

export function writeJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, JSON_TYPE);
  response.end(json === undefined ? undefined : JSON.stringify(json));
}

/** Shifts every timestamp of an answer by the clock skew, and drops its zone if the behaviour says so. */
export function withServerTime(json: unknown, behaviour: Behaviour): unknown {
  const { clockSkewMs, zonelessTimestamps } = behaviour;
  if (clockSkewMs === 0 && !zonelessTimestamps) return json;
  return mapped(json, (text) => {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text)) return text;
    const shifted = new Date(Date.parse(text) + clockSkewMs).toISOString();
    return zonelessTimestamps ? shifted.slice(0, -1) : shifted;
  });
}

function mapped(json: unknown, change: (text: string) => string): unknown {
  if (typeof json === "string") return change(json);
  if (Array.isArray(json)) return json.map((item) => mapped(item, change));
  if (json === null || typeof json !== "object") return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, mapped(value, change)]),
  );
}

const isSuccess = ({ status }: Reply): boolean => status === 200;

function overwritten(reply: Reply, fields: Record<string, unknown>): unknown {
  const { json } = reply;
  return isSuccess(reply) && typeof json === "object" ? { ...json, ...fields } : json;
}

function without(json: unknown, fields: ReadonlySet<string>): unknown {
  if (Array.isArray(json)) return json.map((item) => without(item, fields));
  if (json === null || typeof json !== "object") return json;
  const kept = Object.entries(json).filter(([key]) => !fields.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, without(value, fields)]));
}

/** Spaces before the end of the JSON keep it valid. */
function* padded(json: unknown, bytes: number): Generator<Buffer> {
  const text = JSON.stringify(json ?? {});
  yield Buffer.from(text.slice(0, -1));
  for (let left = bytes - text.length; left > 0; left -= CHUNK_BYTES)
    yield Buffer.alloc(Math.min(left, CHUNK_BYTES), " ");
  yield Buffer.from(text.slice(-1));
}

async function writePadded(response: ServerResponse, reply: Reply, bytes: number): Promise<void> {
  response.writeHead(reply.status, JSON_TYPE);
  await sent(pipeline(Readable.from(padded(reply.json, bytes)), response));
}

async function writeBomb(response: ServerResponse, reply: Reply, bytes: number): Promise<void> {
  response.writeHead(reply.status, { ...JSON_TYPE, "content-encoding": "gzip" });
  await sent(pipeline(Readable.from(padded(reply.json, bytes)), createGzip(), response));
}

async function writeDripping(
  response: ServerResponse,
  reply: Reply,
  everyMs: number,
): Promise<void> {
  response.writeHead(reply.status, JSON_TYPE);
  for (const byte of Buffer.from(JSON.stringify(reply.json ?? {}))) {
    if (response.destroyed) return;
    response.write(Buffer.from([byte]));
    await delay(everyMs, undefined, { ref: false });
  }
  response.end();
}

/** These faults exist to make the client close the connection. */
async function sent(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}
