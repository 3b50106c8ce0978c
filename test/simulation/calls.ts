/** Every call of a port in a run: it takes time, and something may strike at it. */
import type { LeftBehind } from "../../src/core/results.ts";
import { Interruption } from "../../src/errors/cluster-error.ts";
import { failure, type FileOperation, type FileStrike } from "./disk/disk.ts";
import type { Deed, Fault, PortCall, Strike } from "./history.ts";
import type { VirtualTime } from "./time.ts";

export type Surroundings = {
  readonly time: VirtualTime;
  do(deed: Deed): void;
  /** Of this machine, whose disk forgets what was not synced. */
  cutPower(): void;
};

/** How a run can end without an end of its own. */
export type Cut = "killed" | "left" | "hung";

const TAKES_SPACE: ReadonlySet<FileOperation> = new Set(["write", "make", "copy"]);

const never = (): Promise<never> => new Promise(() => undefined);

export class Calls {
  isAlive = true;
  stoppedAt: number | undefined;
  /** What the last words of a run said that a second Ctrl-C ended. */
  leftBehind: readonly LeftBehind[] | undefined;
  /** What they would be now. */
  say: () => readonly LeftBehind[] = () => [];
  readonly ended: Promise<Cut>;
  readonly #faults: readonly Fault[];
  readonly #around: Surroundings;
  readonly #stop: AbortController;
  readonly #counts = new Map<PortCall, number>();
  readonly #struck = new Set<Fault>();
  #end: (cut: Cut) => void = () => undefined;

  constructor(faults: readonly Fault[], around: Surroundings, stop: AbortController) {
    this.#faults = faults;
    this.#around = around;
    this.#stop = stop;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  cut(how: Cut): void {
    this.isAlive = false;
    this.#end(how);
  }

  /** @param body what the platform does; its strikes are those of this call that change the answer. */
  async make<T>(
    call: PortCall,
    latencyMs: number,
    signal: AbortSignal | undefined,
    body: (strikes: readonly Strike[]) => T | Promise<T>,
  ): Promise<T> {
    await this.#alive();
    const faults = this.#due(call);
    const strikes = faults.map(({ strike }) => strike);
    for (const fault of faults) this.#before(fault);
    await this.#alive();
    await this.#around.time.sleep(latencyMs, signal);
    await this.#alive();
    const answer = await body(strikes);
    await this.#alive();
    if (strikes.some(({ does }) => does === "kill-after")) this.cut("killed");
    await this.#alive();
    return answer;
  }

  /** Before each operation of the machine's disk. */
  readonly atFile: FileStrike = (operation) => {
    if (!this.isAlive) return never();
    if (!this.#faults.some(({ call }) => call === "file")) return undefined;
    const faults = this.#strikingAt([["file", this.#count("file")]]);
    for (const fault of faults) this.#before(fault);
    if (!this.isAlive) return never();
    const isFull = faults.some(({ strike }) => strike.does === "disk-full");
    return isFull && TAKES_SPACE.has(operation)
      ? Promise.reject(failure("ENOSPC", operation, "the disk"))
      : undefined;
  };

  /** A dead process does nothing more. */
  async #alive(): Promise<void> {
    if (!this.isAlive) await never();
  }

  #due(call: PortCall): Fault[] {
    return this.#strikingAt([
      [call, this.#count(call)],
      ["any", this.#count("any")],
    ]);
  }

  #count(kind: PortCall): number {
    const n = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, n + 1);
    return n;
  }

  #strikingAt(ordinals: readonly (readonly [PortCall, number])[]): Fault[] {
    const at = new Map(ordinals);
    return this.#faults.filter(({ call, nth, times }) => {
      const n = at.get(call);
      return n !== undefined && n >= nth && n < nth + times;
    });
  }

  #before(fault: Fault): void {
    const { strike } = fault;
    // What people do, they do once.
    if (this.#struck.has(fault)) return;
    this.#struck.add(fault);
    if (strike.does === "deed") this.#around.do(strike.deed);
    if (strike.does === "power-cut") this.#around.cutPower();
    if (strike.does === "kill-before" || strike.does === "power-cut") this.cut("killed");
    if (strike.does === "ctrl-c" || strike.does === "ctrl-c-twice") this.#interrupt(strike.does);
  }

  #interrupt(how: "ctrl-c" | "ctrl-c-twice"): void {
    const { time } = this.#around;
    this.stoppedAt ??= time.now;
    this.#stop.abort(new Interruption("SIGINT"));
    if (how === "ctrl-c") return;
    time.at(time.now + 2_500, () => {
      if (!this.isAlive) return;
      this.leftBehind = this.say();
      this.cut("left");
    });
  }
}

export const has = (strikes: readonly Strike[], ...does: readonly Strike["does"][]): boolean =>
  strikes.some((strike) => does.includes(strike.does));
