/** The spawntee client and the coordinator's signature, against a server of a few lines. */
import { generateKeyPairSync, verify, createPublicKey } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpClient } from "../../../../src/platform/net/http.ts";
import type { Clock } from "../../../../src/core/ports.ts";
import { Redactor } from "../../../../src/core/redact.ts";
import { createSpawntee } from "../../../../src/platform/spawntee/client.ts";
import { signedHeaders } from "../../../../src/platform/spawntee/approve.ts";
import { systemClock } from "../../../../src/platform/clock.ts";

const signal = new AbortController().signal;
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const SECRET = "wJalr/SECRET+value+of+the+environment";
const HASH = "ab".repeat(32);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Pauses take no time, and count. */
function impatient(): Clock {
  let slept = 0;
  return {
    now: systemClock.now,
    monotonic: () => systemClock.monotonic() + slept,
    deadline: systemClock.deadline,
    sleep: async (ms) => void (slept += ms),
  };
}

async function serve(
  handler: Handler,
  redact?: (text: string) => string,
  clock: Clock = impatient(),
) {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const http = createHttpClient({});
  onTestFinished(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    spawntee: createSpawntee(http, clock, redact),
    url: `http://127.0.0.1:${address.port}/gateway/app-9010`,
  };
}

const answer =
  (status: number, body: string): Handler =>
  (_request, response) =>
    void response.writeHead(status).end(body);
const json = (status: number, body: unknown): Handler => answer(status, JSON.stringify(body));

const HEALTHY = {
  status: "healthy",
  service: "secure-spawn",
  mode: "registry+runner",
  uptime_seconds: 3.5,
  extra: 1,
};

test("health is what the service says of itself", async () => {
  const { spawntee, url } = await serve(json(200, HEALTHY));
  expect(await spawntee.health(url, signal)).toEqual({
    kind: "answered",
    value: {
      status: "healthy",
      service: "secure-spawn",
      mode: "registry+runner",
      uptimeSeconds: 3.5,
    },
  });
});

test("an unhealthy service that says so with 503 has answered", async () => {
  const { spawntee, url } = await serve(json(503, { ...HEALTHY, status: "unhealthy" }));
  expect(await spawntee.health(url, signal)).toMatchObject({
    kind: "answered",
    value: { status: "unhealthy" },
  });
});

test.each([
  ["a gateway's page", answer(502, "<html>502</html>"), /HTTP 502/],
  ["another service", json(200, { hello: "world" }), /HTTP 200/],
  ["JSON of something before it", json(404, { status: "healthy" }), /HTTP 404/],
  ["JSON of a gateway while it boots", json(503, { status: "starting" }), /HTTP 503/],
  [
    "a redirect",
    ((_q, r) => void r.writeHead(301, { location: "/" }).end()) satisfies Handler,
    /HTTP 301/,
  ],
])("%s is somebody else", async (_what, handler, detail) => {
  const { spawntee, url } = await serve(handler);
  expect(await spawntee.health(url, signal)).toEqual({
    kind: "other",
    detail: expect.stringMatching(detail) as unknown,
  });
});

test.each([
  ["a connection that breaks", ((_q, r) => void r.destroy()) satisfies Handler, /no answer: /],
  ["an answer without end", answer(200, " ".repeat(100_000)), /larger than 65536 bytes/],
])("%s is silence", async (_what, handler, detail) => {
  const { spawntee, url } = await serve(handler);
  expect(await spawntee.health(url, signal)).toEqual({
    kind: "silent",
    detail: expect.stringMatching(detail) as unknown,
  });
});

test.each([
  ["nobody listens", "http://127.0.0.1:1", /ECONNREFUSED/],
  ["the name is unknown", "http://nowhere.invalid", /ENOTFOUND|EAI_AGAIN/],
])("%s: silence, with the reason", async (_what, url, detail) => {
  const { spawntee } = await serve(json(200, {}));
  expect(await spawntee.health(url, signal)).toEqual({
    kind: "silent",
    detail: expect.stringMatching(detail) as unknown,
  });
});

