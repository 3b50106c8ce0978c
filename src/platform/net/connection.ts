/** Opens the connection of a request, directly or through a proxy, with or without TLS. Every stage can be aborted. */
import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { deferred } from "../../lib/deferred.ts";
import { NetworkError, toNetworkError, toProxyError } from "./network-error.ts";
import { withoutCredentials } from "./proxy.ts";

export type Destination = {
  readonly target: URL;
  readonly proxy: URL | undefined;
  /** Called for TLS only. @throws NetworkError `ca-file-invalid`. */
  readonly trust: () => tls.SecureContext | undefined;
};

/** Of a proxy's answer to CONNECT. */
const MAX_PROXY_HEAD_BYTES = 16 * 1024;

/**
 * A connection to the target, or to a proxy that forwards plain requests.
 * @throws NetworkError; the signal's reason when aborted. The socket is closed then.
 */
export async function openConnection(to: Destination, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const isTls = to.target.protocol === "https:";
  const peer = peerOf(to.target);
  if (to.proxy === undefined) {
    const socket = isTls ? startTls(to.target, to.trust()) : net.connect(addressOf(to.target));
    return ready(socket, isTls ? "secureConnect" : "connect", signal, (error) =>
      toNetworkError(error, peer),
    );
  }
  const tunnel = await connectToProxy(to.proxy, to, signal);
  if (!isTls) return tunnel;
  await requestTunnel(tunnel, to.target, to.proxy, signal);
  const secured = startTls(to.target, to.trust(), tunnel);
  return ready(secured, "secureConnect", signal, (error) =>
    toNetworkError(error, `${peer} (through a proxy)`),
  );
}

async function connectToProxy(
  proxy: URL,
  { trust }: Destination,
  signal: AbortSignal,
): Promise<net.Socket> {
  const isTls = proxy.protocol === "https:";
  const socket = isTls ? startTls(proxy, trust()) : net.connect(addressOf(proxy));
  return ready(socket, isTls ? "secureConnect" : "connect", signal, (error) =>
    toProxyError(error, withoutCredentials(proxy)),
  );
}

function startTls(
  to: URL,
  secureContext: tls.SecureContext | undefined,
  socket?: net.Socket,
): tls.TLSSocket {
  const { host, port } = addressOf(to);
  return tls.connect({
    host,
    port,
    ALPNProtocols: ["http/1.1"],
    // Overrides NODE_TLS_REJECT_UNAUTHORIZED: keys are sent over it.
    rejectUnauthorized: true,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(socket === undefined ? {} : { socket }),
    ...(secureContext === undefined ? {} : { secureContext }),
  });
}

/** Resolves at the event; an error, close or abort before it destroys the socket and rejects. */
function ready<T extends net.Socket>(
  socket: T,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
  toError: (error: unknown) => NetworkError,
): Promise<T> {
  const { promise, resolve, reject } = deferred<T>();
  const fail = (error: unknown): void => {
    reject(error);
    socket.destroy();
  };
  const onAbort = (): void => fail(signal.reason);
  const onError = (error: unknown): void => fail(toError(error));
  const onClose = (): void =>
    onError(new Error("the connection was closed before it was established"));
  socket.once(event, () => resolve(socket));
  socket.once("error", onError).once("close", onClose);
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.off("close", onClose).off("error", onError);
    // A late error must not end the process before the HTTP parser listens.
    socket.on("error", () => undefined);
  });
}

/** Sends CONNECT and checks the answer. @throws NetworkError `proxy-failed`, `proxy-auth-required`. */
async function requestTunnel(
  socket: net.Socket,
  target: URL,
  proxy: URL,
  signal: AbortSignal,
): Promise<void> {
  const peer = peerOf(target);
  socket.write(`CONNECT ${peer} HTTP/1.1\r\nHost: ${peer}\r\n${authorizationLine(proxy)}\r\n`);
  try {
    checkTunnel(await readHead(socket, signal), withoutCredentials(proxy), peer);
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw toProxyError(error, withoutCredentials(proxy));
  }
}

function checkTunnel(head: string, proxy: string, peer: string): void {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error("the answer to CONNECT is not HTTP");
  if (status.startsWith("2")) return;
  if (status === "407") {
    const message = `proxy ${proxy} asks for a user name and password (407)`;
    throw new NetworkError("proxy-auth-required", message);
  }
  const message = `proxy ${proxy} refused to connect to ${peer} (HTTP ${status})`;
  throw new NetworkError("proxy-failed", message);
}

function readHead(socket: net.Socket, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = deferred<string>();
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end === -1 && seen.length > MAX_PROXY_HEAD_BYTES)
      reject(new Error("the answer to CONNECT is too large"));
    if (end === -1) return;
    socket.pause();
    if (seen.length > end + 4) socket.unshift(seen.subarray(end + 4));
    resolve(seen.subarray(0, end).toString("latin1"));
  };
  const onEnd = (): void => reject(new Error("closed the connection after CONNECT"));
  const onAbort = (): void => reject(signal.reason as Error);
  socket.on("data", onData).once("end", onEnd).once("close", onEnd).once("error", reject);
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", reject);
  });
}

/** `Proxy-Authorization` for a proxy URL with credentials; undefined without. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function authorizationLine(proxy: URL): string {
  const value = proxyAuthorization(proxy);
  return value === undefined ? "" : `Proxy-Authorization: ${value}\r\n`;
}

export function addressOf({ hostname, port, protocol }: URL): { host: string; port: number } {
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

/** Host and port, as in CONNECT. */
export function peerOf(url: URL): string {
  return `${url.hostname}:${addressOf(url).port}`;
}
