/** The HTTP server: reads a request, applies faults, passes it to the API or the gateway, writes the answer. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { answerApi } from "./api.ts";
import type { ApiWorld } from "./api/route.ts";
import { failure, Refusal, type Reply } from "./reply.ts";
import type { Lie } from "./attestation/lies.ts";
import { portUnusable, type CloudStore } from "./store.ts";
import { answerPcs } from "./attestation/pcs.ts";
import { answerControl } from "./control.ts";
import type { FaultPlan } from "./fault-text.ts";
import { DEFAULT_BEHAVIOUR, Faults, type Behaviour, type FaultAction } from "./faults.ts";
import { answerGateway } from "./gateway.ts";
import type { ApiVersion } from "./responses.ts";
import { applyBefore, withServerTime, writeJson, writeReply } from "./wire.ts";
import { timingSafeEqual } from "node:crypto";
import { parseJson } from "../lib/json.ts";

export type SandboxRequest = {
  /** From 1, over all requests to the API and the gateway. */
  readonly ordinal: number;
  readonly method: string;
  readonly path: string;
  /** Whether it changes the cloud. */
  readonly mutating: boolean;
  readonly at: number;
  /** The kind of the fault that was applied. */
  readonly fault?: string;
};

type ServerOptions = {
  readonly world: Omit<ApiWorld, "behaviour" | "baseUrl">;
  readonly apiKey: string;
  /** Accepted in `Host` besides 127.0.0.1 and localhost. */
  readonly hostNames: readonly string[];
  /** Overrides the defaults; faults override both. */
  readonly behaviour: Partial<Behaviour>;
  /** Awaited before the work is done. */
  readonly onRequest: (request: SandboxRequest) => void | Promise<void>;
  /** Called when a client with the key has requested a stop. */
  readonly onStop: () => void;
};

type Incoming = { readonly message: IncomingMessage; readonly url: URL; readonly text: string };

const API_PREFIX = "/api/v1";
const CONTROL_PREFIX = "/__sandbox";
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** POST requests that change nothing. */
const READING_POSTS = /\/status\/batch$/;

export class SandboxServer {
  readonly #options: ServerOptions;
  readonly #faults = new Faults();
  readonly #world: ApiWorld;
  readonly #server: Server;
  #requests: SandboxRequest[] = [];

