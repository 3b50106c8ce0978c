/**
 * Requests through a proxy on loopback, ours and those of the real phala CLI. `cloud.test` exists nowhere but
 * behind the proxy, which takes it to the sandbox: what arrives there came through it. Needs `npm run build`.
 */
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { createHttpClient } from "../../../src/platform/net/http.ts";
import { createCloudApi } from "../../../src/platform/phala/api.ts";
import type { CloudApi, PhalaCli } from "../../../src/core/ports.ts";
import type { Sandbox } from "../../../src/sandbox/index.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { deployment, startedSandbox, warmPhala } from "./world.ts";

const PASSWORD = "proxy-password";
const never = new AbortController().signal;

type Proxy = {
  readonly url: string;
  /** Host and port of every request that came, in order. */
  readonly hosts: string[];
  readonly authorizations: (string | undefined)[];
};

/** Tunnels (CONNECT) and forwards (absolute URLs), as proxies do; every name leads to this machine. */
async function startProxy(): Promise<Proxy> {
  const hosts: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const note = (host: string, message: IncomingMessage): void => {
    hosts.push(host);
    authorizations.push(message.headers["proxy-authorization"]);
  };
  const sockets = new Set<Socket | Duplex>();
  const server = createServer((message, response) => {
    const url = new URL(message.url ?? "");
    note(url.host, message);
    passOn(url, message, response);
  });
  server.on("connect", (message: IncomingMessage, client: Duplex) => {
    const host = message.url ?? "";
    note(host, message);
    const upstream = connect(Number(host.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => [client, upstream].forEach((end) => end.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("the proxy has no TCP address");
  return { url: `http://someone:${PASSWORD}@127.0.0.1:${address.port}`, hosts, authorizations };
}

function passOn(url: URL, message: IncomingMessage, response: ServerResponse): void {
  const options = { host: "127.0.0.1", port: url.port, path: url.pathname + url.search };
  const { method, headers } = message;
  const onward = forward({ ...options, method: method ?? "GET", headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.writeHead(502).end());
  message.pipe(onward);
}

type World = { readonly api: CloudApi; readonly cli: PhalaCli; readonly details: string[] };

function adapters(sandbox: Sandbox, apiUrl: string, env: NodeJS.ProcessEnv): World {
  const http = createHttpClient(env);
  onTestFinished(() => http.close());
  const details: string[] = [];
  const onDetail = (line: string): void => void details.push(line);
  const connection = { apiUrl, apiKey: sandbox.apiKey, onDetail };
  return {
    api: createCloudApi({
      ...connection,
      http,
      clock: { ...systemClock, sleep: async () => undefined },
    }),
    cli: warmPhala(connection, { env: { PATH: process.env["PATH"], ...env }, onDetail }),
    details,
  };
}

const behindProxy = (sandbox: Sandbox): string => sandbox.apiUrl.replace("127.0.0.1", "cloud.test");

test.each(["HTTP_PROXY", "http_proxy"])(
  "%s: our requests and phala's go through it",
  async (name) => {
    const sandbox = await startedSandbox({ timings: { bootMs: 0 }, hostNames: ["cloud.test"] });
    const proxy = await startProxy();
    const { api, cli, details } = adapters(sandbox, behindProxy(sandbox), { [name]: proxy.url });
    const host = new URL(behindProxy(sandbox)).host;

    expect(await api.account(never)).toMatchObject({ username: "sandbox" });
    expect(proxy.hosts).toEqual([host]);
    const deployed = await cli.createCvm(
      deployment("bird-registry", [{ name: "A", value: "1" }]),
      never,
    );
    expect(deployed).toMatchObject({ kind: "ok" });
    expect(await api.findCvm("bird-registry", never)).toMatchObject({ kind: "present" });

    expect(new Set(proxy.hosts)).toEqual(new Set([host]));
    expect(proxy.hosts.length).toBeGreaterThan(1);
    const credentials = `Basic ${Buffer.from(`someone:${PASSWORD}`).toString("base64")}`;
    expect(new Set(proxy.authorizations)).toEqual(new Set([credentials]));
    expect(details.join("\n")).not.toContain(PASSWORD);
  },
);

test("HTTPS_PROXY is asked for a tunnel to the https host", async () => {
  const sandbox = await startedSandbox();
  const proxy = await startProxy();
  // The sandbox speaks no TLS: the tunnel is what this is about, and that nobody goes on without TLS.
  const apiUrl = behindProxy(sandbox).replace("http:", "https:");
  const { api, cli } = adapters(sandbox, apiUrl, { HTTPS_PROXY: proxy.url });
  expect(await api.findCvm("bird-registry", never)).toMatchObject({ kind: "unknown" });
  const ours = proxy.hosts.length;
  expect(ours).toBeGreaterThan(0);
  expect((await cli.login(never)).kind).not.toBe("ok");
  expect(proxy.hosts.length).toBeGreaterThan(ours);
  expect(new Set(proxy.hosts)).toEqual(new Set([new URL(apiUrl).host]));
  expect(sandbox.requests()).toEqual([]);
});

test.each(["NO_PROXY", "no_proxy"])("%s: neither goes through the proxy", async (name) => {
  const sandbox = await startedSandbox();
  const proxy = await startProxy();
  const env = { HTTP_PROXY: proxy.url, [name]: "example.com, cloud.test" };
  const { api, cli } = adapters(sandbox, behindProxy(sandbox), env);
  expect(await api.findCvm("bird-registry", never)).toMatchObject({ kind: "unknown" });
  expect((await cli.login(never)).kind).not.toBe("ok");
  expect(proxy.hosts).toEqual([]);
});

test("loopback is never asked of a proxy, for which it would be another machine", async () => {
  const sandbox = await startedSandbox();
  const proxy = await startProxy();
  const { api, cli } = adapters(sandbox, sandbox.apiUrl, {
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
  });
  expect(await api.account(never)).toMatchObject({ username: "sandbox" });
  expect(await cli.login(never)).toMatchObject({ kind: "ok", value: { username: "sandbox" } });
  expect(proxy.hosts).toEqual([]);
});
