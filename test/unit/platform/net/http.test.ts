/** The HTTP client against servers and proxies of a few lines that misbehave, over TLS and without. */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import path from "node:path";
import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpClient, type HttpRequest } from "../../../../src/platform/net/http.ts";
import { NetworkError } from "../../../../src/platform/net/network-error.ts";

const never = new AbortController().signal;
const TLS = path.join(import.meta.dirname, "../../../helpers/tls");
const CA = path.join(TLS, "ca.pem");
const pem = (name: string): string => readFileSync(path.join(TLS, name), "utf8");

/** @returns the port; every connection ends with the test. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const plain = async (handler: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createServer(handler))}/`;

const tlsServer = (handler: RequestListener, certificate = "server.pem"): Promise<number> =>
  listening(createTlsServer({ cert: pem(certificate), key: pem("server.key") }, handler));

/** Raw bytes to whoever connects. */
const raw = (onConnection: (socket: Socket) => void): Promise<number> =>
  listening(createTcpServer(onConnection));

const ok: RequestListener = (_request, response) => void response.end('{"ok":true}');

function get(
  url: string,
  env: NodeJS.ProcessEnv = {},
  more: Partial<HttpRequest> = {},
  signal = never,
) {
  const http = createHttpClient(env);
  onTestFinished(() => http.close());
  return http.send({ method: "GET", url, timeoutMs: 60_000, ...more }, signal);
}

async function failure(of: Promise<unknown>): Promise<NetworkError> {
  const error = await of.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof NetworkError)) throw new Error(`not a NetworkError: ${String(error)}`);
  return error;
}

