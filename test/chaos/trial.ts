/** One trial: a run in which one thing goes wrong at one point, then a clean run, and what must hold after each. */
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxRequest } from "../../src/sandbox/index.ts";
import {
  breakPlatform,
  endsAtOnce,
  sandboxFault,
  type FaultName,
  type PointKind,
} from "./faults.ts";
import { makePhalaStand, type PhalaStand } from "./phala-stand.ts";
import { endProcessesOf } from "./processes.ts";
import { brokenByCleanRun, brokenByFault } from "./promises.ts";
import {
  runUndisturbed,
  startInPipe,
  startInTerminal,
  type Ended,
  type ProgramRun,
} from "./program-run.ts";
import { scenarioOf, type Stage } from "./scenarios.ts";

export type Trial = {
  readonly command: string;
  readonly fault: FaultName;
  readonly at: PointKind;
  /** From 1. */
  readonly point: number;
};

export type TrialReport = Trial & {
  /** What the fault struck, as in `POST /api/v1/cvms`; null: the run was over before it came to that point. */
  readonly struck: string | null;
  /** Of the faulted run; null: it was killed. */
  readonly exitCode: number | null;
  /** How many clean runs it took until one ended with 0; more than one is a broken promise. */
  readonly cleanRuns: number;
  /** What did not hold; empty: survived. */
  readonly broken: readonly string[];
  /** What the runs said, where a promise was broken. */
  readonly output?: readonly string[];
};

const MOST_CLEAN_RUNS = 3;

export async function runTrial(trial: Trial): Promise<TrialReport> {
  const strike = new Strike(trial);
  const scenario = scenarioOf(trial.command);
  const stage = await scenario.open({ onRequest: (request) => strike.onRequest(request) });
  const { world } = stage;
  try {
    const stand = await makePhalaStand(world.base, trial.at === "start" ? trial : undefined);
    const fault = trial.at === "request" ? sandboxFault(trial.fault, trial.point) : undefined;
    world.sandbox.setFaults(fault ? [fault] : []);
    if (trial.at === "run") breakPlatform(world.sandbox, trial.fault);
    const start = isInTerminal(trial) ? startInTerminal : startInPipe;
    const run = start(world, scenario.args, { PHALA_BIN: stand.bin });
    strike.arm(run, stand);
    const ended = await run.ended;
    const struck = strike.struck(stand, ended);
    world.sandbox.setFaults([]);
    world.sandbox.setLies([]);
    if (!comesAtOnce(trial)) await untilIdle(stand);
    const broken = await brokenByFault(stage, trial.fault, ended);
    const clean = await runUntilDone(stage, scenario.args, trial.fault);
    broken.push(...clean.broken);
    const output = [ended, ...clean.runs].map(({ stdout, stderr }) => `${stderr}\n${stdout}`);
    const report = {
      ...trial,
      struck,
      exitCode: ended.exitCode,
      cleanRuns: clean.runs.length,
      broken,
    };
    return broken.length === 0 ? report : { ...report, output };
  } finally {
    await endProcessesOf(world.base);
    await world.close();
  }
}

/** Every second trial with a signal is on a terminal: that is what a person presses Ctrl-C in. */
function isInTerminal({ fault, point }: Trial): boolean {
  return (fault === "SIGINT" || fault === "SIGTERM") && point % 2 === 0;
}

/** The next run may come while the `phala` of a killed one is still at work, or when it has done what it was to do. */
function comesAtOnce({ fault, point }: Trial): boolean {
  return fault !== "kill" || point % 2 === 0;
}

async function untilIdle(stand: PhalaStand): Promise<void> {
  while (stand.atWork().length > 0) await delay(50);
}

/** The next run finishes the work, at once: only the first one's findings count. */
async function runUntilDone(
  stage: Stage,
  args: readonly string[],
  fault: FaultName,
): Promise<{ runs: readonly Ended[]; broken: readonly string[] }> {
  const runs: Ended[] = [];
  const broken: string[] = [];
  while (runs.length < MOST_CLEAN_RUNS) {
    const ended = await runUndisturbed(stage.world, args);
    runs.push(ended);
    if (runs.length === 1) broken.push(...(await brokenByCleanRun(stage, fault, ended)));
    if (ended.exitCode === 0) break;
  }
  return { runs, broken };
}

const ON_REQUESTS: ReadonlySet<PointKind> = new Set(["request", "phala-request"]);

/** Waits for its moment, and notes what it hit. */
class Strike {
  readonly #trial: Trial;
  #run: ProgramRun | undefined;
  #stand: PhalaStand | undefined;
  #counted = 0;
  #hit: string | undefined;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  arm(run: ProgramRun, stand: PhalaStand): void {
    this.#run = run;
    this.#stand = stand;
  }

  onRequest({ method, path: where }: SandboxRequest): void {
    const { at, point, fault } = this.#trial;
    if (!ON_REQUESTS.has(at)) return;
    const phalas = at === "phala-request" ? (this.#stand?.atWork() ?? []) : [];
    if (at === "request" || phalas.length > 0) this.#counted += 1;
    if (this.#counted !== point || this.#hit !== undefined) return;
    this.#hit = `${method} ${withoutIds(where)}`;
    if (fault === "SIGINT" || fault === "SIGTERM") this.#run?.kill(fault);
    if (endsAtOnce(fault)) this.#run?.kill("SIGKILL");
    if (at === "phala-request") for (const { pid } of phalas) process.kill(pid, "SIGKILL");
  }

  /** Null: the run never came to the point. */
  struck(stand: PhalaStand, ended: Ended): string | null {
    const { at, point, fault } = this.#trial;
    if (at === "run") return "the whole run";
    if (at !== "start") return this.#hit ?? null;
    const starts = stand.starts();
    if (fault === "phala-gone")
      return starts.length === point - 1 && ended.exitCode !== 0 ? "phala" : null;
    const start = starts.find(({ ordinal }) => ordinal === point);
    return start ? `phala ${withoutIds(start.args)}` : null;
  }
}

/** The same request in two runs reads the same. */
export function withoutIds(text: string): string {
  return text
    .replaceAll(/\/\S*\/docker-compose\.yml/g, "FILE")
    .replaceAll(/\/\S*\/environment\b/g, "FILE")
    .replaceAll(/\b[0-9a-f]{32,40}\b/g, "ID")
    .replaceAll(/-9010\.\S*?\//g, "/");
}
