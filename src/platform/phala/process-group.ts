/** Ends a child process together with everything it started. */

type Child = { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean };

export type End = {
  /** Call it when the child has ended: kills what it left behind and clears the timers. */
  settle(): void;
  /** Why we ended it; undefined if it ended by itself. */
  reason(): string | undefined;
};

const GRACE_MS = 2_000;

/**
 * Ends the child's process group when the signal aborts, at the time limit, and when this process exits without waiting
 * (a second Ctrl-C): SIGTERM, then SIGKILL after a grace period of two seconds.
 *
 * @param child started with `detached`, so that it leads its own process group.
 * @param onEnding called before the child is signalled.
 */
export function endOnDemand(
  child: Child,
  limitMs: number,
  signal: AbortSignal,
  onEnding: () => void,
): End {
  let reason: string | undefined;
  const timers: NodeJS.Timeout[] = [];
  const end = (why: string): void => {
    if (reason !== undefined) return;
    reason = why;
    onEnding();
    killGroup(child, "SIGTERM");
    timers.push(setTimeout(() => killGroup(child, "SIGKILL"), GRACE_MS));
  };
  const onAbort = (): void => end("interrupted");
  const onExit = (): void => killGroup(child, "SIGKILL");
  signal.addEventListener("abort", onAbort, { once: true });
  process.once("exit", onExit);
  timers.push(setTimeout(() => end(`it took longer than ${limitMs / 1000}s`), limitMs));
  return {
    settle() {
      signal.removeEventListener("abort", onAbort);
      process.removeListener("exit", onExit);
      for (const timer of timers) clearTimeout(timer);
      // The program behind a shim may outlive the shim, and a grandchild may keep the pipes open.
      killGroup(child, "SIGKILL");
    },
    reason: () => reason,
  };
}

/** Signals the child and everything it started. */
export function killGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}
