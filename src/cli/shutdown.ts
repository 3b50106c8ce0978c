/**
 * Ends a run early on SIGINT, SIGTERM, a closed terminal, an uncaught error or an empty event loop. The first of them
 * starts the clean-up, so that no temporary runner is left. Imports little, because errors are caught from the start, also
 * for `--help`.
 */
import {
  InternalError,
  Interruption,
  type ClusterError,
  type SignalName,
} from "../errors/cluster-error.ts";
import { CLEANUP_BUDGET_MS } from "../workflow/cleanup.ts";
import { EXIT_CODES } from "../errors/exit-codes.ts";
import { fstatSync, readFileSync, readSync, statSync } from "node:fs";
import path from "node:path";

const SIGNALS: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Time limit of a stopped run: that of the clean-up, and some for the children. */
const WATCHDOG_MS = CLEANUP_BUDGET_MS + 5_000;

type CrashHandler = (error: unknown) => void;

/** Handles uncaught errors in timers and streams. Node would print the stack, which may contain secrets. */
export class CrashGuard {
  #handler: CrashHandler;

  /** Unhandled rejections become uncaught exceptions by default. */
  constructor(handler: CrashHandler) {
    this.#handler = handler;
    process.on("uncaughtException", (error) => this.#handler(error));
  }

  /** Replaces the handler with one that can clean up. */
  handOver(handler: CrashHandler): void {
    this.#handler = handler;
  }
}

type ShutdownHooks = {
  /** A stop was requested; `byKey`: by Ctrl-C, and another one exits without clean-up. */
  onStop(byKey: boolean): void;
  /** Reports synchronously before the process exits without clean-up. */
  onForceExit(reason: ClusterError): void;
  /** Signals that this process was started to ignore, as by `nohup`. */
  readonly ignored: ReadonlySet<SignalName>;
};

export type Shutdown = {
  /** Aborted by the first request to stop, or crash. */
  readonly signal: AbortSignal;
  /** Why the run was stopped; a crash takes precedence. Undefined: it was not. */
  reason(): ClusterError | undefined;
  stop(): void;
};

/** @param crashes its handler is replaced; the caller must replace it again after the run */
export function watchShutdown(crashes: CrashGuard, hooks: ShutdownHooks): Shutdown {
  const controller = new AbortController();
  const requests = new StopRequests();
  let crash: InternalError | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  const reason = (): ClusterError | undefined =>
    crash ?? (controller.signal.reason as ClusterError | undefined);
  const leave = (why: ClusterError): never => {
    hooks.onForceExit(why);
    process.exit(EXIT_CODES[why.kind]);
  };
  const begin = (why: ClusterError): void => {
    // Also keeps the process alive: with an empty event loop it would exit with 0.
    watchdog ??= setTimeout(() => leave(reason() ?? why), WATCHDOG_MS);
    controller.abort(why);
  };
  const onSignal = (name: SignalName): void => {
    if (hooks.ignored.has(name)) return;
    const request = requests.receive(name, process.uptime() * 1_000);
    if (request === "leave") leave(reason() ?? new Interruption(name));
    if (request === "ignore") return;
    hooks.onStop(name === "SIGINT");
    begin(new Interruption(name));
  };
  const onDrained = (): void =>
    leave(reason() ?? new InternalError("nothing was left to wait for"));
  // Also ignored ones: without a listener Node ends the process.
  for (const name of SIGNALS) process.on(name, onSignal);
  process.on("beforeExit", onDrained);
  crashes.handOver((error) => {
    // A timer may throw repeatedly; only the first error counts.
    crash ??= new InternalError(error);
    begin(crash);
  });
  return {
    signal: controller.signal,
    reason,
    stop() {
      clearTimeout(watchdog);
      process.removeListener("beforeExit", onDrained);
      for (const name of SIGNALS) {
        process.removeListener(name, onSignal);
        // A late signal of the same stop must not interrupt the final report.
        const isStopped = controller.signal.aborted && !process.listeners(name).includes(swallow);
        if (isStopped) process.on(name, swallow);
      }
    },
  };
}

const swallow = (): void => undefined;

/** Polling interval for a reader that has not taken the whole output. */
const LINGER_MS = 2_000;

/**
 * Exits after the run, even if a timer or connection is still open. Waits until a slow reader has taken the output.
 */
export function exitAfterGrace(): void {
  const timer = setInterval(() => {
    const { stdout } = process;
    if (stdout.writableLength === 0 || stdout.destroyed) process.exit();
  }, LINGER_MS);
  timer.unref();
}

/**
 * Interprets signals. npm delivers one Ctrl-C twice within milliseconds, a closed terminal signals through kernel and
 * shell, and CI sends SIGINT and then SIGTERM: each is one request to stop. Only a second Ctrl-C at least a second later
 * skips the clean-up.
 */
/** Minimum ms between the first Ctrl-C and one that exits at once. */
const SEPARATE_MS = 1_000;
/** ms; closer ones are duplicates of one key press, or a key that is held down. */
const BURST_MS = 100;

/** `stop`: with clean-up. `leave`: at once, without. */
export type StopRequest = "stop" | "leave" | "ignore";

export class StopRequests {
  #stopped = false;
  #firstKey: number | undefined;
  #lastKey = 0;