/** A proxy that tunnels to this machine, whatever the host is. */
async function tunnelling(seen: string[] = []): Promise<number> {
  const server = createServer();
  server.on("connect", (request, client: Socket) => {
    seen.push(`${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    const upstream = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\nX-Filler: 1\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    onTestFinished(() => void upstream.destroy());
  });
  return listening(server);
}

describe("certificate authorities", () => {
  test.each([
    ["NODE_EXTRA_CA_CERTS", CA],
    ["NODE_EXTRA_CA_CERTS", path.relative(process.cwd(), CA)],
    ["SSL_CERT_FILE", CA],
  ])("%s=%s is trusted", async (name, file) => {
    const port = await tlsServer(ok);
    expect((await get(`https://localhost:${port}/`, { [name]: file })).text).toBe('{"ok":true}');
  });

  test("without it the certificate is not trusted, and the hint says how to trust it", async () => {
    const port = await tlsServer(ok);
    const error = await failure(
      get(`https://localhost:${port}/`, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
    );
    expect(error.code).toBe("tls-untrusted");
    expect(error.hint).toContain("NODE_EXTRA_CA_CERTS");
  });

  test("SSL_CERT_FILE replaces what is built in, NODE_EXTRA_CA_CERTS adds to that", async () => {
    const port = await tlsServer(ok);
    const other = { SSL_CERT_FILE: path.join(TLS, "elsewhere.pem") };
    expect((await failure(get(`https://localhost:${port}/`, other))).code).toBe("tls-untrusted");
    const both = { ...other, NODE_EXTRA_CA_CERTS: CA };
    expect((await get(`https://localhost:${port}/`, both)).status).toBe(200);
  });

  test("a certificate of another host is refused", async () => {
    const port = await tlsServer(ok, "elsewhere.pem");
    const error = await failure(get(`https://localhost:${port}/`, { NODE_EXTRA_CA_CERTS: CA }));
    expect(error).toMatchObject({ code: "tls-failed" });
  });

  test.each([
    ["does not exist", "/nowhere/ca.pem"],
    ["is no PEM file", import.meta.filename.replace(/http\.test\.ts$/, "../../../../package.json")],
  ])("a file that %s is named, and only where TLS needs it", async (_what, file) => {
    const error = await failure(get("https://localhost:1/", { SSL_CERT_FILE: file }));
    expect(error).toMatchObject({ code: "ca-file-invalid" });
    expect(error.message).toContain(`SSL_CERT_FILE=${file}`);
    expect((await get(await plain(ok), { SSL_CERT_FILE: file })).status).toBe(200);
  });

  test("a server without TLS", async () => {
    const url = (await plain(ok)).replace("http:", "https:");
    expect(await failure(get(url))).toMatchObject({ code: "tls-failed" });
  });
});

describe("proxies", () => {
  test("TLS goes through a tunnel, with the proxy's credentials and to the host's own certificate", async () => {
    const seen: string[] = [];
    const [port, proxy] = [await tlsServer(ok), await tunnelling(seen)];
    const env = { HTTPS_PROXY: `http://me:p%40ss@127.0.0.1:${proxy}`, NODE_EXTRA_CA_CERTS: CA };
    expect((await get(`https://cloud.test:${port}/`, env)).status).toBe(200);
    expect(seen).toEqual([`cloud.test:${port} Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });

  test("a plain request is forwarded, and its Host is the target's", async () => {
    const seen: (string | undefined)[] = [];
    const proxy = await listening(
      createServer((request, response) => {
        seen.push(request.url, request.headers.host);
        response.end("{}");
      }),
    );
    expect(
      (await get("http://cloud.test/x?y=1", { HTTP_PROXY: `127.0.0.1:${proxy}` })).status,
    ).toBe(200);
    expect(seen).toEqual(["http://cloud.test/x?y=1", "cloud.test"]);
  });

  test.each(["127.0.0.1", "localhost", "127.0.0.9", "[::ffff:127.0.0.1]", "api.localhost."])(
    "%s is never asked for through a proxy",
    async (host) => {
      let proxied = 0;
      const proxy = await raw((socket) => {
        proxied += 1;
        socket.destroy();
      });
      const { port } = new URL(await plain(ok));
      await get(`http://${host}:${port}/`, { HTTP_PROXY: `http://127.0.0.1:${proxy}` }).catch(
        () => undefined,
      );
      expect(proxied).toBe(0);
    },
  );

  const MISBEHAVING: readonly [string, (socket: Socket) => void, string, RegExp][] = [
    [
      "closes after CONNECT",
      (s) => s.once("data", () => s.end()),
      "proxy-failed",
      /closed the connection/,
    ],
    [
      "resets after CONNECT",
      (s) => s.once("data", () => s.resetAndDestroy()),
      "proxy-failed",
      /proxy http/,
    ],
    [
      "asks for a password",
      (s) => s.once("data", () => s.end("HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n")),
      "proxy-auth-required",
      /407/,
    ],
    [
      "refuses the host",
      (s) => s.once("data", () => s.end("HTTP/1.1 403 No\r\n\r\n<html>")),
      "proxy-failed",
      /refused to connect to cloud\.test:443 \(HTTP 403\)/,
    ],
    [
      "speaks something else",
      (s) => s.end("220 mail.test ESMTP\r\n\r\n"),
      "proxy-failed",
      /not HTTP/,
    ],
    [
      "answers without end",
      (s) => s.once("data", () => s.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(1e6)}`)),
      "proxy-failed",
      /too large/,
    ],
    [
      "opens a tunnel to nothing",
      (s) => s.once("data", () => s.end("HTTP/1.1 200 OK\r\n\r\n")),
      "connection-lost",
      /through a proxy/,
    ],
  ];

  test.each(MISBEHAVING)(
    "one that %s: one connection, one clear error",
    async (_what, act, code, message) => {
      let connections = 0;
      const proxy = await raw((socket) => {
        connections += 1;
        act(socket);
      });
      const secret = "proxy-password";
      const error = await failure(
        get("https://cloud.test/", { HTTPS_PROXY: `http://me:${secret}@127.0.0.1:${proxy}` }),
      );
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain(secret);
      expect(connections).toBe(1);
    },
  );

  test("one that is not there is named as what can't be reached", async () => {
    const error = await failure(get("https://cloud.test/", { HTTPS_PROXY: "http://127.0.0.1:1" }));
    expect(error).toMatchObject({ code: "proxy-failed" });
    expect(error.message).toMatch(/proxy http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  });
});

/** At which stage nothing more comes. */
const STUCK: readonly [string, () => Promise<{ url: string; env?: NodeJS.ProcessEnv }>][] = [
  [
    "the proxy's answer to CONNECT",
    async () => ({
      url: "https://cloud.test/",
      env: { HTTPS_PROXY: `http://127.0.0.1:${await raw(() => undefined)}` },
    }),
  ],
  [
    "TLS with the proxy",
    async () => ({
      url: "https://cloud.test/",
      env: { HTTPS_PROXY: `https://127.0.0.1:${await raw(() => undefined)}` },
    }),
  ],
  [
    "TLS through the tunnel",
    async () => {
      const [port, proxy] = [await raw(() => undefined), await tunnelling()];
      return {
        url: `https://cloud.test:${port}/`,
        env: { HTTPS_PROXY: `http://127.0.0.1:${proxy}` },
      };
    },
  ],
  ["TLS", async () => ({ url: `https://127.0.0.1:${await raw(() => undefined)}/` })],
  ["the headers", async () => ({ url: await plain(() => undefined) })],
  [
    "the body",
    async () => ({ url: await plain((_request, response) => void response.write('{"half": ')) }),
  ],
  [
    "a body that drips",
    async () => ({
      url: await plain((_request, response) => {
        const timer = setInterval(() => response.write(" "), 5);
        response.on("close", () => clearInterval(timer));
      }),
    }),
  ],
];

describe.each(STUCK)("where nothing comes after: %s", (_stage, stuck) => {
  test("the deadline ends it", async () => {
    const { url, env } = await stuck();
    expect(await failure(get(url, env, { timeoutMs: 150 }))).toMatchObject({
      code: "request-timed-out",
    });
  });

  test("an abort ends it with the signal's reason", async () => {
    const { url, env } = await stuck();
    const abort = new AbortController();
    const pending = get(url, env, { timeoutMs: 600_000 }, abort.signal);
    setTimeout(() => abort.abort(new Error("Ctrl-C")), 100);
    await expect(pending).rejects.toThrow("Ctrl-C");
  });
});

describe("what can't be reached", () => {
  test.each([
    ["http://127.0.0.1:1/", "connection-refused"],
    ["http://nowhere.invalid/", "dns-failed"],
    ["https://nowhere.invalid/", "dns-failed"],
  ])("%s: %s", async (url, code) => {
    expect(await failure(get(url))).toMatchObject({
      code,
      hint: expect.stringMatching(/check/) as unknown,
    });
  });
});

describe("bodies", () => {
  const MB = 1024 * 1024;

  /** Writes `total` bytes as fast as they are taken. */
  const pouring =
    (status: number, total: number): RequestListener =>
    (_request, response) => {
      response.writeHead(status);
      const chunk = Buffer.alloc(MB, "x");
      let left = total;
      const pour = (): void => {
        while (left > 0) {
          left -= MB;
          if (!response.write(chunk)) return void response.once("drain", pour);
        }
        response.end();
      };
      pour();
    };

  test("more than 8 MB is refused, and not read on", async () => {
    const error = await failure(get(await plain(pouring(200, 31 * MB))));
    expect(error).toMatchObject({ code: "answer-too-large" });
  });

  test("of a long error 64 kB are read, and its status counts", async () => {
    const answer = await get(await plain(pouring(500, 20 * MB)));
    expect(answer.status).toBe(500);
    expect(answer.body).toHaveLength(64 * 1024);
  });

  test("gzip is decoded", async () => {
    const url = await plain((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("gzip");
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"a":"ä"}'));
    });
    expect((await get(url)).text).toBe('{"a":"ä"}');
  });

  test("a gzip bomb is bounded by what it becomes", async () => {
    const url = await plain((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      const zip = createGzip();
      zip.pipe(response);
      const zeros = Buffer.alloc(MB);
      for (let count = 0; count < 64; count += 1) zip.write(zeros);
      zip.end();
    });
    expect(await failure(get(url))).toMatchObject({ code: "answer-too-large" });
  });

  test.each<[string, RequestListener, string]>([
    [
      "a body cut off",
      (_q, r) => {
        r.writeHead(200, { "content-length": "100" }).write("{}");
        setImmediate(() => r.destroy());
      },
      "connection-lost",
    ],
    [
      "gzip cut off",
      (_q, r) => {
        r.writeHead(200, { "content-encoding": "gzip" }).write(
          gzipSync("x".repeat(999)).subarray(0, 15),
        );
        setImmediate(() => r.destroy());
      },
      "connection-lost",
    ],
    [
      "half of a gzip file",
      (_q, r) =>
        void r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("abc").subarray(0, 12)),
      "answer-malformed",
    ],
    [
      "an unknown encoding",
      (_q, r) => void r.writeHead(200, { "content-encoding": "br" }).end("x"),
      "answer-malformed",
    ],
  ])("%s is an error", async (_what, handler, code) => {
    expect(await failure(get(await plain(handler)))).toMatchObject({ code });
  });

  test("what is not HTTP", async () => {
    const port = await raw((socket) => socket.end("220 mail.test ESMTP\r\n"));
    expect(await failure(get(`http://127.0.0.1:${port}/`))).toMatchObject({
      code: "answer-malformed",
    });
  });
});