  constructor(options: ServerOptions) {
    this.#options = options;
    const portOf = (): number => this.port;
    this.#world = {
      ...options.world,
      behaviour: { ...DEFAULT_BEHAVIOUR, ...options.behaviour },
      get baseUrl() {
        return `http://127.0.0.1:${portOf()}`;
      },
    };
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) writeJson(response, 500, { detail: String(error) });
        else response.destroy();
      });
    });
  }

  /**
   * Listens on the requested port, else on the previous one or, if that is in use, any other. @returns the port.
   * @throws ClusterError if the requested port can't be used (conflict, prerequisite).
   */
  async listen(requested: number | undefined, previous: number): Promise<number> {
    if (requested === undefined) await this.#listenOn(previous).catch(() => this.#listenOn(0));
    else
      await this.#listenOn(requested).catch((error: NodeJS.ErrnoException) => {
        throw portUnusable(requested, error);
      });
    return this.port;
  }

  async #listenOn(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    // Rejects with the server's error.
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** 0 while it does not listen. */
  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === "string" ? 0 : address.port;
  }

  get store(): CloudStore {
    return this.#world.store;
  }

  /** Stops the server at the request of a client with the key. */
  stop(): void {
    this.#options.onStop();
  }

  get requests(): readonly SandboxRequest[] {
    return this.#requests;
  }

  resetRequests(): void {
    this.#requests = [];
  }

  /** The new list replaces the old one, including its behaviour. */
  setFaults(plans: readonly FaultPlan[]): void {
    this.#faults.set(plans.flatMap(({ faults }) => faults));
    const before = { ...DEFAULT_BEHAVIOUR, ...this.#options.behaviour };
    this.#world.behaviour = Object.assign(before, ...plans.map(({ behaviour }) => behaviour));
  }

  setLies(lies: readonly Lie[]): void {
    this.#world.lies.clear();
    for (const name of lies) this.#world.lies.add(name);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = hostRefusal(message, { port: this.port, hostNames: this.#options.hostNames });
    if (refused !== undefined) return writeJson(response, 421, { detail: refused });
    const incoming = {
      message,
      url: new URL(message.url ?? "/", "http://localhost"),
      text: await readText(message),
    };
    if (incoming.url.pathname.startsWith(`${CONTROL_PREFIX}/`))
      return this.#control(incoming, response);
    const request = this.#record(message.method ?? "GET", incoming.url.pathname);
    await this.#options.onRequest(request);
    const fault = this.#faults.match(request);
    if (fault) this.#recordFault(request, fault);
    this.#setDate(response);
    if (fault && (await applyBefore(fault, message.url ?? "/", response))) return;
    await this.#answer(incoming, response, fault);
  }

  async #answer(
    incoming: Incoming,
    response: ServerResponse,
    fault: FaultAction | undefined,
  ): Promise<void> {
    if (fault?.kind === "repeat") await this.#work(incoming, fault);
    const reply = await this.#work(incoming, fault);
    if (fault?.kind === "reset-after" || fault?.kind === "lost-create") response.destroy();
    else {
      const answer = reply && { ...reply, json: withServerTime(reply.json, this.#world.behaviour) };
      await writeReply(response, answer, fault);
    }
  }

  #record(method: string, path: string): SandboxRequest {
    const mutating = method !== "GET" && !READING_POSTS.test(path);
    const request = { ordinal: this.#requests.length + 1, method, path, mutating, at: Date.now() };
    this.#requests.push(request);
    return request;
  }

  /** The list may have been reset in the meantime. */
  #recordFault(request: SandboxRequest, fault: FaultAction): void {
    const index = this.#requests.indexOf(request);
    if (index >= 0) this.#requests[index] = { ...request, fault: fault.kind };
  }

  #setDate(response: ServerResponse): void {
    const { clockSkewMs } = this.#world.behaviour;
    if (clockSkewMs !== 0)
      response.setHeader("date", new Date(Date.now() + clockSkewMs).toUTCString());
  }

  async #work(
    { message, url, text }: Incoming,
    fault: FaultAction | undefined,
  ): Promise<Reply | undefined> {
    const method = message.method ?? "GET";
    const body = parseJson(text);
    if (!url.pathname.startsWith(`${API_PREFIX}/`)) {
      const { headers } = message;
      const request = { method, path: url.pathname, query: url.searchParams, headers, body };
      return answerPcs(this.#world, url) ?? answerGateway(this.#world, request);
    }
    const version: ApiVersion =
      message.headers["x-phala-version"] === "2025-10-28" ? "2025-10-28" : "2026-01-21";
    const path = url.pathname.slice(API_PREFIX.length);
    const request = { method, path, query: url.searchParams, body, version, fault };
    return this.#authorized(message, () => answerApi(this.#world, request));
  }

  /** Does the work only if the request has the key. */
  async #authorized(message: IncomingMessage, work: () => Promise<Reply>): Promise<Reply> {
    if (!hasKey(message, this.#options.apiKey)) return failure(401, "Invalid API key");
    return work().catch((error: unknown) => {
      if (error instanceof Refusal) return { status: error.status, json: error.body };
      throw error;
    });
  }

  async #control({ message, url, text }: Incoming, response: ServerResponse): Promise<void> {
    const what = `${message.method} ${url.pathname.slice(CONTROL_PREFIX.length)}`;
    const work = () => answerControl(this, what, parseJson(text));
    const { status, json } = await this.#authorized(message, work);
    writeJson(response, status, json);
  }
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Only programs of this machine may use the sandbox. A page in a browser may not, even if its host name resolves to
 * 127.0.0.1 (DNS rebinding): then `Host` is that name.
 * @returns why the request is refused; undefined if it is not.
 */
function hostRefusal(
  message: IncomingMessage,
  of: { port: number; hostNames: readonly string[] },
): string | undefined {
  const own = new Set(
    ["127.0.0.1", "localhost", ...of.hostNames].map((host) => `${host}:${of.port}`),
  );
  const host = message.headers.host?.toLowerCase() ?? "";
  if (!own.has(host)) return "this server is not known under that host name";
  const { origin } = message.headers;
  if (origin !== undefined && !own.has(origin.replace(/^http:\/\//, "")))
    return "not for other web sites";
  return undefined;
}

/** In constant time. */
function hasKey(message: IncomingMessage, apiKey: string): boolean {
  const given = Buffer.from(String(message.headers["x-api-key"] ?? ""));
  const own = Buffer.from(apiKey);
  return given.length === own.length && timingSafeEqual(given, own);
}
