/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case. */
import { BlockList, isIP } from "node:net";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { ProxyRoute } from "../../core/ports.ts";

/** Never through a proxy, as in Go: it would look for the sandbox on its own machine. */
const LOOPBACK = "localhost,127.0.0.1,[::1]";

/**
 * The proxy settings, normalised: lower-case names (which take precedence over upper-case ones, as in curl), URLs with
 * a scheme, loopback addresses exempt. Empty if no proxy is set.
 *
 * @throws ClusterError `bad-proxy` (input) naming the variable, not its value: proxy URLs hold passwords.
 */
export function proxyEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const proxies = ["http_proxy", "https_proxy"].flatMap((name) => {
    const value = read(env, name);
    return value === "" ? [] : [[name, proxyUrl(name, value)] as const];
  });
  const own = read(env, "no_proxy");
  if (proxies.length === 0 || own.split(/[,\s]+/).includes("*")) return {};
  const exempt = [own, LOOPBACK].filter(Boolean).join(",");
  return { ...Object.fromEntries(proxies), no_proxy: exempt };
}

/**
 * How requests to `url` leave this machine, for display: a proxy is named without its credentials.
 * @throws ClusterError `bad-proxy` (input).
 */
export function proxyRoute(url: string, env: NodeJS.ProcessEnv): ProxyRoute {
  const target = new URL(url);
  const settings = proxyEnvironment(env);
  const proxy = proxyOf(target, settings);
  if (proxy === undefined) return { kind: "direct" };
  const named = { proxy: withoutCredentials(proxy) };
  if (isExempt(target, settings["no_proxy"] ?? "")) return { kind: "exempt", ...named };
  return { kind: "proxied", ...named, credentials: proxy.username !== "" || proxy.password !== "" };
}

/**
 * The proxy for requests to `target`; undefined: none.
 * @throws ClusterError `bad-proxy` (input).
 */
export function proxyFor(target: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const settings = proxyEnvironment(env);
  return isExempt(target, settings["no_proxy"] ?? "") ? undefined : proxyOf(target, settings);
}

/** HTTP_PROXY alone also applies to TLS: usually there is no other way out. */
function proxyOf(target: URL, settings: Readonly<Record<string, string>>): URL | undefined {
  const { http_proxy: http, https_proxy: https } = settings;
  const proxy = target.protocol === "https:" ? (https ?? http) : http;
  return proxy === undefined ? undefined : new URL(proxy);
}

/** `http://proxy.example:3128`. */
export const withoutCredentials = ({ protocol, host }: URL): string => `${protocol}//${host}`;

/** Whether a host is this machine, in any form that the URL parser produces. */
export function isLoopback(hostname: string): boolean {
  const host = bareHost(hostname);
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  return (
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    /^(?:::1|::|0\.0\.0\.0|::ffff:7f[0-9a-f]{2}:.*)$/.test(host)
  );
}

const bareHost = (hostname: string): string => hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");

function isExempt(target: URL, list: string): boolean {
  if (isLoopback(target.hostname)) return true;
  const host = bareHost(target.hostname);
  const ownPort = target.port || (target.protocol === "https:" ? "443" : "80");
  return list.split(/[,\s]+/).some((entry) => {
    if (entry.includes("/")) return isInSubnet(host, entry);
    const [, name = entry, entryPort] = /^(.*[^:]):(\d+)$/.exec(entry) ?? [];
    const domain = bareHost(name.replace(/^\*?\./, ""));
    if (domain === "" || (entryPort !== undefined && entryPort !== ownPort)) return false;
    return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
  });
}

/** `10.0.0.0/8`, as in curl and Go. */
function isInSubnet(host: string, entry: string): boolean {
  const [network = "", prefix = ""] = entry.split("/");
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  if (isIP(host) === 0 || isIP(network) !== isIP(host) || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === "ipv6" ? 128 : 32)) return false;
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(prefix), family);
  return subnet.check(host, family);
}

function read(env: NodeJS.ProcessEnv, name: string): string {
  return (env[name] || env[name.toUpperCase()] || "").trim();
}

function proxyUrl(name: string, value: string): string {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(url) && /^https?:/i.test(url)) return url;
  throw new ClusterError("input", "bad-proxy", {
    message: `${name.toUpperCase()} is not an http or https URL of a proxy`,
    hint: `set it like ${name.toUpperCase()}=http://proxy.example:3128, or unset it`,
  });
}
