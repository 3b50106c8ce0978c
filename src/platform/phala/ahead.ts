/**
 * A `phala` that is started before there is work for it, while the cloud is waited for: loading its libraries takes most
 * of a second. Until it is given its work it knows nothing: no argument, no key, no gate. docs/adr/0005 says why.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { installedVersion } from "./installed-version.ts";
import { launchOf } from "./launch.ts";
import { killGroup } from "./process-group.ts";

/** What the process becomes. */
export type Work = {
  /** From the program's path on. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** What it says through the pipe. */
export const LOADED = "l";
export const BEGUN = "b";

/** One waiting process; it ends by itself as soon as ours is gone. */
export class WaitingPhala {
  readonly #child: ChildProcess;
  readonly #onExit = (): void => killGroup(this.#child, "SIGKILL");
  readonly #gone: Promise<void>;
  /** When its libraries are loaded, or it is gone. */
  readonly loaded: Promise<void>;
  #said = "";

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
        this.#said += data.toString("latin1");
        resolve();
      });
    });
    this.loaded = Promise.race([heard, this.#gone]);
  }

  /**
   * @param program the absolute path of a `phala`.
   * @param env what is the same for every run.
   * @param starting runs what starts the process.
   * @returns undefined where it is not the npm package, started with our own Node, or can't be started.
   */
  static async start(
    program: string,
    env: Readonly<Record<string, string>>,
    preload: string,
    starting: <T>(spawn: () => T) => T,
  ): Promise<WaitingPhala | undefined> {
    if (process.platform === "win32") return undefined;
    const [version, launch] = await Promise.all([installedVersion(program), launchOf(program)]);
    if (version === undefined || launch.file !== process.execPath) return undefined;
    const load = ["--experimental-import-meta-resolve", "--import", pathToFileURL(preload).href];
    try {
      const child = starting(() =>
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
   * Gives it its work. @returns the process, which is the caller's to watch and to end.
   * @param limitMs one that has not begun by then is killed: whatever keeps it may not keep a plain start.
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

  /** Whether phala's own code has been reached; final once the process and its streams have ended. */
  get hasBegun(): boolean {
    return this.#said.includes(BEGUN);
  }

  /** @returns when it is gone. */
  async discard(): Promise<void> {
    if (!this.isAlive) return;
    this.#child.ref();
    this.#onExit();
    await this.#gone;
  }
}

/** One for the next run and one for the run after it, loaded one after the other. */
const MAX_WAITING = 2;

/** Has processes waiting for as long as further runs are expected. */
export class AheadOfRuns {
  readonly #start: () => Promise<WaitingPhala | undefined>;
  #expected = 0;
  /** In the order in which they are taken. */
  #waiting: Promise<WaitingPhala | undefined>[] = [];
  #filling = false;

  /** @param start may reject: the run then starts its own. */
  constructor(start: () => Promise<WaitingPhala | undefined>) {
    this.#start = start;
  }

  /**
   * So many runs follow, one after the other; 0: none. It stands for what was expected before.
   * @returns when the first one is started, and those are gone that are not expected.
   */
  async expect(runs: number): Promise<void> {
    this.#expected = runs;
    const surplus = this.#waiting.splice(runs);
    if (!this.#filling) void this.#fill();
    await this.#waiting[0];
    await Promise.all(surplus.map(async (waiting) => (await waiting)?.discard()));
  }

  /** For a run that begins now. @returns undefined where none is alive. */
  async take(): Promise<WaitingPhala | undefined> {
    this.#expected = Math.max(0, this.#expected - 1);
    const waiting = this.#waiting.shift();
    // What comes next is waited for soon, also where this one loads still.
    if (waiting && this.#waiting.length === 0 && this.#expected > 0) void this.#startOne();
    if (!this.#filling) void this.#fill();
    const taken = await waiting;
    return taken?.isAlive ? taken : undefined;
  }

  /** The second one while the first waits: two that load at once would hold each other up, and the checks. */
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
