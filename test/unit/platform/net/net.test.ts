/** What requests share: proxy settings, pauses between tries, and what an error body says. */
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../../src/errors/cluster-error.ts";
import { proxyEnvironment, proxyFor, proxyRoute } from "../../../../src/platform/net/proxy.ts";
import {
  isWorthRetrying,
  pauseBefore,
  READ_RETRIES,
  retryAfter,
} from "../../../../src/platform/net/retry.ts";
import { describeApiError } from "../../../../src/platform/phala/api-error.ts";

describe("proxy settings", () => {
  const LOOPBACK = "localhost,127.0.0.1,[::1]";

  test.each<[string, NodeJS.ProcessEnv, Record<string, string>]>([
    ["none", {}, {}],
    ["only exceptions", { NO_PROXY: "example.com" }, {}],
    ["an empty one", { HTTPS_PROXY: " " }, {}],
    [
      "upper case",
      { HTTPS_PROXY: "http://p:1" },
      { https_proxy: "http://p:1", no_proxy: LOOPBACK },
    ],
    [
      "lower case wins",
      { https_proxy: "http://a:1", HTTPS_PROXY: "http://b:1" },
      { https_proxy: "http://a:1", no_proxy: LOOPBACK },
    ],
    ["no scheme", { HTTP_PROXY: "p:3128" }, { http_proxy: "http://p:3128", no_proxy: LOOPBACK }],
    [
      "exceptions",
      { HTTP_PROXY: "http://p:1", no_proxy: "a.example" },
      { http_proxy: "http://p:1", no_proxy: `a.example,${LOOPBACK}` },
    ],
    ["everything exempt", { HTTP_PROXY: "http://p:1", NO_PROXY: "a.example, *" }, {}],
  ])("%s", (_what, env, expected) => {
    expect(proxyEnvironment(env)).toEqual(expected);
  });

  test.each(["socks5://user:topsecret@p:1", "http://user:topsecret@p:port"])(
    "%s is refused, naming the variable and not its value",
    (value) => {
      expect(() => proxyEnvironment({ HTTPS_PROXY: value })).toThrow(ClusterError);
      expect(() => proxyEnvironment({ HTTPS_PROXY: value })).toThrow(/^HTTPS_PROXY /);
      expect(() => proxyEnvironment({ HTTPS_PROXY: value })).not.toThrow(/topsecret/);
    },
  );
});

describe("the way of a request", () => {
  const PROXY = "http://somebody:topsecret@127.0.0.1:9";

  test.each<[string, NodeJS.ProcessEnv, string, ReturnType<typeof proxyRoute>]>([
    ["no proxy", {}, "https://a.example", { kind: "direct" }],
    ["a proxy for https alone", { HTTPS_PROXY: PROXY }, "http://a.example", { kind: "direct" }],
    [
      "a proxy for http is taken for https too",
      { http_proxy: "p:3128" },
      "https://a.example",
      { kind: "proxied", proxy: "http://p:3128", credentials: false },
    ],
    [
      "credentials are not named",
      { HTTPS_PROXY: PROXY },
      "https://a.example",
      { kind: "proxied", proxy: "http://127.0.0.1:9", credentials: true },
    ],
    [
      "this machine",
      { HTTP_PROXY: PROXY },
      "http://127.0.0.1:80",
      { kind: "exempt", proxy: "http://127.0.0.1:9" },
    ],
  ])("%s", (_what, env, url, expected) => {
    expect(proxyRoute(url, env)).toEqual(expected);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    [
      "a.example",
      ["a.example", "b.a.example", "A.EXAMPLE", "a.example.", "a.example:8080"],
      ["xa.example"],
    ],
    [".a.example", ["a.example", "b.a.example"], ["xa.example", "example"]],
    ["*.a.example", ["b.a.example"], ["xa.example"]],
    ["a.example:8080", ["a.example:8080"], ["a.example", "a.example:80"]],
    ["x, A.Example", ["a.example", "x"], ["y"]],
    ["10.0.0.0/8", ["10.1.2.3"], ["11.1.2.3", "a.example"]],
    ["10.0.0.0/99,nonsense/8", [], ["10.1.2.3"]],
    ["2001:db8::/32", ["[2001:db8::1]"], ["[2001:db9::1]", "10.1.2.3"]],
    ["0.0.1", [], ["127.example", "10.0.0.1"]],
    [
      "",
      ["[::1]:1", "localhost:1", "127.9.9.9", "a.localhost", "0x7f.1", "[::ffff:7f00:1]"],
      ["128.0.0.1"],
    ],
    ["*", ["a.example"], []],
  ])("NO_PROXY=%s", (list, direct, proxied) => {
    const env = { HTTP_PROXY: PROXY, NO_PROXY: list };
    const isProxied = (host: string): boolean => {
      const goesThrough = proxyFor(new URL(`http://${host}/`), env) !== undefined;
      expect(proxyRoute(`http://${host}/`, env).kind === "proxied").toBe(goesThrough);
      return goesThrough;
    };
    expect(direct.filter(isProxied)).toEqual([]);
    expect(proxied.filter(isProxied)).toEqual(proxied);
  });
});

