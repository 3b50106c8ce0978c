/** The API client against a server of a few lines: what each kind of answer means. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createHttpClient } from "../../../../src/platform/net/http.ts";
import { createCloudApi } from "../../../../src/platform/phala/api.ts";
import type { CloudApi } from "../../../../src/core/ports.ts";
import { systemClock } from "../../../../src/platform/clock.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

const signal = new AbortController().signal;
const KEY = "phak_unit_test_key";

/** Pauses between retries are slept in no time, and kept. */
async function serve(
  handler: Handler,
  requestTimeoutMs = 30_000,
): Promise<{ api: CloudApi; seen: IncomingMessage[]; pauses: number[] }> {
  const seen: IncomingMessage[] = [];
  const pauses: number[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    handler(request, response, new URL(request.url ?? "/", "http://x"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const http = createHttpClient({});
  onTestFinished(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const clock = { ...systemClock, sleep: async (ms: number) => void pauses.push(ms) };
  const api = createCloudApi({
    apiUrl: `http://127.0.0.1:${address.port}`,
    apiKey: KEY,
    http,
    clock,
    onDetail: () => undefined,
    requestTimeoutMs,
    redact: (text) => text.replaceAll(KEY, "[redacted]"),
  });
  return { api, seen, pauses };
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

const uuid = (n: number): string => n.toString(16).padStart(32, "0");
const cvm = (n: number, name = `cvm-${n}`): Record<string, unknown> => ({
  name,
  app_id: `app_${n.toString(16).padStart(40, "0")}`,
  vm_uuid: uuid(n).replace(/^(.{8})(.{4})/, "$1-$2-"),
  status: "Running",
  compose_hash: null,
  node_info: { name: "prod10", new_field: 1 },
  gateway: { base_domain: "dstack-pha-prod10.phala.network" },
});

/** A server that pages `all` as the platform does. */
const paged =
  (
    all: readonly unknown[],
    change: (answer: Record<string, unknown>) => unknown = (answer) => answer,
  ): Handler =>
  (_request, response, url) => {
    const page = Number(url.searchParams.get("page"));
    const size = Number(url.searchParams.get("page_size"));
    const items = all.slice((page - 1) * size, page * size);
    const pages = Math.ceil(all.length / size);
    json(response, 200, change({ items, total: all.length, page, page_size: size, pages }));
  };

test("the key goes in X-API-Key, the schema is pinned, and ids are normalised", async () => {
  const { api, seen } = await serve((_request, response) => json(response, 200, cvm(7)));
  expect(await api.findCvm("cvm-7", signal)).toMatchObject({
    kind: "present",
    value: { appId: "7".padStart(40, "0"), vmUuid: uuid(7), status: "running", nodeName: "prod10" },
  });
  expect(seen[0]?.headers).toMatchObject({ "x-api-key": KEY, "x-phala-version": "2026-01-21" });
  expect(seen[0]?.url).toBe("/api/v1/cvms/cvm-7");
});

test.each([
  ["its app_id with the prefix", `app_${"7".padStart(40, "0")}`],
  ["its uuid with dashes", "00000000-0000-0000-0000-000000000007"],
])("a CVM is found by %s", async (_what, id) => {
  const { api } = await serve((_request, response) => json(response, 200, cvm(7)));
  expect(await api.findCvm(id, signal)).toMatchObject({ kind: "present" });
});

test("an app_id in capitals is the same one, and a byte order mark says nothing", async () => {
  const appId = "abcdef".padStart(40, "0");
  const spelt = JSON.stringify({ ...cvm(7), app_id: `app_${appId.toUpperCase()}` });
  const { api } = await serve((_request, response) => void response.end(`\uFEFF${spelt}`));
  expect(await api.findCvm(appId, signal)).toMatchObject({ kind: "present", value: { appId } });
});

test("an answer about another CVM is unknown", async () => {
  const { api } = await serve((_request, response) => json(response, 200, cvm(8)));
  expect(await api.findCvm("cvm-7", signal)).toMatchObject({
    kind: "unknown",
    reason: expect.stringContaining("cvm-8") as unknown,
  });
});

test("an app_id is asked for as the platform's own SDK writes it", async () => {
  const { api, seen } = await serve((_request, response) => json(response, 200, cvm(7)));
  await api.findCvm("7".padStart(40, "0"), signal);
  expect(seen[0]?.url).toBe(`/api/v1/cvms/app_${"7".padStart(40, "0")}`);
});

test.each(["Deleted", "terminated"])(
  "what the platform itself calls %s is absent, and in no list",
  async (status) => {
    const gone = { ...cvm(7), status };
    const one = await serve((_request, response) => json(response, 200, gone));
    expect(await one.api.findCvm("cvm-7", signal)).toEqual({ kind: "absent" });
    const all = await serve(paged([gone, cvm(8)]));
    expect((await all.api.listCvms(signal)).map(({ name }) => name)).toEqual(["cvm-8"]);
  },
);

test.each([404, 410])("the API's own %i is absent", async (status) => {
  const { api } = await serve((_request, response) =>
    json(response, status, { detail: "CVM not found" }),
  );
  expect(await api.findCvm("cvm-7", signal)).toEqual({ kind: "absent" });
});

test("half of a 404 says nothing: it is asked again", async () => {
  let requests = 0;
  const { api } = await serve((_request, response) => {
    requests += 1;
    if (requests === 1) response.writeHead(404).end('{"detail": "CVM no');
    else json(response, 404, { detail: "CVM not found" });
  });
  expect(await api.findCvm("cvm-7", signal)).toEqual({ kind: "absent" });
});

test.each<[string, Handler, RegExp]>([
  [
    "401",
    (_q, r) => json(r, 401, { detail: "Invalid API key" }),
    /401 Unauthorized: Invalid API key/,
  ],
  ["403", (_q, r) => json(r, 403, { detail: "No access" }), /403 Forbidden/],
  [
    "422",
    (_q, r) => json(r, 422, { detail: [{ loc: ["path", "id"], msg: "too long" }] }),
    /path\.id: too long/,
  ],
  ["500", (_q, r) => json(r, 500, {}), /HTTP 500/],
  [
    "502 with a page",
    (_q, r) => void r.writeHead(502).end("<html>Bad Gateway</html>"),
    /HTTP 502 Bad Gateway/,
  ],
  ["404 with a page", (_q, r) => void r.writeHead(404).end("<html>nginx</html>"), /HTTP 404/],
  [
    "a page",
    (_q, r) => void r.writeHead(200).end("<html>Welcome</html>"),
    /something else answered: .*not JSON \(a web page\)/,
  ],
  ["half a JSON", (_q, r) => void r.writeHead(200).end('{"name": "cvm-7", "app_'), /not JSON/],
  [
    "a wrong shape",
    (_q, r) => json(r, 200, { name: "cvm-7", status: 3 }),
    /unexpected answer: status/,
  ],
  ["a list", (_q, r) => json(r, 200, []), /unexpected answer/],
  ["nothing", (_q, r) => void r.writeHead(200).end(), /not JSON/],
  [
    "a redirect",
    (_q, r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    /HTTP 302/,
  ],
  ["a reset", (_q, r) => void r.destroy(), /socket|closed|hang up|ECONNRESET/],
  ["a hang", () => undefined, /no complete answer within 0\.4s/],
])("%s is unknown, with a reason that a person understands", async (_what, handler, reason) => {
  const { api } = await serve(handler, handler.length === 0 ? 400 : undefined);
  const found = await api.findCvm("cvm-7", signal);
  expect(found).toMatchObject({ kind: "unknown" });
  expect(found.kind === "unknown" && found.reason).toMatch(reason);
});

test("a structured error shows code, message and suggestions, and no secret that the server repeats", async () => {
  const error = {
    error_code: "ERR-04-001",
    message: `key ${KEY} has no quota`,
    details: [{ field: "balance", value: "0", message: "0 USD left" }],
    suggestions: ["top up"],
  };
  const { api } = await serve((_request, response) => json(response, 400, { detail: error }));
  const found = await api.findCvm("cvm-7", signal);
  expect(found.kind === "unknown" && found.reason).toBe(
    "HTTP 400: ERR-04-001 key [redacted] has no quota; 0 USD left; top up",
  );
});

test("an app-compose is handed on untouched, fields that are new included", async () => {
  const compose = {
    docker_compose_file: `x: ${KEY}\r\n`,
    allowed_envs: ["B", "A"],
    brand_new: { deep: [1] },
  };
  const { api } = await serve((_request, response) => json(response, 200, compose));
  expect(await api.appCompose("cvm-7", signal)).toEqual({ kind: "present", value: compose });
});

test("a failed read is tried three times, longer apart each time; a refusal once", async () => {
  const failing = await serve((_request, response) => json(response, 503, {}));
  await failing.api.findCvm("cvm-7", signal);
  expect(failing.seen).toHaveLength(3);
  expect(failing.pauses[0]).toBeGreaterThan(100);
  expect(failing.pauses[1]).toBeGreaterThanOrEqual(250);
  const refusing = await serve((_request, response) => json(response, 401, {}));
  await refusing.api.findCvm("cvm-7", signal);
  expect(refusing.seen).toHaveLength(1);
});

test.each([
  ["seconds", () => "2", 2000, 2000],
  ["a date", () => new Date(Date.now() + 4000).toUTCString(), 2000, 4000],
  ["longer than we wait", () => "3600", 10_000, 10_000],
])("Retry-After as %s is honoured", async (_what, header, least, most) => {
  let refused = false;
  const { api, pauses } = await serve((_request, response) => {
    if (refused) return json(response, 200, cvm(7));
    refused = true;
    response.writeHead(429, { "retry-after": header() }).end();
  });
  expect(await api.findCvm("cvm-7", signal)).toMatchObject({ kind: "present" });
  expect(pauses).toHaveLength(1);
  expect(pauses[0]).toBeGreaterThanOrEqual(least);
  expect(pauses[0]).toBeLessThanOrEqual(most);
});

test("an abort ends a request at once, with the signal's reason", async () => {
  const abort = new AbortController();
  const { api, seen } = await serve(() => abort.abort(new Error("enough")));
  await expect(api.findCvm("cvm-7", abort.signal)).rejects.toThrow("enough");
  expect(seen).toHaveLength(1);
});

test("a list is every page, each CVM once, read until two passes agree", async () => {
  const all = Array.from({ length: 1234 }, (_, index) => cvm(index));
  const { api, seen } = await serve(paged(all));
  const list = await api.listCvms(signal);
  expect(new Set(list.map(({ name }) => name)).size).toBe(1234);
  expect(seen).toHaveLength(26);
});

test("one page is of one moment: it is read once", async () => {
  const { api, seen } = await serve(paged([cvm(1), cvm(2)]));
  expect(await api.listCvms(signal)).toHaveLength(2);
  expect(seen).toHaveLength(1);
});

const ours = Array.from({ length: 3 }, (_, index) => cvm(9000 + index, `bird-runner-${index}`));
const crowd = Array.from({ length: 250 }, (_, index) => cvm(index));
const account = [...crowd.slice(0, 120), ...ours, ...crowd.slice(120)];
const OURS = { keep: ({ name }: { name: string }) => name.startsWith("bird-"), search: "bird" };

/** As `paged`, with a search that `matches`. */
const searching = (
  all: (request: number) => readonly Record<string, unknown>[],
  matches: (name: string) => boolean,
): Handler =>
  (() => {
    let requests = 0;
    return (request, response, url) => {
      requests += 1;
      const items = all(requests);
      const isNarrowed = url.searchParams.has("search");
      paged(isNarrowed ? items.filter(({ name }) => matches(String(name))) : items)(
        request,
        response,
        url,
      );
    };
  })();

test("a search confirms a long list with one request", async () => {
  const { api, seen } = await serve(
    searching(
      () => account,
      (name) => name.includes("bird"),
    ),
  );
  expect((await api.listCvms(signal, OURS)).map(({ name }) => name)).toEqual(
    ours.map(({ name }) => name),
  );
  expect(seen).toHaveLength(4);
});

test.each<[string, (name: string) => boolean]>([
  ["finds nothing", () => false],
  ["finds a part", (name) => name.endsWith("1")],
  ["finds everything", () => true],
])("nothing hangs on a search that %s", async (_what, matches) => {
  const { api } = await serve(searching(() => account, matches));
  expect(await api.listCvms(signal, OURS)).toHaveLength(3);
});

test("a search that the server refuses is done without", async () => {
  const { api } = await serve((request, response, url) =>
    url.searchParams.has("search")
      ? json(response, 422, { detail: "no search" })
      : paged(account)(request, response, url),
  );
  expect(await api.listCvms(signal, OURS)).toHaveLength(3);
});

test("what slips between two pages in one pass is found, though the count is right", async () => {
  const [runner] = ours;
  const early = [runner, ...account.filter((one) => one !== runner)] as Record<string, unknown>[];
  const late = [...account.filter((one) => one !== runner), runner] as Record<string, unknown>[];
  // It is at the end while the beginning is read, and at the beginning by the time the end is.
  const { api } = await serve(
    searching(
      (request) => (request === 1 ? late : early),
      () => false,
    ),
  );
  expect(await api.listCvms(signal, OURS)).toHaveLength(3);
});

test("a list in another order at each request is complete once all of it was seen", async () => {
  const all = Array.from({ length: 7 }, (_, index) => cvm(index + 1));
  let turn = 0;
  const { api } = await serve((_request, response, url) => {
    turn += 1;
    const order = [...all.slice(turn % 7), ...all.slice(0, turn % 7)];
    const page = Number(url.searchParams.get("page"));
    const items = order.slice((page - 1) * 2, page * 2);
    json(response, 200, { items, total: 7, page, page_size: 2, pages: 4 });
  });
  expect(await api.listCvms(signal)).toHaveLength(7);
});

test("where no two passes agree, the union counts", async () => {
  let pass = 0;
  const { api } = await serve((request, response, url) => {
    if (url.searchParams.get("page") === "1") pass += 1;
    const [one, two, three] = ours;
    const shown = pass % 2 === 0 ? [one, two] : [two, three];
    paged([...crowd, ...shown])(request, response, url);
  });
  expect(await api.listCvms(signal, { keep: OURS.keep })).toHaveLength(3);
});

test("CVMs of one name, and of one app_id, are each seen", async () => {
  const twins = [
    cvm(1, "bird-registry"),
    cvm(2, "bird-registry"),
    { ...cvm(3, "bird-x"), app_id: cvm(1)["app_id"] },
  ];
  const { api } = await serve(paged(twins));
  expect(await api.listCvms(signal)).toHaveLength(3);
});

test.each<[string, unknown]>([
  ["no name", { ...cvm(7), name: null }],
  ["an odd status", { ...cvm(7), status: { code: 3 } }],
  ["nothing at all", {}],
])("somebody else's CVM with %s is no reason to stop", async (_what, odd) => {
  const { api } = await serve(paged([odd, cvm(1, "bird-registry")]));
  expect(await api.listCvms(signal, OURS)).toMatchObject([{ name: "bird-registry" }]);
});

test("a CVM of ours that can't be read is one", async () => {
  const { api } = await serve(paged([{ ...cvm(7, "bird-registry"), status: { code: 3 } }]));
  await expect(api.listCvms(signal, OURS)).rejects.toThrow(/bird-registry: status/);
});

test("the older schema's list items and CVMs are read too", async () => {
  const item = {
    name: "bird-registry",
    hosted: { id: uuid(7), name: "bird-registry", app_id: "ab".repeat(20), status: "running" },
    node: { name: "prod5" },
    gateway_domain: "dstack-pha-prod5.phala.network",
    in_progress: true,
  };
  const expected = {
    name: "bird-registry",
    appId: "ab".repeat(20),
    vmUuid: uuid(7),
    status: "running",
    inProgress: true,
    nodeName: "prod5",
    baseDomain: "dstack-pha-prod5.phala.network",
    createdAt: null,
  };
  const listed = await serve(paged([item]));
  expect(await listed.api.listCvms(signal)).toMatchObject([expected]);
  const { hosted, node, ...rest } = item;
  const single = {
    ...rest,
    status: "running",
    app_id: hosted.app_id,
    vm_uuid: hosted.id,
    teepod: node,
  };
  const { api } = await serve((_request, response) => json(response, 200, single));
  expect(await api.findCvm("bird-registry", signal)).toMatchObject({
    kind: "present",
    value: expected,
  });
});

test("a renamed CVM is found by its app_id", async () => {
  const { api } = await serve((_request, response) => json(response, 200, cvm(7, "renamed")));
  const found = await api.findCvm("7".padStart(40, "0"), signal);
  expect(found).toMatchObject({ kind: "present", value: { name: "renamed" } });
});

test.each<[string, Handler, RegExp]>([
  [
    "has fewer CVMs than it counts",
    paged([cvm(1)], (a) => ({ ...a, total: 2 })),
    /counts 2 CVMs and lists 1/,
  ],
  ["claims endless pages", paged([cvm(1)], (a) => ({ ...a, pages: 1e9 })), /1000000000 pages/],
  [
    "sends the first page again and again",
    paged(
      Array.from({ length: 300 }, (_, index) => cvm(index)),
      (a) => ({ ...a, page: 1 }),
    ),
    /asked for page 2 .* sent page 1/,
  ],
  [
    "fails on one page",
    (request, response, url) =>
      url.searchParams.get("page") === "2"
        ? json(response, 500, {})
        : paged(Array.from({ length: 300 }, (_, index) => cvm(index)))(request, response, url),
    /HTTP 500/,
  ],
])("a list that %s is no list", async (_what, handler, message) => {
  const { api } = await serve(handler);
  await expect(api.listCvms(signal)).rejects.toMatchObject({ kind: "platform" });
  await expect(api.listCvms(signal)).rejects.toThrow(message);
});

test("a refused key is a prerequisite, told as one", async () => {
  const { api } = await serve((_request, response) =>
    json(response, 401, { detail: "Invalid API key" }),
  );
  await expect(api.listCvms(signal)).rejects.toMatchObject({
    kind: "prerequisite",
    code: "api-key-refused",
  });
  await expect(api.account(signal)).rejects.toThrow(/Invalid API key/);
});

test("4,000 CVMs are listed in little time and memory", async () => {
  const handler = paged(Array.from({ length: 4_000 }, (_, index) => cvm(index)));
  const { api } = await serve(handler);
  const before = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  const list = await api.listCvms(signal);
  const used = process.cpuUsage(cpu);
  expect(list).toHaveLength(4_000);
  // The server's share is in both numbers: it runs in this process.
  expect((used.user + used.system) / 1e6).toBeLessThan(5);
  expect((process.memoryUsage().heapUsed - before) / 1e6).toBeLessThan(60);
});

test("timestamps without a zone are UTC", async () => {
  const { api } = await serve((_request, response) =>
    json(response, 200, { ...cvm(7), created_at: "2026-11-27 10:00:00.123456" }),
  );
  expect(await api.findCvm("cvm-7", signal)).toMatchObject({
    value: { createdAt: "2026-11-27T10:00:00.123Z" },
  });
});

const operation = (status: string, more = {}) => ({
  operation_type: "compose_update",
  status,
  ...more,
});

/** The hours of operations in the order in which they are told. */
const orderOf = async (of: readonly unknown[]): Promise<unknown> => {
  const { api } = await serve((_request, response) => json(response, 200, { items: of }));
  const found = await api.operations("cvm-7", signal);
  return found.kind === "present" && found.value.map(({ startedAt }) => startedAt?.slice(11, 13));
};

test("operations are the newest first, by their own times where each has one", async () => {
  const times = ["2026-11-27T10:00:00", "2026-11-27T12:00:00Z", "2026-11-27T11:00:00Z"];
  const items = times.map((started_at) => operation("completed", { started_at }));
  expect(await orderOf(items)).toEqual(["12", "11", "10"]);
  expect(await orderOf([...items, operation("completed")])).toEqual(["10", "12", "11", undefined]);
});

test("a list of operations that the key may not read is neither missing nor a refused key", async () => {
  const { api } = await serve((request, response) =>
    request.url?.endsWith("/operations")
      ? json(response, 403, { detail: "forbidden" })
      : json(response, 200, cvm(7)),
  );
  expect(await api.operations("cvm-7", signal)).toEqual({
    kind: "unknown",
    reason: "the key may read the CVM, and not its operations: HTTP 403 Forbidden: forbidden",
  });
  const refused = await serve((_request, response) => json(response, 401, { detail: "revoked" }));
  expect(await refused.api.operations("cvm-7", signal)).toMatchObject({
    refusal: { code: "api-key-refused" },
  });
});

test("operations have a state; a list that the platform does not keep is told from a CVM that is gone", async () => {
  const items = [
    operation("completed", { started_at: "2026-11-27T10:00:00" }),
    operation("timed_out", { correlation_id: "7c1d" }),
    operation("in_progress"),
    operation("polished", { completed_at: "2026-11-27T10:00:00Z" }),
  ];
  const kept = await serve((_request, response) =>
    json(response, 200, { items, total: 4, next_cursor: null }),
  );
  const found = await kept.api.operations("cvm-7", signal);
  const states = found.kind === "present" ? found.value.map(({ state }) => state) : found.kind;
  expect(states).toEqual(["done", "failed", "running", "unknown"]);
  expect(found).toMatchObject({ value: [{ startedAt: "2026-11-27T10:00:00.000Z" }, {}, {}, {}] });
  const ids = found.kind === "present" && found.value.map(({ correlationId }) => correlationId);
  expect(ids).toEqual(["started 2026-11-27T10:00:00.000Z", "7c1d", null, null]);
  const without = await serve((request, response) =>
    request.url?.endsWith("/operations")
      ? json(response, 404, { detail: "Not Found" })
      : json(response, 200, cvm(7)),
  );
  expect(await without.api.operations("cvm-7", signal)).toEqual({ kind: "not-offered" });
  const gone = await serve((_request, response) => json(response, 404, { detail: "Not Found" }));
  expect(await gone.api.operations("cvm-7", signal)).toEqual({ kind: "absent" });
});

test.each<[string, Handler, string, RegExp]>([
  [
    "a redirect",
    (_q, r) => void r.writeHead(301, { location: "https://login.hotel.test/?token=x" }).end(),
    "api-redirected",
    /to https:\/\/login\.hotel\.test; the key is not sent there/,
  ],
  [
    "a captive portal",
    (_q, r) => void r.writeHead(200).end("<html>Sign in</html>"),
    "not-the-api",
    /web page/,
  ],
  [
    "a firewall's 403",
    (_q, r) => void r.writeHead(403).end("<html>Blocked</html>"),
    "not-the-api",
    /403/,
  ],
  ["a proxy's 407", (_q, r) => void r.writeHead(407).end("<html>"), "proxy-auth-required", /407/],
  ["on-chain KMS", (_q, r) => json(r, 466, { detail: "x" }), "onchain-kms-unsupported", /HTTP 466/],
  ["no answer", () => undefined, "request-timed-out", /0\.4s/],
  ["an outage", (_q, r) => void r.writeHead(503).end("<html>"), "api-failed", /503/],
])(
  "%s has a code of its own, and is not blamed on the key",
  async (_what, handler, code, message) => {
    const { api } = await serve(handler, handler.length === 0 ? 400 : undefined);
    const error = await api.account(signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
    expect((error as { hint: string }).hint).not.toContain("PHALA_API_KEY");
    expect(await api.findCvm("cvm-7", signal)).toMatchObject({ kind: "unknown", error: { code } });
  },
);

test("retries have a budget over all reads", async () => {
  const { api, seen } = await serve((_request, response) => json(response, 503, {}));
  await Promise.all(Array.from({ length: 50 }, (_, index) => api.findCvm(`cvm-${index}`, signal)));
  expect(seen).toHaveLength(50 + 20);
});

test("the server's time is the median of what its answers say", async () => {
  const ahead = [90_000, 90_000, -7_200_000, 90_000, 90_000];
  const { api } = await serve((_request, response) => {
    response.setHeader("date", new Date(Date.now() + (ahead.shift() ?? 0)).toUTCString());
    json(response, 200, cvm(7));
  });
  expect(api.serverClock.now()).toBeNull();
  for (let count = 0; count < 5; count += 1) await api.findCvm("cvm-7", signal);
  expect(Math.abs((api.serverClock.skewMs() ?? 0) - 90_000)).toBeLessThan(60_000);
  expect(api.serverClock.now()?.uncertaintyMs).toBeGreaterThanOrEqual(500);
});
