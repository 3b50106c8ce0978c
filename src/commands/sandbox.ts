/** `tee-cluster sandbox`: the local stand-in for Phala Cloud, in the foreground until Ctrl-C. */
import path from "node:path";
import { duration, folder, integer } from "../inputs/parsers.ts";
import { defaultStateDir } from "../inputs/resolve.ts";
import { runSandboxForeground } from "../sandbox/foreground.ts";
import type { SandboxTimings } from "../sandbox/index.ts";
import type { CommandDependencies } from "./dependencies.ts";
import { parseOption } from "./shared/parse-option.ts";
import type { SandboxResult } from "./results.ts";

type Flags = Readonly<Record<string, unknown>>;

export async function sandbox(
  { env, signal }: Pick<CommandDependencies, "env" | "signal">,
  flags: Flags,
): Promise<SandboxResult> {
  const stateDir = flag(flags, "stateDir") ?? env["TEE_CLUSTER_STATE_DIR"] ?? defaultStateDir(env);
  const port = flag(flags, "port");
  await runSandboxForeground({
    stateDir: path.join(parseOption("sandbox", "--state-dir", stateDir, folder), "sandbox-cloud"),
    timings: timingsOf(flags),
    port: port === undefined ? undefined : parseOption("sandbox", "--port", port, integer(1, 65_535)),
    write: (text) => process.stdout.write(text),
    signal,
  });
  return { ok: true, command: "sandbox" };
}

function flag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** The update's time is split as on the real platform: the old instance, nobody, the new one booting. */
function timingsOf(flags: Flags): SandboxTimings {
  const bootMs = parseOption("sandbox", "--boot-time", flag(flags, "bootTime") ?? "", duration);
  const updateMs = parseOption("sandbox", "--update-time", flag(flags, "updateTime") ?? "", duration);
  return {
    bootMs,
    updateOldServesMs: updateMs * 0.3,
    updateDownMs: updateMs * 0.2,
    updateBootMs: updateMs * 0.5,
    deletionMs: 0,
  };
}
