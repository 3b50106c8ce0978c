/** Whether a process of this machine and process namespace is still the one that it was. */
import { readFileSync, readlinkSync } from "node:fs";

/**
 * A process id is given again some day; with `started` (see `processStart`) it is the same process or none.
 * @param started undefined or null: unknown, then the id alone decides.
 */
export function isProcessAlive(pid: number, started?: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = processStart(pid);
  return now === null || started === undefined || started === null || now === started;
}

/** When a process started, in the kernel's ticks: field 22 of /proc/PID/stat (proc(5)). Null without /proc. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Counted after the name in parentheses, which may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** The namespace that process ids are of, and the boot of the kernel; null where the system has no /proc. */
export function processPlace(): { readonly namespace: string | null; readonly boot: string | null } {
  return {
    namespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
  };
}

function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
