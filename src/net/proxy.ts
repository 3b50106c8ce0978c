/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case, for our own requests and for the `phala` child. */

export const PROXY_VARIABLES = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "NO_PROXY",
  "no_proxy",
] as const;

/** The proxy variables that are set. */
export function proxyEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
}

/** Whether requests may have to go through a proxy. */
export function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return Object.keys(proxyEnvironment(env)).some((name) => !/^no_proxy$/i.test(name));
}