test("capacity says whether new models are taken", async () => {
  const { spawntee, url } = await serve(
    json(200, { accepting_new_models: false, running_models: 2 }),
  );
  expect(await spawntee.capacity(url, signal)).toEqual({
    kind: "answered",
    value: { acceptingNewModels: false, runningModels: 2, totalMemoryMb: null },
  });
});

test("hashes are pushed with a signature that holds", async () => {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const { spawntee, url } = await serve((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ request, body });
      json(200, { approved_count: 1, hashes: [HASH] })(request, response);
    });
  });
  expect(await spawntee.approveHashes(url, [HASH], PEM, signal)).toEqual({ kind: "approved" });
  const [push] = seen;
  expect(push?.request.url).toBe("/gateway/app-9010/registry/approve-hash");
  expect(JSON.parse(push?.body ?? "")).toEqual({ hashes: [HASH] });
  const header = (name: string): Buffer =>
    Buffer.from(String(push?.request.headers[`x-gateway-auth-${name}`]), "base64");
  const key = createPublicKey({ key: header("pubkey"), type: "spki", format: "der" });
  expect(verify("sha256", header("message"), key, header("signature"))).toBe(true);
  expect(key.equals(pair.publicKey)).toBe(true);
});

test("the signed message is compact JSON with whole seconds", () => {
  const headers = signedHeaders("/registry/approve-hash", PEM, 1_770_000_000_999);
  const message = Buffer.from(headers["X-Gateway-Auth-Message"] ?? "", "base64").toString();
  expect(message).toBe('{"path":"/registry/approve-hash","timestamp":1770000000}');
});

test.each([
  ["404 in JSON: an older registry", json(404, { detail: "Not Found" }), "not-offered"],
  ["404 as a page: the gateway", answer(404, "<html>no such app</html>"), "unclear"],
  ["401", json(401, { detail: "unknown coordinator key" }), "refused"],
  ["422", json(422, { detail: "bad hash" }), "refused"],
  ["500", json(500, { detail: "x" }), "unclear"],
  ["200 with a page", answer(200, "<html>Welcome</html>"), "unclear"],
  ["a broken connection", ((_q, r) => void r.destroy()) satisfies Handler, "unclear"],
])("a push that meets %s", async (_what, handler, kind) => {
  const { spawntee, url } = await serve(handler);
  expect(await spawntee.approveHashes(url, [HASH], PEM, signal)).toMatchObject({ kind });
});

test("a secret that stands where a long answer is cut goes as a whole", async () => {
  const redactor = new Redactor();
  redactor.add(SECRET);
  const body = { detail: `${"x".repeat(170)}${SECRET}` };
  const { spawntee, url } = await serve(json(401, body), (text) => redactor.redact(text));
  const refused = await spawntee.approveHashes(url, [HASH], PEM, signal);
  expect(refused).toMatchObject({
    kind: "refused",
    detail: expect.stringMatching(/x\[redacted\]/),
  });
  expect(JSON.stringify(refused)).not.toContain(SECRET.slice(0, 3));
});

test.each([
  ["no key at all", "hello"],
  [
    "a key of another type",
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ],
])("%s is an input error that shows nothing of it", async (_what, pem) => {
  const { spawntee, url } = await serve(json(200, {}));
  await expect(spawntee.approveHashes(url, [HASH], pem, signal)).rejects.toMatchObject({
    kind: "input",
    code: "bad-gateway-key",
  });
});

test.each<[string, unknown, string]>([
  ["names them", { approved_count: 1, hashes: [HASH] }, "approved"],
  [
    "names them in another spelling",
    { hashes: [`0x${HASH.toUpperCase()}`, "cd".repeat(32)] },
    "approved",
  ],
  ["counts them", { approved_count: 1 }, "approved"],
  ["counts too few", { approved_count: 0 }, "unclear"],
  ["names others", { approved_count: 1, hashes: ["cd".repeat(32)] }, "refused"],
  ["has an error in it", { error: "storage failed", hashes: [HASH] }, "refused"],
  ["says only that all is well", { status: "ok" }, "unclear"],
  ["says nothing", {}, "unclear"],
])("a 200 that %s", async (_what, body, kind) => {
  const { spawntee, url } = await serve(json(200, body));
  expect(await spawntee.approveHashes(url, [HASH], PEM, signal)).toMatchObject({ kind });
});

