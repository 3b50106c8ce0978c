/** The environment of `phala`: an allow-list, because phala and Node read many variables. */
import { markedNames } from "../../core/marked-secrets.ts";
import { pathWithNode } from "./program.ts";
import { temporaryDirectory } from "./private-folder.ts";

const PASSED_ON = /^(?:TEMP|TMP|SYSTEMROOT|PATHEXT|LANG|LC_[A-Z]+)$/;

/**
 * The variables that all runs have in common: no API key, no AWS variable, no proxy (the gate is on loopback), no
 * NODE_OPTIONS of the user, nothing that the user has marked as a secret, nothing else that phala might read.
 */
export async function commonEnvironment(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const marked = new Set(markedNames(env));
  const passed = Object.entries(env).flatMap(([name, value]) =>
    PASSED_ON.test(name) && !marked.has(name) && value !== undefined
      ? [[name, value] as const]
      : [],
  );
  return {
    ...Object.fromEntries(passed),
    ...(env["TMPDIR"] ? { TMPDIR: temporaryDirectory() } : {}),
    PATH: await pathWithNode(env["PATH"]),
    PHALA_DISABLE_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

/**
 * The variables of a single run. phala's libraries don't read them while they are loaded.
 *
 * @param home HOME; phala looks for SSH keys and stored credentials there.
 */
export function ownEnvironment(
  gate: { readonly prefix: string; readonly key: string },
  home: string,
): Record<string, string> {
  return {
    HOME: home,
    // 1.1.18 reads the first one; operators know the second.
    PHALA_CLOUD_API_KEY: gate.key,
    PHALA_API_KEY: gate.key,
    PHALA_CLOUD_API_PREFIX: gate.prefix,
  };
}
