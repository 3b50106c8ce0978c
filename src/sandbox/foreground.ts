/** `tee-cluster sandbox`: the stand-in in the foreground, for a second terminal or another program. */
import { SANDBOX_EXAMPLES, startSandbox, type Sandbox, type SandboxOptions } from "./index.ts";

export type ForegroundOptions = SandboxOptions & {
  /** Takes text for stdout, line ends included. */
  readonly write: (text: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
};

/**
 * Starts the sandbox, prints the `export` lines that point `tee-cluster` and `phala` at it, and serves until
 * the signal is aborted. Resolves once the server is closed; being stopped is how it is meant to end, so an
 * abort is no error.
 * @throws where the port that was asked for can't be listened on, or the state directory can't be written.
 */
export async function runSandboxForeground(options: ForegroundOptions): Promise<void> {
  const { write, signal, ...sandboxOptions } = options;
  if (signal.aborted) return;
  const sandbox = await startSandbox(sandboxOptions);
  try {
    write(exportLines(sandbox));
    await aborted(signal);
  } finally {
    await sandbox.close();
  }
}

/**
 * Shell lines for `eval`. Both spellings of URL and key: ours, and those that the `phala` CLI reads.
 * None of the values is a secret: they are made up and good for nothing but this sandbox.
 */
export function exportLines(sandbox: Sandbox): string {
  const variables: Readonly<Record<string, string>> = {
    PHALA_API_URL: sandbox.apiUrl,
    PHALA_API_KEY: sandbox.apiKey,
    PHALA_CLOUD_API_PREFIX: `${sandbox.apiUrl}/api/v1`,
    PHALA_CLOUD_API_KEY: sandbox.apiKey,
    TEE_CLUSTER_GATEWAY_URL: sandbox.gatewayUrl,
    AWS_ACCESS_KEY_ID: SANDBOX_EXAMPLES.awsAccessKeyId,
    AWS_SECRET_ACCESS_KEY: SANDBOX_EXAMPLES.awsSecretAccessKey,
  };
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`)
    .join("");
}

/** In single quotes: the gateway template has braces, which shells would otherwise take for a list. */
function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
