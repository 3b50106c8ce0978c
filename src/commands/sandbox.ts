/** `tee-cluster sandbox`: the local stand-in for Phala Cloud, in the foreground until Ctrl-C. */
import path from "node:path";
import { refuseProblems, resolveInputs } from "../inputs/resolve.ts";
import { ClusterError } from "../errors.ts";
import { duration, integer, InvalidValue } from "../inputs/parsers.ts";
import { startSandbox, SANDBOX_EXAMPLES, type Sandbox, type SandboxTimings } from "../sandbox/index.ts";
import type { CommandDependencies } from "./dependencies.ts";
import type { SandboxResult } from "./results.ts";

export async function sandbox(
  { env, signal }: Pick<CommandDependencies, "env" | "signal">,
  options: Readonly<Record<string, unknown>>,
): Promise<SandboxResult> {
  const stateDir = stateDirOf(options["stateDir"], env);
  const timings = timingsOf(options);
  const port =
    options["port"] === undefined ? undefined : parse("--port", String(options["port"]), integer(1, 65_535));
  const running = await startSandbox({ stateDir: path.join(stateDir, "sandbox-cloud"), timings, port });
  process.stdout.write(announcement(running));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await running.close();
  return { ok: true, command: "sandbox" };
}

function stateDirOf(flag: unknown, env: NodeJS.ProcessEnv): string {
  const flags = typeof flag === "string" ? { stateDir: flag } : {};
  const config = { path: undefined, values: {} };
  const resolution = resolveInputs({
    flags,
    env,
    config,
    examples: { phalaApiKey: "unused-here" },
    groups: ["connection"],
  });
  refuseProblems({
    ...resolution,
    problems: resolution.problems.filter(({ input }) => input.key === "stateDir"),
  });
  return resolution.values.stateDir ?? ".";
}

/** The update's time is split as on the real platform: the old instance, nobody, the new one booting. */
function timingsOf(options: Readonly<Record<string, unknown>>): SandboxTimings {
  const bootMs = parse("--boot-time", String(options["bootTime"]), duration);
  const updateMs = parse("--update-time", String(options["updateTime"]), duration);
  return {
    bootMs,
    updateOldServesMs: updateMs * 0.3,
    updateDownMs: updateMs * 0.2,
    updateBootMs: updateMs * 0.5,
  };
}

function parse<T>(flag: string, text: string, parser: (text: string) => T): T {
  try {
    return parser(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new ClusterError({
      kind: "input",
      code: "invalid-inputs",
      message: `${flag}: ${error.message}`,
      hint: "see `tee-cluster sandbox --help`",
    });
  }
}

/** Variables for the other terminal, for tee-cluster and for phala itself. */
function announcement({ apiUrl, apiKey, gatewayUrl }: Sandbox): string {
  const exports = {
    PHALA_API_URL: apiUrl,
    PHALA_API_KEY: apiKey,
    PHALA_CLOUD_API_PREFIX: `${apiUrl}/api/v1`,
    PHALA_CLOUD_API_KEY: apiKey,
    TEE_CLUSTER_GATEWAY_URL: gatewayUrl,
    AWS_ACCESS_KEY_ID: SANDBOX_EXAMPLES.awsAccessKeyId,
    AWS_SECRET_ACCESS_KEY: SANDBOX_EXAMPLES.awsSecretAccessKey,
  };
  const lines = Object.entries(exports).map(([name, value]) => `export ${name}='${value}'`);
  return [
    `# The sandbox listens on ${apiUrl}. In another terminal:`,
    ...lines,
    "# Ctrl-C ends it; its cloud is kept.",
    "",
  ].join("\n");
}
