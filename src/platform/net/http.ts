/** One HTTP request with limits on its time and its answer's size. Redirects are not followed: a key must not travel. */
import type { Dispatcher } from "undici";
import { hasProxy, proxyEnvironment } from "./proxy.ts";

/** 100 CVMs a page take about 200 kB; nothing that we ask for is near this. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Per host. */
const CONNECTIONS = 8;

export type HttpClient = {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
};

type HttpRequest = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, the answer's body included. */
  readonly timeoutMs: number;
  /** Where the answer must be smaller than what the API may send. */
  readonly maxBytes?: number;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/**
 * A client for this environment's proxy settings. They are read, and undici is loaded, at the first request: where
 * they are wrong, each request fails with `bad-proxy`. `close` lets the process end.
 */
export function createHttpClient(env: NodeJS.ProcessEnv): HttpClient {
  let dispatcher: Promise<Dispatcher> | undefined;
  return {
    send: async (what, signal) => send(what, await (dispatcher ??= dispatcherFor(env)), signal),
    close: async () => {
      const made = await dispatcher?.catch(() => undefined);
      await made?.destroy();
    },
  };
}

async function dispatcherFor(env: NodeJS.ProcessEnv): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import("./undici.ts");
  if (!hasProxy(env)) return new Agent({ connections: CONNECTIONS });
  const proxy = proxyEnvironment(env);
  return new EnvHttpProxyAgent({
    httpProxy: proxy["http_proxy"] ?? "",
    httpsProxy: proxy["https_proxy"] ?? "",
    noProxy: proxy["no_proxy"] ?? "",
    connections: CONNECTIONS,
  });
}

async function send(what: HttpRequest, dispatcher: Dispatcher, signal: AbortSignal): Promise<HttpAnswer> {
  const { request } = await import("./undici.ts");
  const limit = AbortSignal.timeout(what.timeoutMs);
  try {
    const answer = await request(what.url, {
      method: what.method,
      headers: { accept: "application/json", ...what.headers },
      body: what.body ?? null,
      dispatcher,
      signal: AbortSignal.any([signal, limit]),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: await readText(answer.body, what.maxBytes ?? MAX_BODY_BYTES),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (limit.aborted) throw new TimeLimitError(what.timeoutMs);
    throw error;
  }
}

class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000}s`);
    this.name = "TimeLimitError";
  }
}

async function readText(body: AsyncIterable<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new Error(`the answer is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What a failed request means to a person: undici wraps the reason that matters. */
export function describeNetworkError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? error.cause : error;
  const code = "code" in inner && typeof inner.code === "string" ? inner.code : undefined;
  const message = inner.message === "" ? inner.name : inner.message;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
