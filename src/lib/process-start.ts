/** When a process started: a process id alone is given again. */
import { readFileSync } from "node:fs";

/** In the kernel's ticks: field 22 of /proc/PID/stat, counted after the name in parentheses (proc(5)); null where there is no /proc, or no such process. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
