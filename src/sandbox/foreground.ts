/** `tee-cluster sandbox` in the foreground, for a second terminal or another program. */
import { once } from "node:events";
import { announceRunning } from "./running.ts";
import { SANDBOX_EXAMPLES, startSandbox, type Sandbox, type SandboxOptions } from "./index.ts";

export type ForegroundOptions<T> = SandboxOptions & {
  /** Called once the sandbox answers. */
  readonly onUp: (sandbox: Sandbox) => T;
  /** Stops it. */
  readonly signal: AbortSignal;
};

/**
 * Starts the sandbox and serves until the signal is aborted, which is its normal end. Resolves with the result of
 * `onUp` once the server is closed.
 * @throws as `startSandbox`; the signal's reason if it was aborted before the start.
 */
export async function runSandboxForeground<T>(options: ForegroundOptions<T>): Promise<T> {
  const { onUp, signal, ...sandboxOptions } = options;
  signal.throwIfAborted();
  const asked = new AbortController();
  const sandbox = await startSandbox({ ...sandboxOptions, onStop: () => asked.abort() });
  const { apiUrl, gatewayUrl, apiKey } = sandbox;
  const running = { apiUrl, gatewayUrl, apiKey, pid: process.pid };
  const withdraw = await announceRunning(options.stateDir, running);
  try {
    const answer = onUp(sandbox);
    const ended = AbortSignal.any([signal, asked.signal]);
    if (!ended.aborted) await once(ended, "abort");
    return answer;
  } finally {
    await withdraw();
    await sandbox.close();
  }
}

/**
 * The variables with which `tee-cluster` and `phala` use it: URL and key have different names in the two. None of the
 * values is a secret: they are made up and valid only for this sandbox.
 */
export function variablesFor(
  sandbox: Pick<Sandbox, "apiUrl" | "gatewayUrl" | "apiKey">,
): Readonly<Record<string, string>> {
  return {
    PHALA_API_URL: sandbox.apiUrl,
    PHALA_API_KEY: sandbox.apiKey,
    PHALA_CLOUD_API_PREFIX: `${sandbox.apiUrl}/api/v1`,
    PHALA_CLOUD_API_KEY: sandbox.apiKey,
    TEE_CLUSTER_GATEWAY_URL: sandbox.gatewayUrl,
    AWS_ACCESS_KEY_ID: SANDBOX_EXAMPLES.awsAccessKeyId,
    AWS_SECRET_ACCESS_KEY: SANDBOX_EXAMPLES.awsSecretAccessKey,
  };
}
