/** `tee-cluster sandbox`: the local stand-in for Phala Cloud, in the foreground or in the background. */
import path from "node:path";
import { duration, folder, integer } from "../../inputs/parsers.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { defaultStateDir } from "../../inputs/resolve.ts";
import { InvalidValue } from "../../inputs/values.ts";
import { runSandboxForeground, variablesFor } from "../../sandbox/foreground.ts";
import { isLie, LIES, type Lie } from "../../sandbox/attestation/lies.ts";
import { planFault } from "../../sandbox/fault-text.ts";
import type { SandboxOptions, SandboxTimings } from "../../sandbox/index.ts";
import { findRunning, stopRunning, type RunningSandbox } from "../../sandbox/running.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import { kebabCase, type FlagValues } from "../shared/flags.ts";
import { parseOption } from "../shared/parse-option.ts";
import { resetSandbox, startInBackground } from "./background.ts";
import type { SANDBOX_FLAGS } from "./command.ts";
import type { SandboxResult } from "./result.ts";

type Flags = FlagValues<typeof SANDBOX_FLAGS> & { readonly argument?: string | undefined };
type Needed = Pick<CommandDependencies, "env" | "signal" | "emit" | "publish" | "redactor">;

export async function sandbox(dependencies: Needed, flags: Flags): Promise<SandboxResult> {
  const { env, signal, emit, redactor } = dependencies;
  const given = flags.stateDir ?? (env["TEE_CLUSTER_STATE_DIR"] || defaultStateDir(env));
  const stateDir = parseOption("sandbox", "--state-dir", given, folder);
  const folders = {
    cloud: path.join(stateDir, "sandbox-cloud"),
    record: path.join(stateDir, "sandbox"),
  };
  const options = sandboxOptions(flags);
  switch (flags.argument) {
    case undefined:
      return inForeground(dependencies, { ...options, stateDir: folders.cloud });
    case "start": {
      const args = [...argumentsOf(flags), "--state-dir", stateDir];
      const result = runningResult(redactor, await startInBackground(folders, args, signal));
      emit({
        type: "note",
        message: "with TEE_CLUSTER_SANDBOX=1 every command uses it, as with --sandbox",
      });
      return result;
    }
    case "status": {
      const running = await findRunning(folders.cloud);
      return running ? runningResult(redactor, running) : resultOf("not-running");
    }
    case "stop": {
      const before = await findRunning(folders.cloud);
      await stopRunning(folders.cloud);
      return resultOf(before ? "stopped" : "not-running");
    }
    case "reset":
      await resetSandbox(folders);
      return resultOf("reset");
    default:
      throw new ClusterError("input", "invalid-inputs", {
        message: `unknown action "${flags.argument}" of sandbox`,
        hint: "one of: start, stop, status, reset; or none, to run it in the foreground",
      });
  }
}

function inForeground(dependencies: Needed, options: SandboxOptions): Promise<SandboxResult> {
  const { signal, emit, publish, redactor } = dependencies;
  return runSandboxForeground({
    ...options,
    onRequest: ({ method, path: where }) => emit({ type: "detail", message: `${method} ${where}` }),
    onUp: (running) => {
      const result = runningResult(redactor, running);
      publish(result);
      return result;
    },
    signal,
  });
}

function sandboxOptions(flags: Flags): Omit<SandboxOptions, "stateDir"> {
  const { port, fault, lie } = flags;
  return {
    timings: timingsOf(flags),
    lies: liesOf(lie),
    port:
      port === undefined ? undefined : parseOption("sandbox", "--port", port, integer(1, 65_535)),
    faults: fault.map((text) => parseOption("sandbox", "--fault", text, knownFault)),
  };
}

/** @throws ClusterError `invalid-inputs` (input) */
function liesOf(given: readonly string[]): readonly Lie[] {
  const unknown = given.find((name) => !isLie(name));
  if (unknown === undefined) return given.filter(isLie);
  throw new ClusterError("input", "invalid-inputs", {
    message: `--lie: unknown lie: ${JSON.stringify(unknown)}`,
    hint: `use one of ${Object.keys(LIES).join(", ")}`,
  });
}

function knownFault(text: string): string {
  try {
    planFault(text);
    return text;
  } catch (error) {
    throw new InvalidValue(error instanceof Error ? error.message : String(error));
  }
}

/** The arguments that start the same sandbox in another process. */
function argumentsOf(flags: Flags): string[] {
  const names = ["port", "bootTime", "updateTime", "fault", "lie"] as const;
  return names.flatMap((name) =>
    [flags[name] ?? []].flat().flatMap((text) => [`--${kebabCase(name)}`, text]),
  );
}

const resultOf = (
  state: SandboxResult["state"],
  running?: Omit<RunningSandbox, "pid">,
): SandboxResult => ({
  ok: true,
  command: "sandbox",
  running: running !== undefined,
  state,
  url: running?.apiUrl ?? null,
  gateway_url: running?.gatewayUrl ?? null,
  api_key: running?.apiKey ?? null,
  variables: running ? variablesFor(running) : {},
});

/** Its values are made up: they are not redacted, even where the environment has those of an earlier sandbox. */
function runningResult(
  redactor: Needed["redactor"],
  running: Omit<RunningSandbox, "pid">,
): SandboxResult {
  const result = resultOf("running", running);
  for (const value of Object.values(result.variables)) redactor.reveal(value);
  return result;
}

/** An update's time is split as on the real platform: the old instance, none, the new one booting. */
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
