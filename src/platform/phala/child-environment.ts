/** The environment of the `phala` child: an allow-list, because phala and Node read many variables. */
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { markedNames } from "../../core/marked-secrets.ts";
import { hasProxy, proxyEnvironment } from "../net/proxy.ts";

const PASSED_ON =
  /^(?:PATH|TMPDIR|TEMP|TMP|SYSTEMROOT|PATHEXT|LANG|LC_[A-Z]+|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS)$/;

/**
 * No AWS variable, no NODE_OPTIONS of the user, nothing that the user has marked as a secret, nothing else that
 * phala might read. A proxy stays, marked or not: without it phala gets nowhere.
 *
 * @param home the child's HOME; phala looks for SSH keys and stored credentials there.
 */
export function childEnvironment(
  connection: { readonly apiKey: string; readonly apiUrl: string; readonly env: NodeJS.ProcessEnv },
  home: string,
): Record<string, string> {
  const { env, apiKey, apiUrl } = connection;
  const marked = new Set(markedNames(env));
  const passed = Object.entries(env).flatMap(([name, value]) =>
    PASSED_ON.test(name) && !marked.has(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(passed),
    ...proxyEnvironment(env),
    ...(hasProxy(env) ? { NODE_OPTIONS: `--import=${proxyPreload()}` } : {}),
    HOME: home,
    // 1.1.18 reads the first one; operators know the second.
    PHALA_CLOUD_API_KEY: apiKey,
    PHALA_API_KEY: apiKey,
    PHALA_CLOUD_API_PREFIX: `${apiUrl}/api/v1`,
    PHALA_DISABLE_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

/** `dist/proxy-preload.js`, seen from a chunk in dist or from this file in src. As a URL: NODE_OPTIONS splits at blanks. */
function proxyPreload(): string {
  const beside = fileURLToPath(new URL("./proxy-preload.js", import.meta.url));
  const built = fileURLToPath(new URL("../../../dist/proxy-preload.js", import.meta.url));
  return pathToFileURL(existsSync(beside) ? beside : built).href;
}