test("a redirect is handed back, not followed", async () => {
  let followed = false;
  const elsewhere = await plain((_request, response) => {
    followed = true;
    response.end();
  });
  const url = await plain(
    (_q, response) => void response.writeHead(307, { location: elsewhere }).end(),
  );
  expect((await get(url, {}, { headers: { "x-api-key": "k" } })).status).toBe(307);
  expect(followed).toBe(false);
});

/** Answers the first request of each connection, and closes it at the second. */
const closingLater = async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const { socket } = request;
    const count = ((socket as { count?: number }).count ?? 0) + 1;
    (socket as { count?: number }).count = count;
    seen.push(`${request.method} ${count}`);
    if (count > 1) socket.destroy();
    else response.end("{}");
  });
  const http = createHttpClient({});
  onTestFinished(() => http.close());
  const url = `http://127.0.0.1:${await listening(server)}/`;
  const send = (method: HttpRequest["method"]) =>
    http.send({ method, url, timeoutMs: 60_000 }, never);
  return { seen, send };
};

describe("kept connections", () => {
  test("a read over one that breaks is asked again over a new one", async () => {
    const { seen, send } = await closingLater();
    await send("GET");
    expect((await send("GET")).status).toBe(200);
    expect(seen).toEqual(["GET 1", "GET 2", "GET 1"]);
  });

  test("what changes something goes over a new one, once", async () => {
    const { seen, send } = await closingLater();
    await send("GET");
    expect((await send("POST")).status).toBe(200);
    expect(seen).toEqual(["GET 1", "POST 1"]);
  });
});
