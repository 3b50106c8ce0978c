/** `sandbox start`, `stop`, `status`, `reset`: a sandbox that outlives the command. */
import { command, hint } from "../../core/command-hint.ts";
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { openSync, closeSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterError } from "../../errors/cluster-error.ts";
import { findRunning, stopRunning, type RunningSandbox } from "../../sandbox/running.ts";
import { makeFolder } from "../../lib/make-folder.ts";

const UP_MS = 15_000;

/** The folders of a sandbox: its cloud, and the record of the clusters in it. */
export type SandboxFolders = { readonly cloud: string; readonly record: string };

/** Starts a sandbox with these arguments, unless one is running. @throws ClusterError where it does not come up. */
export async function startInBackground(
  { cloud }: SandboxFolders,
  args: readonly string[],
  signal: AbortSignal,
): Promise<RunningSandbox> {
  const before = await findRunning(cloud);
  if (before) return before;
  makeFolder(cloud, 0o700);
  const log = path.join(cloud, "server.log");
  const output = openSync(log, "w", 0o600);
  const program = process.argv[1] ?? "";
  const words = [program, "sandbox", "--yes", "--json", ...args];
  const child = spawn(process.execPath, words, {
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const fate = { ended: false };
  child.once("exit", () => (fate.ended = true)).once("error", () => (fate.ended = true));
  child.unref();
  const end = performance.now() + UP_MS;
  while (performance.now() < end && !fate.ended) {
    const running = await findRunning(cloud);
    if (running) return running;
    await delay(100, undefined, { signal });
  }
  throw new ClusterError("prerequisite", "port-unusable", {
    message: "the sandbox did not come up in the background",
    hint: hint`see ${log}; or run it in the foreground: ${command("sandbox")}`,
  });
}

/** Stops a running sandbox and deletes its cloud and record. */
export async function resetSandbox({ cloud, record }: SandboxFolders): Promise<void> {
  await stopRunning(cloud);
  await rm(cloud, { recursive: true, force: true });
  await rm(record, { recursive: true, force: true });
}
