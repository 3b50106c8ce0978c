/** The HTTP side: reads a request, lets faults strike, hands it to the API or the gateway, writes the answer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { answerApi, type ApiWorld, type Reply } from "./api.ts";
import { liveCvms, Refusal } from "./cloud.ts";
import { faultSchema, Faults, type FaultAction } from "./faults.ts";
import { isLie, type Lie } from "./attestation/lies.ts";
import { answerPcs } from "./attestation/pcs.ts";
import { answerGateway } from "./gateway.ts";
import type { ApiVersion } from "./responses.ts";

export type SandboxRequest = {
  /** From 1, over all requests to the API and the gateway. */
  readonly ordinal: number;
  readonly method: string;
  readonly path: string;
  /** Whether it changes the cloud. */
  readonly mutating: boolean;
  readonly at: number;
  /** What went wrong with it on purpose. */
  readonly fault?: string;
};

export type ServerOptions = {
  readonly world: ApiWorld;
  readonly apiKey: string;
  /** Awaited before the work is done. */
  readonly onRequest: (request: SandboxRequest) => void | Promise<void>;
};

const API_PREFIX = "/api/v1";
const CONTROL_PREFIX = "/__sandbox";
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export class SandboxServer {
  readonly #options: ServerOptions;
  readonly #faults = new Faults();
  readonly server: Server;
  #requests: SandboxRequest[] = [];

  constructor(options: ServerOptions) {
    this.#options = options;
    this.server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) writeJson(response, 500, { detail: String(error) });
        else response.destroy();
      });
    });
  }

  get requests(): readonly SandboxRequest[] {
    return this.#requests;
  }

  resetRequests(): void {
    this.#requests = [];
  }

  setFaults(faults: Parameters<Faults["set"]>[0]): void {
    this.#faults.set(faults);
  }

  setLies(lies: readonly Lie[]): void {
    this.#options.world.lies.clear();
    for (const name of lies) this.#options.world.lies.add(name);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? "/", "http://localhost");
    const body = await readBody(message);
    if (url.pathname.startsWith(CONTROL_PREFIX)) return this.#control(message, url, body, response);
    const request = this.#note(message.method ?? "GET", url.pathname);
    await this.#options.onRequest(request);
    const fault = this.#faults.strike(request);
    if (fault) this.#noteFault(request, fault);
    if (fault && (await strikesBefore(fault, response))) return;
    const reply = await this.#work(message, url, body);
    if (fault?.kind === "reset-after") response.destroy();
    else if (reply?.stream && (fault === undefined || fault.kind === "delay")) await reply.stream(response);
    else writeReply(response, fault?.kind === "lie" ? lie(reply, fault.fields) : reply, fault);
  }

  #note(method: string, path: string): SandboxRequest {
    const mutating = method !== "GET";
    const request = { ordinal: this.#requests.length + 1, method, path, mutating, at: Date.now() };
    this.#requests.push(request);
    return request;
  }

  /** Requests that were reset away in the meantime are in no list any more. */
  #noteFault(request: SandboxRequest, fault: FaultAction): void {
    const index = this.#requests.indexOf(request);
    if (index >= 0) this.#requests[index] = { ...request, fault: fault.kind };
  }

  async #work(message: IncomingMessage, url: URL, body: unknown): Promise<Reply | undefined> {
    const method = message.method ?? "GET";
    const pcs = answerPcs(this.#options.world, url);
    if (pcs) return pcs;
    if (!url.pathname.startsWith(`${API_PREFIX}/`)) {
      return answerGateway(this.#options.world, {
        method,
        path: url.pathname,
        headers: headersOf(message),
        body,
      });
    }
    try {
      this.#authenticate(message);
      const version: ApiVersion =
        message.headers["x-phala-version"] === "2025-10-28" ? "2025-10-28" : "2026-01-21";
      const path = url.pathname.slice(API_PREFIX.length);
      return await answerApi(this.#options.world, { method, path, query: url.searchParams, body, version });
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, json: error.body };
      throw error;
    }
  }

  #authenticate(message: IncomingMessage): void {
    if (message.headers["x-api-key"] === this.#options.apiKey) return;
    throw new Refusal(401, { detail: "Invalid API key" });
  }

  /** For other processes: set faults, read what was asked. Never counted as a request, never faulty. */
  async #control(message: IncomingMessage, url: URL, body: unknown, response: ServerResponse): Promise<void> {
    if (message.headers["x-api-key"] !== this.#options.apiKey)
      return writeJson(response, 401, { detail: "Invalid API key" });
    const what = `${message.method} ${url.pathname.slice(CONTROL_PREFIX.length)}`;
    if (what === "GET /requests") return writeJson(response, 200, this.#requests);
    if (what === "GET /cloud") return writeJson(response, 200, await this.#summary());
    if (what === "POST /lies") {
      const lies = z.array(z.custom<Lie>((name) => typeof name === "string" && isLie(name))).safeParse(body);
      if (lies.success) this.setLies(lies.data);
      return writeJson(response, lies.success ? 200 : 422, { lies: [...this.#options.world.lies] });
    }
    if (what !== "POST /faults") return writeJson(response, 404, { detail: "Not Found" });
    const faults = z.array(faultSchema).safeParse(body);
    if (!faults.success) return writeJson(response, 422, { detail: z.prettifyError(faults.error) });
    this.setFaults(faults.data);
    return writeJson(response, 200, { faults: faults.data.length });
  }

  async #summary(): Promise<unknown> {
    const state = await this.#options.world.store.read();
    return {
      live: liveCvms(state).map(({ name, appId, current }) => ({
        name,
        app_id: appId,
        compose_hash: current.composeHash,
      })),
      ever_created: state.cvms.map((cvm) => cvm.name),
    };
  }
}

/** Faults that leave the work undone. @returns whether the request is dealt with. */
async function strikesBefore(fault: FaultAction, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case "delay":
      await delay(fault.ms);
      return false;
    case "status":
      if (fault.retryAfter !== undefined) response.setHeader("retry-after", String(fault.retryAfter));
      writeJson(response, fault.status, { detail: `HTTP ${fault.status} by the sandbox's fault` });
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

function lie(reply: Reply | undefined, fields: Record<string, unknown>): Reply | undefined {
  if (reply === undefined || reply.status !== 200) return reply;
  const { json } = reply;
  return typeof json === "object" ? { status: 200, json: { ...json, ...fields } } : reply;
}

function writeReply(
  response: ServerResponse,
  reply: Reply | undefined,
  fault: FaultAction | undefined,
): void {
  if (fault?.kind === "html" || reply === undefined) {
    response.writeHead(reply === undefined ? 502 : 200, { "content-type": "text/html" });
    response.end("<html><body><h1>502 Bad Gateway</h1></body></html>");
    return;
  }
  if (fault?.kind === "half-json") {
    const text = JSON.stringify(reply.json ?? {});
    response.writeHead(reply.status, { "content-type": "application/json" });
    response.end(text.slice(0, Math.ceil(text.length / 2)));
    return;
  }
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.text === undefined) writeJson(response, reply.status, reply.json);
  else response.writeHead(reply.status).end(reply.text);
}

function writeJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(json === undefined ? undefined : JSON.stringify(json));
}

function headersOf(message: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

async function readBody(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
