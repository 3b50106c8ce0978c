/** Whether a recorded process of this machine and PID namespace is still running. */
import { isErrno } from "./errno.ts";
import { readFileSync, readlinkSync } from "node:fs";

/**
 * Process ids are reused, so the start time (see `processStart`) is compared too.
 *
 * @param started undefined or null if unknown: then the id alone decides.
 */
export function isProcessAlive(pid: number, started?: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is running as another user.
    if (!isErrno(error, "EPERM")) return false;
  }
  const now = processStart(pid);
  return now === null || started === undefined || started === null || now === started;
}

/** When a process started, in the kernel's ticks: field 22 of /proc/PID/stat (proc(5)). Null without /proc. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Counted from the end of the name, which is in parentheses and may contain anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** The scope of process ids; a member is null if the system does not report it. */
export type ProcessPlace = {
  /** PID namespace. */
  readonly namespace: string | null;
  /** Boot id of the kernel. */
  readonly boot: string | null;
  /** machine-id(5). */
  readonly machine: string | null;
};

export function processPlace(): ProcessPlace {
  return {
    namespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    machine: orNull(() => readFileSync("/etc/machine-id", "utf8").trim() || null),
  };
}

/** The initial PID namespace, which no container has: PROC_PID_INIT_INO of linux/proc_ns.h. */
const INITIAL_NAMESPACE = "pid:[4026531836]";

/**
 * Whether a place is this machine before a reboot: then none of its processes is running. Containers prove nothing:
 * those of one image share host name and machine-id on many hosts.
 */
export function isEarlierBoot(place: ProcessPlace, here: ProcessPlace = processPlace()): boolean {
  const { namespace, boot, machine } = place;
  if (machine === null || boot === null || here.boot === null || boot === here.boot) return false;
  return (
    machine === here.machine &&
    namespace === INITIAL_NAMESPACE &&
    here.namespace === INITIAL_NAMESPACE
  );
}

function orNull(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