/** Refuses `refusals` pushes; `uptime` is what its health says. */
const registry = (refusals: number, uptime: number | undefined) => {
  const messages: string[] = [];
  const handler: Handler = (request, response) => {
    if (request.url?.endsWith("/health"))
      return json(200, { status: "healthy", uptime_seconds: uptime })(request, response);
    messages.push(String(request.headers["x-gateway-auth-signature"]));
    return messages.length <= refusals
      ? json(401, { detail: "unknown key" })(request, response)
      : json(200, { hashes: [HASH] })(request, response);
  };
  return { handler, messages };
};

describe("a 401 to a push", () => {
  test.each([3.5, undefined])("after a boot (uptime %s) is asked again", async (uptime) => {
    const { handler, messages } = registry(3, uptime);
    const { spawntee, url } = await serve(handler);
    expect(await spawntee.approveHashes(url, [HASH], PEM, signal)).toEqual({ kind: "approved" });
    expect(messages).toHaveLength(4);
  });

  test("lasts for a minute at most", async () => {
    const { handler, messages } = registry(Infinity, undefined);
    const { spawntee, url } = await serve(handler);
    expect(await spawntee.approveHashes(url, [HASH], PEM, signal)).toMatchObject({
      kind: "refused",
    });
    expect(messages.length).toBeGreaterThan(15);
    expect(messages.length).toBeLessThanOrEqual(21);
  });

  test("long after a boot is meant", async () => {
    const { handler, messages } = registry(Infinity, 86_400);
    const { spawntee, url } = await serve(handler);
    expect(await spawntee.approveHashes(url, [HASH], PEM, signal)).toMatchObject({
      kind: "refused",
    });
    expect(messages).toHaveLength(1);
  });
});

test("the next signature is of the registry's time, whatever this machine's clock says", async () => {
  const times: number[] = [];
  const behind: Clock = { ...impatient(), now: () => Date.now() - 7_200_000 };
  const { spawntee, url } = await serve(
    (request, response) => {
      const message = Buffer.from(
        String(request.headers["x-gateway-auth-message"]),
        "base64",
      ).toString();
      times.push((JSON.parse(message) as { timestamp: number }).timestamp);
      json(200, { hashes: [HASH] })(request, response);
    },
    undefined,
    behind,
  );
  for (let count = 0; count < 2; count += 1) await spawntee.approveHashes(url, [HASH], PEM, signal);
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThan(7_190);
});

test.each([
  ["404 of spawntee", json(404, { detail: "Not Found" }), "closed"],
  ["401", json(401, { detail: "no" }), "closed"],
  ["422: the command is missing", json(422, { detail: [] }), "open"],
  ["200", json(200, { output: "" }), "open"],
  ["the gateway's 404", answer(404, "<html>"), "unknown"],
  ["502", answer(502, "<html>"), "unknown"],
  ["a broken connection", ((_q, r) => void r.destroy()) satisfies Handler, "unknown"],
])("/debug/exec that answers %s", async (_what, handler, expected) => {
  let asked = "";
  const { spawntee, url } = await serve((request, response) => {
    asked = request.url ?? "";
    handler(request, response);
  });
  expect(await spawntee.debugEndpoint(url, signal)).toBe(expected);
  expect(asked).toBe("/gateway/app-9010/debug/exec");
});

test("/tasks is asked with a signature or without", async () => {
  const { spawntee, url } = await serve((request, response) =>
    request.headers["x-gateway-auth-signature"] === undefined
      ? json(401, { detail: "unsigned" })(request, response)
      : json(200, [])(request, response),
  );
  expect(await spawntee.tasks(url, signal)).toEqual({ kind: "unauthorized" });
  expect(await spawntee.tasks(url, signal, PEM)).toEqual({ kind: "listed" });
  const broken = await serve(answer(404, "<html>"));
  expect(await broken.spawntee.tasks(broken.url, signal)).toEqual({
    kind: "other",
    detail: "HTTP 404",
  });
});
