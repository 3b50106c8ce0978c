import { expect, test } from "vitest";
import { proxyEnvironment } from "../../../../src/platform/net/proxy.ts";

const LOOPBACK = "localhost,127.0.0.1,[::1]";

test("a proxy without a scheme is taken for http, as curl does", () => {
  expect(proxyEnvironment({ HTTPS_PROXY: "proxy:3128" })).toEqual({
    https_proxy: "http://proxy:3128",
    no_proxy: LOOPBACK,
  });
});

test("lower case wins over upper case, unless it is empty", () => {
  const both = { https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" };
  expect(proxyEnvironment(both)).toMatchObject({ https_proxy: "http://low:1" });
  expect(proxyEnvironment({ ...both, https_proxy: "" })).toMatchObject({
    https_proxy: "http://up:1",
  });
});

test("no proxy, or an exception for everything, is no proxy", () => {
  expect(proxyEnvironment({ HTTP_PROXY: " ", NO_PROXY: "x" })).toEqual({});
  expect(proxyEnvironment({ HTTP_PROXY: "http://p:1", NO_PROXY: "a, *" })).toEqual({});
  expect(proxyEnvironment({ HTTP_PROXY: "http://p:1", no_proxy: "*" })).toEqual({});
});

test("exceptions of the user stay, loopback joins them", () => {
  expect(proxyEnvironment({ HTTP_PROXY: "http://p:1", NO_PROXY: "a,b" })).toMatchObject({
    no_proxy: `a,b,${LOOPBACK}`,
  });
});

test.each(["socks5://user:topsecret@proxy:1080", "http://user:topsecret@"])(
  "a proxy that can't be used is refused without showing it",
  (value) => {
    expect(() => proxyEnvironment({ HTTPS_PROXY: value })).toThrow(
      /^HTTPS_PROXY is not an http or https URL/,
    );
    expect(() => proxyEnvironment({ HTTPS_PROXY: value })).not.toThrow(/topsecret/);
  },
);
