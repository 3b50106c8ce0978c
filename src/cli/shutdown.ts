/**
 * What ends a run before its end: SIGINT, SIGTERM, a closed terminal, a crash of ours, and an event loop with nothing
 * left to wait for. The first of them ends it in order, so that no temporary runner stays. Imports little, because
 * the guard against crashes is on from the first moment, for `--help` too.
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
/** What a run may take to end once it was stopped: the clean-up's own time, and a little for the children. */
const WATCHDOG_MS = CLEANUP_BUDGET_MS + 5_000;

type CrashHandler = (error: unknown) => void;

/** Something threw where nobody could catch it, in a timer, a stream. Node would print its stack, secrets and all. */
export class CrashGuard {
  #handler: CrashHandler;

  /** Rejections that nobody handles come as uncaught exceptions, too: that is Node's default. */
  constructor(handler: CrashHandler) {
    this.#handler = handler;
    process.on("uncaughtException", (error) => this.#handler(error));
  }

  /** From here on somebody else knows better what there is to say and to clean up. */
  handOver(handler: CrashHandler): void {
    this.#handler = handler;
  }
}

type ShutdownHooks = {
  /** At once when a stop was requested; `byKey`: it was Ctrl-C, and another one will leave without clean-up. */
  onStop(byKey: boolean): void;
  /** Says the run's last words, synchronously, when it can't be waited for. */
  onForceExit(reason: ClusterError): void;
  /** Signals that this process was started to ignore, as `nohup` has it. */
  readonly ignored: ReadonlySet<SignalName>;
};

export type Shutdown = {
  /** Aborted by the first of what ends the run. */
  readonly signal: AbortSignal;
  /** Why the run ended before its end; a crash counts before a signal. Undefined: it did not. */
  reason(): ClusterError | undefined;
  stop(): void;
};

/** @param crashes is taken over; somebody else must take it when the run has ended. */
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
    // Holds the process, too: a run that waits for nothing would end without a word, and with 0.
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
  // Also those that are ignored: without a listener Node would end the process.
  for (const name of SIGNALS) process.on(name, onSignal);
  process.on("beforeExit", onDrained);
  crashes.handOver((error) => {
    // A timer that throws does so again and again: that must not cut the cleanup short.
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
        // A late signal of the same stop must not end what tells how it went.
        const isStopped = controller.signal.aborted && !process.listeners(name).includes(swallow);
        if (isStopped) process.on(name, swallow);
      }
    },
  };
}

const swallow = (): void => undefined;

/** Where a program whose run is over does not end by itself. */
const LINGER_MS = 2_000;

/**
 * Ends a process whose run is over, whatever still holds it: a timer, a connection that nobody answers. What a slow
 * reader has not taken yet of the answer is waited for.
 */
export function exitAfterGrace(): void {
  const timer = setInterval(() => {
    const { stdout } = process;
    if (stdout.writableLength === 0 || stdout.destroyed) process.exit();
  }, LINGER_MS);
  timer.unref();
}

/**
 * What a signal asks for. npm delivers one Ctrl-C twice within milliseconds, a closed terminal comes from kernel and
 * shell, and CI sends SIGINT and then SIGTERM: all of that is one stop. Only a person who presses Ctrl-C again, at
 * least a second later, is in a hurry.
 */
/** ms between the Ctrl-C that was acknowledged and one that leaves at once. */
const SEPARATE_MS = 1_000;
/** ms; closer ones are one key press that was delivered several times, or a key that is held down. */
const BURST_MS = 100;

/** `stop`: end in order, and say so. `leave`: now, without clean-up. */
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
 * Signals that the process was started to ignore. Node sets them back to their defaults before any script runs, so the
 * mask itself is gone; what `nohup` leaves beside it is not.
 */
const STDIN = 0;
const OUTPUTS = [1, 2];
const HANGUP_BIT = 1n;

export function ignoredSignals(env: NodeJS.ProcessEnv): ReadonlySet<SignalName> {
  return new Set(isHangUpIgnored(env) ? (["SIGHUP"] as const) : []);
}

function isHangUpIgnored(env: NodeJS.ProcessEnv): boolean {
  // bash, zsh and ksh say in `_` what they started.
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

/** In place of a terminal, GNU's `nohup` opens /dev/null as stdin for writing only. */
function isUnreadableNull(): boolean {
  const [open, none] = [attempt(() => fstatSync(STDIN)), attempt(() => statSync("/dev/null"))];
  if (!open?.isCharacterDevice() || open.rdev !== none?.rdev) return false;
  return attempt(() => readSync(STDIN, Buffer.alloc(1))) === undefined;
}

/** A script under `nohup`, or after `trap "" HUP`, hands that down. Linux only. */
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
