/** The processes that belong to a trial, found by the folder that their environment names. Needs /proc. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A process that was told to end may take this long, in ms, until the kernel has taken it away. */
const PATIENCE_MS = 1_000;

/** Their command lines; waits a moment for those that are about to go. */
export async function processesOf(folder: string): Promise<string[]> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look(folder);
    if (found.length === 0 || Date.now() > until) return found.map(({ command }) => command);
    await delay(50);
  }
}

/** Ends what a trial has left, so that it disturbs no other. */
export async function endProcessesOf(folder: string): Promise<void> {
  for (const { pid } of await look(folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone in the meantime.
    }
  }
}

async function look(folder: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process that has ended and was not waited for has an empty environment.
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      if (!environment.includes(`${folder}/`)) return [];
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return [{ pid: Number(pid), command: command.replaceAll("\0", " ").trim() }];
    }),
  );
  return found.flat();
}
