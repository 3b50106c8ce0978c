/**
 * A crash of ours: something threw where nobody could catch it, in a timer, a stream, an event handler. Node would
 * print its stack, secrets and all. Imports nothing, because it is on guard from the first moment, for `--help` too.
 */

export type CrashHandler = (error: unknown) => void;

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
