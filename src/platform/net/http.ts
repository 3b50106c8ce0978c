/**
 * HTTP requests with limits on time and size that apply at every stage: proxy, TLS, headers, body. Redirects are not
 * followed: the key must not be sent to another host.
 *
 * Uses Node's own client: it loads fast, and connecting (see connection.ts) can be aborted. undici ignores the signal
 * while a proxy does not answer, and reconnects forever to one that closes after CONNECT.
 */
import { setMaxListeners } from "node:events";
import * as http from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { deferred } from "../../lib/deferred.ts";
import { addressOf, openConnection, peerOf, proxyAuthorization } from "./connection.ts";
import { NetworkError, toNetworkError } from "./network-error.ts";
import { proxyFor } from "./proxy.ts";
import { trustedAuthorities } from "./authorities.ts";
import { createGunzip } from "node:zlib";

/** 100 CVMs a page take about 200 kB, an attestation less than 1 MB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Maximum per host. */
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
  /** For the whole exchange, including connecting and the answer's body. */
  readonly timeoutMs: number;
  /** Default: 8 MiB. A longer body of an error is truncated, which is not a failure. */
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

/** A client with the environment's proxy and CA settings, which are read when first needed. */
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
      // A kept connection may be closing right now, and then nothing shows whether a change was made.
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

/** An agent whose connections we open. */
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

/** A kept connection broke before an answer began, which says nothing about this request. */
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
      // JSON must not begin with a byte order mark.
      return body.toString("utf8").replace(/^\uFEFF/, "");
    },
  };
}

/** The connection does TLS, if any; the request itself is plain HTTP. */
function requestOptions(what: HttpRequest, { target, proxy }: Connecting): http.RequestOptions {
  const forwarding = proxy !== undefined && target.protocol === "http:";
  const authorization = forwarding ? proxyAuthorization(proxy) : undefined;
  return {
    ...addressOf(target),
    method: what.method,
    path: forwarding ? target.href : `${target.pathname}${target.search}`,
    headers: {
      accept: "application/json",
      // Reduces a page of CVMs to a tenth.
      "accept-encoding": "gzip",
      ...what.headers,
      host: target.host,
      ...(what.body === undefined ? {} : { "content-length": Buffer.byteLength(what.body) }),
      ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
    },
  };
}

/** More of an error is not worth reading. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Reads at most `limit` bytes of the decoded body.
 * @param options.cut truncate a longer body instead of throwing.
 * @throws NetworkError `answer-too-large`, `answer-malformed`; the stream's own error where it breaks.
 */
export async function readBody(
  response: http.IncomingMessage,
  { limit, cut }: { readonly limit: number; readonly cut: boolean },
): Promise<Buffer> {
  const most = cut ? Math.min(limit, MAX_ERROR_BYTES) : limit;
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
