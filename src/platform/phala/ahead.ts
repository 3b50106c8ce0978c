/**
 * A `phala` that is started ahead, during a wait for the cloud: loading its libraries takes most of a second. Until its
 * work begins it has no arguments, no key and no gate. See docs/adr/0005.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { installedVersion, launchOf } from "./program.ts";
import type { Stopwatch } from "../../core/stopwatch.ts";
import { killGroup } from "./process-group.ts";

export type Measuring = Pick<Stopwatch, "measure" | "block">;

/** What the process is to run. */
export type Work = {
  /** Starting with the program's path. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** The signals that it sends through the pipe. */
export const LOADED = "l";
export const BEGUN = "b";

/** A waiting process; it ends by itself when ours does. */
export class WaitingPhala {
  readonly #child: ChildProcess;
  readonly #onExit = (): void => killGroup(this.#child, "SIGKILL");
  readonly #gone: Promise<void>;
  /** Resolves when its libraries are loaded, or it has ended. */
  readonly loaded: Promise<void>;
  #received = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.unref();
    for (const stream of socketsOf(child)) stream.on("error", () => undefined).unref();
    process.once("exit", this.#onExit);
    this.#gone = new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => {
        process.removeListener("exit", this.#onExit);
        resolve();
      });
    });
    const heard = new Promise<void>((resolve) => {
      child.stdio[3]?.on("data", (data: Buffer) => {
        this.#received += data.toString("latin1");
        resolve();
      });
    });
    this.loaded = Promise.race([heard, this.#gone]);
  }

  /**
   * @param program the absolute path of a `phala`.
   * @param env the variables that all runs have in common.
   * @param stopwatch measures the start of the process.
   * @returns undefined if it is not the npm package, does not run with our own Node, or can't be started.
   */
  static async start(
    program: string,
    env: Readonly<Record<string, string>>,
    preload: string,
    stopwatch: Measuring,
  ): Promise<WaitingPhala | undefined> {
    if (process.platform === "win32") return undefined;
    const [version, launch] = await Promise.all([installedVersion(program), launchOf(program)]);
    if (version === undefined || launch.file !== process.execPath) return undefined;
    const load = ["--experimental-import-meta-resolve", "--import", pathToFileURL(preload).href];
    try {
      const child = stopwatch.block("phala", () =>
        spawn(launch.file, [...load, ...launch.args], {
          cwd: path.parse(launch.file).root,
          env,
          stdio: ["ignore", "pipe", "pipe", "pipe"],
          detached: true,
        }),
      );
      return new WaitingPhala(child);
    } catch {
      return undefined;
    }
  }

  get isAlive(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /**
   * Sends the work. @returns the process, which the caller must watch and end.
   * @param limitMs if it has not begun by then it is killed, since a normal start may still work.
   */
  begin(work: Work, limitMs: number): ChildProcess {
    const limit = setTimeout(() => this.hasBegun || killGroup(this.#child, "SIGKILL"), limitMs);
    void this.#gone.then(() => clearTimeout(limit));
    process.removeListener("exit", this.#onExit);
    this.#child.ref();
    for (const stream of socketsOf(this.#child)) stream.ref();
    const channel = this.#child.stdio[3];
    if (channel instanceof Socket) channel.write(`${JSON.stringify(work)}\n`);
    return this.#child;
  }

  /** Whether it runs phala's own code; final once the process and its streams have ended. */
  get hasBegun(): boolean {
    return this.#received.includes(BEGUN);
  }

  /** Resolves when it has ended. */
  async discard(): Promise<void> {
    if (!this.isAlive) return;
    this.#child.ref();
    this.#onExit();
    await this.#gone;
  }
}

/** For the next run and the one after it, loaded one after the other. */
const MAX_WAITING = 2;

/** Keeps processes waiting while further runs are expected. */
export class AheadOfRuns {
  readonly #start: () => Promise<WaitingPhala | undefined>;
  #expected = 0;
  /** In order of use. */
  #waiting: Promise<WaitingPhala | undefined>[] = [];
  #filling = false;

  /** @param start may reject; the run then starts a process itself. */
  constructor(start: () => Promise<WaitingPhala | undefined>) {
    this.#start = start;
  }

  /**
   * Sets the number of runs that follow, one after the other; replaces the previous number.
   * Resolves when the first process is started and surplus ones have ended.
   */
  async expect(runs: number): Promise<void> {
    this.#expected = runs;
    const surplus = this.#waiting.splice(runs);
    if (!this.#filling) void this.#fill();
    await this.#waiting[0];
    await Promise.all(surplus.map(async (waiting) => (await waiting)?.discard()));
  }

  /** For a run that begins now. @returns undefined if none is alive. */
  async take(): Promise<WaitingPhala | undefined> {
    this.#expected = Math.max(0, this.#expected - 1);
    const waiting = this.#waiting.shift();
    // The next one will be needed soon, even if this one is still loading.
    if (waiting && this.#waiting.length === 0 && this.#expected > 0) void this.#startOne();
    if (!this.#filling) void this.#fill();
    const taken = await waiting;
    return taken?.isAlive ? taken : undefined;
  }

  /** Starts the second once the first has loaded: loading at the same time would slow down both, and the checks. */
  async #fill(): Promise<void> {
    this.#filling = true;
    while (this.#waiting.length < Math.min(this.#expected, MAX_WAITING)) {
      const started = await this.#startOne();
      if (started === undefined) break;
      await started.loaded;
    }
    this.#filling = false;
  }

  #startOne(): Promise<WaitingPhala | undefined> {
    const started = this.#start().catch(() => undefined);
    this.#waiting.push(started);
    return started;
  }
}

const socketsOf = ({ stdio }: ChildProcess): Socket[] =>
  stdio.filter((stream) => stream instanceof Socket);
