/**
 * One HTTP request with limits on its time and its answer's size, that end it at every stage: the proxy, TLS, headers,
 * body. Redirects are not followed: a key must not travel.
 *
 * Node's own client below: it loads in no time, and connecting (see connection.ts) is ours to abort. undici waits for
 * a proxy that never answers, whatever the signal says, and connects without end to one that closes after CONNECT.
 */
import { setMaxListeners } from "node:events";
import * as http from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { deferred } from "../../lib/deferred.ts";
import { addressOf, openConnection, peerOf, proxyAuthorization } from "./connection.ts";
import { NetworkError, toNetworkError } from "./network-error.ts";
import { proxyFor } from "./proxy.ts";
import { trustedAuthorities } from "./trust.ts";
import { createGunzip } from "node:zlib";

/** 100 CVMs a page take about 200 kB, an attestation less than 1 MB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Per host. */
const CONNECTIONS = 8;

export type HttpClient = {
  /**
   * @throws NetworkError with a code per cause; ClusterError `bad-proxy` (input); the signal's reason when aborted.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
};

export type HttpRequest = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For the whole exchange, connecting and the answer's body included. */
  readonly timeoutMs: number;
  /** Where the answer must be smaller than what the API may send. A longer error body is cut, not an error. */
  readonly maxBytes?: number;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Decoded (gzip), complete for a success. */
  readonly body: Buffer;
  /** `body` as UTF-8. */
  readonly text: string;
};

/** A client for this environment's proxy and CA settings, read at the first request that needs them. */
export function createHttpClient(env: NodeJS.ProcessEnv): HttpClient {
  let trusted: { readonly context: SecureContext | undefined } | undefined;
  const trust = (): SecureContext | undefined =>
    (trusted ??= { context: trustedAuthorities(env) }).context;
  const kept = new ConnectingAgent({
    keepAlive: true,
    maxSockets: CONNECTIONS,
    scheduling: "lifo",
  });
  const fresh = new ConnectingAgent({ keepAlive: false });
  return {
    async send(what, signal) {
      const target = new URL(what.url);
      const destination = { target, proxy: proxyFor(target, env), trust };
      // A connection that was kept may be closed at this very moment: nobody could tell whether a change went through.
      if (what.method !== "GET") return exchange(what, destination, fresh, signal);
      try {
        return await exchange(what, destination, kept, signal);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        return exchange(what, destination, fresh, signal);
      }
    },
    close: async () => [kept, fresh].forEach((agent) => agent.destroy()),
  };
}

type Connecting = Parameters<typeof openConnection>[0];

type AgentOptions = { readonly destination: Connecting; readonly ending: AbortSignal };

/** An agent whose connections are opened by us. */
class ConnectingAgent extends http.Agent {
  override createConnection(
    options: http.ClientRequestArgs,
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { destination, ending } = options as http.ClientRequestArgs & AgentOptions;
    const opening = openConnection(destination, ending);
    void settle(opening, done);
  }
}

async function settle(
  opening: Promise<Duplex>,
  done: (error: Error | null, socket: Duplex) => void,
): Promise<void> {
  const [opened] = await Promise.allSettled([opening]);
  if (opened.status === "fulfilled") return done(null, opened.value);
  // Node's types ask for a socket even with an error.
  return done(opened.reason as Error, undefined as unknown as Duplex);
}

/** A kept connection that broke before anything was answered: not the server's word on this request. */
class StaleConnection extends NetworkError {}

function exchange(
  what: HttpRequest,
  destination: Connecting,
  agent: http.Agent,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const ending = new AbortController();
  const { promise, resolve, reject } = deferred<HttpAnswer>();
  const peer = peerOf(destination.target);
  const options = {
    ...requestOptions(what, destination),
    agent,
    destination,
    ending: ending.signal,
  };
  const request = http.request(options as http.RequestOptions);
  const end = (error: unknown): void => {
    reject(error);
    ending.abort(error);
    request.destroy();
  };
  const onAbort = (): void => end(signal.reason);
  const timer = setTimeout(() => {
    const seconds = Math.round(what.timeoutMs / 100) / 10;
    const message = `${peer}: no complete answer within ${seconds}s`;
    end(new NetworkError("request-timed-out", message));
  }, what.timeoutMs);
  // All requests of a run share its signal.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", onAbort, { once: true });
  let answered = false;
  request.on("error", (error) => {
    const failure = toNetworkError(error, peer);
    const isStale = request.reusedSocket && !answered && failure.code === "connection-lost";
    end(isStale ? new StaleConnection(failure.code, failure.message) : failure);
  });
  request.on("response", (response) => {
    answered = true;
    const limit = what.maxBytes ?? MAX_BODY_BYTES;
    answerOf(response, limit).then(resolve, (error: unknown) => end(toNetworkError(error, peer)));
  });
  request.end(what.body);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  });
}

async function answerOf(response: http.IncomingMessage, limit: number): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  const body = await readBody(response, { limit, cut: status < 200 || status >= 300 });
  return {
    status,
    headers: response.headers,
    body,
    get text() {
      // A byte order mark is not a part of the text, and JSON can't begin with one.
      return body.toString("utf8").replace(/^\uFEFF/, "");
    },
  };
}

/** TLS, where there is any, is in the connection: what is spoken over it is plain HTTP. */
function requestOptions(what: HttpRequest, { target, proxy }: Connecting): http.RequestOptions {
  const forwarding = proxy !== undefined && target.protocol === "http:";
  const authorization = forwarding ? proxyAuthorization(proxy) : undefined;
  return {
    ...addressOf(target),
    method: what.method,
    path: forwarding ? target.href : `${target.pathname}${target.search}`,
    headers: {
      accept: "application/json",
      // A page of CVMs takes a tenth with it.
      "accept-encoding": "gzip",
      ...what.headers,
      host: target.host,
      ...(what.body === undefined ? {} : { "content-length": Buffer.byteLength(what.body) }),
      ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
    },
  };
}

/** Of an error, more is not worth reading. */
const MAX_CUT_BYTES = 64 * 1024;

/**
 * Reads at most `limit` bytes of the decoded body.
 * @param options.cut return what was read so far where the body is longer than an error needs to be.
 * @throws NetworkError `answer-too-large`, `answer-malformed`; the stream's own error where it breaks.
 */
export async function readBody(
  response: http.IncomingMessage,
  { limit, cut }: { readonly limit: number; readonly cut: boolean },
): Promise<Buffer> {
  const most = cut ? Math.min(limit, MAX_CUT_BYTES) : limit;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(response)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= most) continue;
    response.destroy();
    if (cut) return Buffer.concat(chunks, most);
    throw new NetworkError("answer-too-large", `the answer is larger than ${limit} bytes`);
  }
  if (!response.complete) throw new Error("the connection was closed in the middle of the answer");
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

function decoded(response: http.IncomingMessage): AsyncIterable<Buffer> {
  const encoding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return response;
  if (encoding !== "gzip" && encoding !== "x-gzip") {
    response.destroy();
    const message = `the answer has the unknown encoding ${JSON.stringify(encoding)}`;
    throw new NetworkError("answer-malformed", message);
  }
  const gunzip = createGunzip();
  response.on("error", (error) => gunzip.destroy(error));
  response.on("aborted", () =>
    gunzip.destroy(new Error("the connection was closed in the middle of the answer")),
  );
  return response.pipe(gunzip);
}
