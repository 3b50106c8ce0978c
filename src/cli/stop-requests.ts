/**
 * What a signal asks for. npm delivers one Ctrl-C twice within milliseconds, a closed terminal comes from kernel and
 * shell, and CI sends SIGINT and then SIGTERM: all of that is one stop. Only a person who presses Ctrl-C again, at
 * least a second later, is in a hurry.
 */
import type { SignalName } from "../errors/cluster-error.ts";

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
