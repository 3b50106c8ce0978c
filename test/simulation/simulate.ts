/** Plays a history: its events one after the other, then a while of rest and one clean run of each operator. */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./disk/disk.ts";
import { Files } from "./files.ts";
import { PLAIN, type Event, type History, type Run } from "./history.ts";
import type { RunReport } from "./operator.ts";
import { brokenByRun, brokenInAll, type Broken } from "./promises.ts";
import { Tee } from "./tee.ts";
import { World, type Plant } from "./world.ts";

export type Played = {
  readonly broken: readonly Broken[];
  readonly reports: readonly RunReport[];
  readonly world: World;
};

type Together = Extract<Event, { kind: "together" }>;

let simulations = 0;

export class Simulation {
  readonly #folder = path.join(ROOT, `simulation${(simulations += 1)}`);
  readonly #files: Files;
  readonly #tee = new Tee();
  #histories = 0;

  /** @param fixtures where the compose files are. */
  constructor(fixtures: string) {
    process.setMaxListeners(1_000);
    const shared = path.join(this.#folder, "files");
    mkdirSync(shared, { recursive: true });
    this.#files = new Files(shared, fixtures, this.#tee.trust);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async play(
    history: History,
    options: { plant?: Plant; watch?: (world: World) => void } = {},
  ): Promise<Played> {
    this.#histories += 1;
    const folder = path.join(this.#folder, String(this.#histories));
    const listeners = new Set(process.listeners("exit"));
    const world = new World(
      history.platform,
      { files: this.#files, tee: this.#tee, folder },
      options.plant,
    );
    options.watch?.(world);
    try {
      const play = new Play(world);
      if (history.setUp) await play.setUp();
      for (const event of history.events) await play.event(event);
      await play.settle();
      return {
        broken: [...play.broken, ...brokenInAll(world, play.reports)],
        reports: play.reports,
        world,
      };
    } finally {
      // The locks of killed runs: their heartbeats end.
      for (const listener of process.listeners("exit")) {
        if (listeners.has(listener)) continue;
        process.removeListener("exit", listener);
        (listener as () => void)();
      }
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** After this everything that comes late has come. */
const REST_MS = 5 * 60_000;

class Play {
  readonly broken: Broken[] = [];
  readonly reports: RunReport[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A cluster in peace, and a file that its operator goes on writing. */
  async setUp(): Promise<void> {
    await this.event({ kind: "run", run: PLAIN });
    this.#world.operators[0].writeByHand();
  }

  async event(event: Event): Promise<void> {
    const { time } = this.#world;
    if (event.kind === "deed") this.#world.do(event.deed);
    if (event.kind === "wait") await time.pass(event.minutes * 60_000);
    if (event.kind === "run") await this.#run(event.run);
    if (event.kind === "together") await this.#together(event);
  }

  async settle(): Promise<void> {
    await this.#world.time.pass(REST_MS);
    const ops = new Set(this.reports.map(({ run }) => run.op));
    for (const op of ops) {
      const last = this.reports.findLast(({ run }) => run.op === op && run.command === "init")?.run;
      const rotated = this.reports.findLast(
        ({ run }) => run.op === op && run.command === "rotate-hash",
      )?.run;
      const destroyed = this.reports.findLast(
        ({ run }) => run.op === op && run.command === "destroy",
      )?.run;
      const clean = last ?? rotated ?? destroyed;
      if (clean) await this.#run({ ...clean, rotation: "plain", via: "auto", faults: [] }, true);
    }
    await this.#world.time.pass(REST_MS);
  }

  async #run(run: Run, isLast = false): Promise<void> {
    const running = this.#world.operators[run.op].run(run);
    await this.#drive(running);
    this.#judge({ ...(await running), isLast });
  }

  async #together({ run, other, after, at }: Together): Promise<void> {
    const { operators, time } = this.#world;
    const second: Run = { ...other, op: run.op === 0 ? 1 : 0 };
    let begin: (() => void) | undefined;
    const called = new Promise<void>((resolve) => (begin = resolve));
    const first = operators[run.op].run(run, (call, nth) => {
      if (call === at?.call && nth === at.nth) begin?.();
    });
    const both = [
      first,
      Promise.race([time.sleep(after), called.then(() => time.sleep(at?.pause ?? 0))]).then(() =>
        operators[second.op].run(second),
      ),
    ];
    await this.#drive(Promise.all(both));
    for (const report of await Promise.all(both)) this.#judge(report);
  }

  async #drive(work: Promise<unknown>): Promise<void> {
    const ended = await this.#world.time.drive(work);
    if (!ended)
      throw new Error(`nothing moves at ${this.#world.time.now} ms, and a run has not ended`);
  }

  #judge(report: RunReport): void {
    this.reports.push(report);
    this.broken.push(...brokenByRun(report, this.#world));
  }
}
