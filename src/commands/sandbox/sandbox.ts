/** `tee-cluster sandbox`: the local stand-in for Phala Cloud, in the foreground until Ctrl-C. */
import path from "node:path";
import { duration, folder, integer } from "../../inputs/parsers.ts";
import { defaultStateDir } from "../../inputs/resolve.ts";
import { runSandboxForeground, variablesFor } from "../../sandbox/foreground.ts";
import { isLie, LIES, type Lie } from "../../sandbox/attestation/lies.ts";
import type { Sandbox, SandboxTimings } from "../../sandbox/index.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import type { FlagValues } from "../shared/flags.ts";
import { parseOption } from "../shared/parse-option.ts";
import type { SANDBOX_FLAGS } from "./flags.ts";
import type { SandboxResult } from "./result.ts";

type Flags = FlagValues<typeof SANDBOX_FLAGS>;

export async function sandbox(
  dependencies: Pick<CommandDependencies, "env" | "signal" | "emit" | "announce" | "redactor">,
  flags: Flags,
): Promise<SandboxResult> {
  const { env, signal, emit, announce, redactor } = dependencies;
  const stateDir = flags.stateDir ?? (env["TEE_CLUSTER_STATE_DIR"] || defaultStateDir(env));
  const { port } = flags;
  return runSandboxForeground({
    stateDir: path.join(parseOption("sandbox", "--state-dir", stateDir, folder), "sandbox-cloud"),
    timings: timingsOf(flags),
    lies: liesOf(flags.lie),
    port: port === undefined ? undefined : parseOption("sandbox", "--port", port, integer(1, 65_535)),
    onRequest: ({ method, path: where }) => emit({ type: "detail", message: `${method} ${where}` }),
    onUp: (running) => {
      const answer = answerOf(running);
      // Made up, and no secrets, also where an earlier sandbox's variables are in the environment.
      for (const value of Object.values(answer.variables)) redactor.reveal(value);
      announce(answer);
      return answer;
    },
    signal,
  });
}

/** @throws ClusterError `invalid-inputs` (input) */
function liesOf(given: readonly string[]): readonly Lie[] {
  const unknown = given.find((name) => !isLie(name));
  if (unknown === undefined) return given.filter(isLie);
  throw new ClusterError({
    kind: "input",
    code: "invalid-inputs",
    message: `--lie: unknown lie: ${JSON.stringify(unknown)}`,
    hint: `use one of ${Object.keys(LIES).join(", ")}`,
  });
}

function answerOf(running: Sandbox): SandboxResult {
  return {
    ok: true,
    command: "sandbox",
    url: running.apiUrl,
    gateway_url: running.gatewayUrl,
    api_key: running.apiKey,
    variables: variablesFor(running),
  };
}

/** The update's time is split as on the real platform: the old instance, nobody, the new one booting. */
function timingsOf(flags: Flags): SandboxTimings {
  const bootMs = parseOption("sandbox", "--boot-time", flags.bootTime ?? "", duration);
  const updateMs = parseOption("sandbox", "--update-time", flags.updateTime ?? "", duration);
  return {
    bootMs,
    updateOldServesMs: updateMs * 0.3,
    updateDownMs: updateMs * 0.2,
    updateBootMs: updateMs * 0.5,
    deletionMs: 0,
  };
}
