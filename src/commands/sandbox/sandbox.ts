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
import type { FlagValues } from "../shared/flags.ts";
import { parseOption } from "../shared/parse-option.ts";
import { resetSandbox, startInBackground } from "./background.ts";
import type { SANDBOX_FLAGS } from "./command.ts";
import type { SandboxResult } from "./result.ts";

type Flags = FlagValues<typeof SANDBOX_FLAGS> & { readonly argument?: string | undefined };
type Needed = Pick<CommandDependencies, "env" | "signal" | "emit" | "announce" | "redactor">;

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
      const result = shown(redactor, await startInBackground(folders, args, signal));
      emit({
        type: "note",
        message: "with TEE_CLUSTER_SANDBOX=1 every command uses it, as with --sandbox",
      });
      return result;
    }
    case "status": {
      const running = await findRunning(folders.cloud);
      return running ? shown(redactor, running) : notRunning("not-running");
    }
    case "stop": {
      const before = await findRunning(folders.cloud);
      await stopRunning(folders.cloud);
      return notRunning(before ? "stopped" : "not-running");
    }
    case "reset":
      await resetSandbox(folders);
      return notRunning("reset");
    default:
      throw new ClusterError("input", "invalid-inputs", {
        message: `unknown action "${flags.argument}" of sandbox`,
        hint: "one of: start, stop, status, reset; or none, to run it in the foreground",
      });
  }
}

function inForeground(dependencies: Needed, options: SandboxOptions): Promise<SandboxResult> {
  const { signal, emit, announce, redactor } = dependencies;
  return runSandboxForeground({
    ...options,
    onRequest: ({ method, path: where }) => emit({ type: "detail", message: `${method} ${where}` }),
    onUp: (running) => {
      const result = shown(redactor, running);
      announce(result);
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
function argumentsOf({ port, bootTime, updateTime, fault, lie }: Flags): string[] {
  const given = { port, "boot-time": bootTime, "update-time": updateTime };
  const named = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const repeated = { fault, lie };
  return [
    ...named,
    ...Object.entries(repeated).flatMap(([name, texts]) =>
      texts.flatMap((text) => [`--${name}`, text]),
    ),
  ];
}

const notRunning = (state: Exclude<SandboxResult["state"], "running">): SandboxResult => ({
  ok: true,
  command: "sandbox",
  running: false,
  state,
  url: null,
  gateway_url: null,
  api_key: null,
  variables: {},
});

/** Its values are made up: they are not redacted, even where the environment has those of an earlier sandbox. */
function shown(redactor: Needed["redactor"], running: Omit<RunningSandbox, "pid">): SandboxResult {
  const variables = variablesFor(running);
  for (const value of Object.values(variables)) redactor.reveal(value);
  const { apiUrl: url, gatewayUrl: gateway_url, apiKey: api_key } = running;
  const state = "running";
  return {
    ok: true,
    command: "sandbox",
    running: true,
    state,
    url,
    gateway_url,
    api_key,
    variables,
  };
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
