/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case, for our own requests and for the `phala` child. */
import { ClusterError } from "../../errors/cluster-error.ts";
import type { ProxyRoute } from "../../core/ports.ts";

/** Never through a proxy, as with Go and curl's usual setups: it would look for the sandbox on its own machine. */
const LOOPBACK = "localhost,127.0.0.1,[::1]";

/**
 * The proxy settings, normalised: lower-case names (which win over upper-case ones, as with curl), URLs with a
 * scheme, loopback addresses exempt. Empty where no proxy is set.
 *
 * @throws ClusterError `input` naming the variable, not its value: proxy URLs hold passwords.
 */
export function proxyEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const proxies = ["http_proxy", "https_proxy"].flatMap((name) => {
    const value = read(env, name);
    return value === "" ? [] : [[name, proxyUrl(name, value)] as const];
  });
  const own = read(env, "no_proxy");
  // undici takes `*` for a wildcard only where it stands alone.
  if (proxies.length === 0 || own.split(/[,\s]+/).includes("*")) return {};
  const exempt = [own, LOOPBACK].filter(Boolean).join(",");
  return { ...Object.fromEntries(proxies), no_proxy: exempt };
}

/** Whether requests may have to go through a proxy. */
export function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return Object.keys(proxyEnvironment(env)).length > 0;
}

/**
 * The way of a request, as `EnvHttpProxyAgent` of undici chooses it.
 * @throws ClusterError `bad-proxy` (input).
 */
export function proxyRoute(url: string, env: NodeJS.ProcessEnv): ProxyRoute {
  const { http_proxy: http, https_proxy: https, no_proxy: exempt = "" } = proxyEnvironment(env);
  const target = new URL(url);
  const proxy = target.protocol === "https:" ? (https ?? http) : http;
  if (proxy === undefined) return { kind: "direct" };
  const { protocol, host, username, password } = new URL(proxy);
  const named = { proxy: `${protocol}//${host}` };
  if (isExempt(target, exempt)) return { kind: "exempt", ...named };
  return { kind: "proxied", ...named, credentials: username !== "" || password !== "" };
}

function isExempt({ hostname, protocol, port }: URL, list: string): boolean {
  const ownPort = port || (protocol === "https:" ? "443" : "80");
  return list.split(/[,\s]+/).some((entry) => {
    const [, name = entry, entryPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
    const domain = name.replace(/^\*?\./, "").toLowerCase();
    if (domain === "" || (entryPort !== undefined && entryPort !== ownPort)) return false;
    return hostname === domain || hostname.endsWith(`.${domain}`);
  });
}

function read(env: NodeJS.ProcessEnv, name: string): string {
  return (env[name] || env[name.toUpperCase()] || "").trim();
}

function proxyUrl(name: string, value: string): string {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(url) && /^https?:/i.test(url)) return url;
  throw new ClusterError({
    kind: "input",
    code: "bad-proxy",
    message: `${name.toUpperCase()} is no http or https URL of a proxy`,
    hint: `set it like ${name.toUpperCase()}=http://proxy.example:3128, or unset it`,
  });
}