  /** @param now monotonic ms. */
  receive(name: SignalName, now: number): StopRequest {
    const stopped = this.#stopped;
    this.#stopped = true;
    if (name !== "SIGINT") return stopped ? "ignore" : "stop";
    const sinceLast = now - this.#lastKey;
    this.#lastKey = now;
    if (this.#firstKey === undefined) {
      this.#firstKey = now;
      return "stop";
    }
    return now - this.#firstKey >= SEPARATE_MS && sinceLast >= BURST_MS ? "leave" : "ignore";
  }
}

/**
 * Signals that the process was started to ignore. Node resets the mask before any script runs, so other traces of `nohup`
 * are checked.
 */
const STDIN = 0;
const OUTPUTS = [1, 2];
const HANGUP_BIT = 1n;

export function ignoredSignals(env: NodeJS.ProcessEnv): ReadonlySet<SignalName> {
  return new Set(isHangUpIgnored(env) ? (["SIGHUP"] as const) : []);
}

function isHangUpIgnored(env: NodeJS.ProcessEnv): boolean {
  // bash, zsh and ksh set `_` to the started program.
  if (path.basename(env["_"] ?? "") === "nohup") return true;
  const files = ["nohup.out", path.join(env["HOME"] ?? "", "nohup.out")];
  const outputs = OUTPUTS.some((output) => files.some((file) => isSameFile(output, file)));
  return outputs || isUnreadableNull() || doesParentIgnoreHangUp();
}

function isSameFile(descriptor: number, file: string): boolean {
  const [open, named] = [
    attempt(() => fstatSync(descriptor)),
    attempt(() => statSync(file, { throwIfNoEntry: false })),
  ];
  return (
    open !== undefined &&
    named?.isFile() === true &&
    open.ino === named.ino &&
    open.dev === named.dev
  );
}

/** GNU `nohup` replaces a terminal on stdin by a write-only /dev/null. */
function isUnreadableNull(): boolean {
  const [open, none] = [attempt(() => fstatSync(STDIN)), attempt(() => statSync("/dev/null"))];
  if (!open?.isCharacterDevice() || open.rdev !== none?.rdev) return false;
  return attempt(() => readSync(STDIN, Buffer.alloc(1))) === undefined;
}

/** Inherited from a script under `nohup` or after `trap "" HUP`. Linux only. */
function doesParentIgnoreHangUp(): boolean {
  const status = attempt(() => readFileSync(`/proc/${process.ppid}/status`, "utf8"));
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status ?? "")?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP_BIT) !== 0n;
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
