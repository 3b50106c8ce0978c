/** Every call of a port in a run: it takes time, and something may strike at it. */
import type { LeftBehind } from "../../src/core/results.ts";
import { StopRequests } from "../../src/cli/shutdown.ts";
import { Interruption, type SignalName } from "../../src/errors/cluster-error.ts";
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
  /** Told of every call, with which one of its kind it is. */
  watch: (call: PortCall, nth: number) => void = () => undefined;
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
    this.watch(kind, n);
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
    const signals = SIGNALS[strike.does];
    if (signals) this.#interrupt(signals);
  }

  /** The signals of a stop come in one after the other, and are judged as the program judges them. */
  #interrupt(signals: readonly Signalled[]): void {
    const { time } = this.#around;
    const requests = new StopRequests();
    for (const [name, delay] of signals)
      time.at(time.now + delay, () => {
        if (!this.isAlive) return;
        const request = requests.receive(name, time.now);
        if (request === "stop") this.#stopNow(name);
        if (request !== "leave") return;
        this.leftBehind = this.say();
        this.cut("left");
      });
  }

  #stopNow(name: SignalName): void {
    this.stoppedAt ??= this.#around.time.now;
    this.#stop.abort(new Interruption(name));
  }
}

type Signalled = readonly [name: SignalName, delayMs: number];

/** What a terminal, npm and CI send. */
const SIGNALS: Readonly<Record<string, readonly Signalled[]>> = {
  "ctrl-c": [["SIGINT", 0]],
  "ctrl-c-twice": [
    ["SIGINT", 0],
    ["SIGINT", 2_500],
  ],
  "stop-burst": [
    ["SIGINT", 0],
    ["SIGINT", 4],
    ["SIGTERM", 50],
    ["SIGTERM", 7_500],
  ],
};

export const has = (strikes: readonly Strike[], ...does: readonly Strike["does"][]): boolean =>
  strikes.some((strike) => does.includes(strike.does));
