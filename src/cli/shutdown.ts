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
import { StopRequests } from "./stop-requests.ts";

const SIGNALS: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** What a run may take to end once it was stopped: the clean-up's own time, and a little for the children. */
const WATCHDOG_MS = CLEANUP_BUDGET_MS + 5_000;

export type CrashHandler = (error: unknown) => void;

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

export type ShutdownHooks = {
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
    const request = requests.receive(name, performance.now());
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
