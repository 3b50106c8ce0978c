/** Whether a process of this machine and process namespace is still the one that it was. */
import { isErrno } from "./errno.ts";
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
    if (!isErrno(error, "EPERM")) return false;
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

/** Where process ids mean something; each is null where the system does not tell. */
export type ProcessPlace = {
  /** The namespace that they are of. */
  readonly namespace: string | null;
  /** The boot of the kernel. */
  readonly boot: string | null;
  /** The installation of the operating system: machine-id(5). */
  readonly machine: string | null;
};

export function processPlace(): ProcessPlace {
  return {
    namespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    machine: orNull(() => readFileSync("/etc/machine-id", "utf8").trim() || null),
  };
}

/** The kernel's first namespace, which no container has: PROC_PID_INIT_INO of linux/proc_ns.h. */
const FIRST_NAMESPACE = "pid:[4026531836]";

/**
 * Whether a place is this very machine before it was started again: then no process of it lives. Containers have no
 * such proof: those of one image share host name and machine-id, and run on many hosts.
 */
export function isEarlierBoot(place: ProcessPlace, here: ProcessPlace = processPlace()): boolean {
  const { namespace, boot, machine } = place;
  if (machine === null || boot === null || here.boot === null || boot === here.boot) return false;
  return (
    machine === here.machine && namespace === FIRST_NAMESPACE && here.namespace === FIRST_NAMESPACE
  );
}

function orNull(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