describe("pauses between tries", () => {
  test("grow, with jitter, up to the longest", () => {
    const policy = { tries: 9, firstPauseMs: 100, maxPauseMs: 1_000 };
    for (const [next, full] of [
      [2, 100],
      [3, 200],
      [4, 400],
      [9, 1_000],
    ] as const) {
      const pauses = Array.from({ length: 50 }, () => pauseBefore(next, policy, undefined));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(full / 2);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(full);
      expect(new Set(pauses).size).toBeGreaterThan(1);
    }
  });

  test("the server's wish counts, but not for ever", () => {
    expect(pauseBefore(2, READ_RETRIES, 3_000)).toBe(3_000);
    expect(pauseBefore(2, READ_RETRIES, 86_400_000)).toBe(READ_RETRIES.maxPauseMs);
  });

  test.each([
    ["2", 2_000],
    [" 0 ", 0],
    ["Tue, 24 Nov 2026 10:00:05 GMT", 5_000],
    ["Tue, 24 Nov 2026 09:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("Retry-After %j", (header, expected) => {
    expect(retryAfter(header, Date.parse("2026-11-24T10:00:00Z"))).toBe(expected);
  });

  test("only overload and trouble in between are tried again", () => {
    const statuses = [200, 400, 401, 403, 404, 409, 422, 429, 465, 500, 502, 503, 504];
    expect(statuses.filter(isWorthRetrying)).toEqual([429, 500, 502, 503, 504]);
  });
});

test.each([
  [401, { detail: "Invalid API key" }, "HTTP 401 Unauthorized: Invalid API key"],
  [
    422,
    { detail: [{ loc: ["body", "items", 0, "name"], msg: "Field required", type: "missing" }] },
    "HTTP 422 Unprocessable: body.items.0.name: Field required",
  ],
  [
    409,
    {
      error_code: "ERR-01-004",
      message: "Name taken",
      details: [{ field: "name", value: "bird", message: "bird is in use" }],
      suggestions: ["Choose another name"],
      links: [{ url: "https://example.com", label: "Docs" }],
    },
    "HTTP 409 Conflict: ERR-01-004 Name taken; bird is in use; Choose another name; Docs: https://example.com",
  ],
  [
    404,
    { detail: { error_code: "ERR-01-001", message: "Node not found" } },
    "HTTP 404 Not Found: ERR-01-001 Node not found",
  ],
  [465, { message: "on-chain KMS" }, "HTTP 465: on-chain KMS"],
  [502, "<html>Bad Gateway</html>", "HTTP 502 Bad Gateway"],
  [500, '{"detail": "half', "HTTP 500 Internal Server Error"],
])("an error body of status %i: %j", (status, body, expected) => {
  expect(describeApiError(status, typeof body === "string" ? body : JSON.stringify(body))).toBe(
    expected,
  );
});

test("a long error is shortened", () => {
  const text = describeApiError(500, JSON.stringify({ detail: "x".repeat(100_000) }));
  expect(text.length).toBeLessThan(500);
});
