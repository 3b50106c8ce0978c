/** The machines of the operators, and the run of one command on one of them, with all that may strike it. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { exitCodeOf, exitCodeOfFailure } from "../../src/cli/exit-codes.ts";
import { destroyCommand } from "../../src/commands/destroy/command.ts";
import { initCommand } from "../../src/commands/init/command.ts";
import { rotateHashCommand } from "../../src/commands/rotate-hash/command.ts";
import type { AnyCommand } from "../../src/commands/shared/command.ts";
import { statusCommand } from "../../src/commands/status/command.ts";
import type { AnyResult, LeftBehind } from "../../src/core/results.ts";
import { Redactor } from "../../src/core/redact.ts";
import { Stopwatch } from "../../src/core/stopwatch.ts";
import { ClusterError, InternalError, Interruption } from "../../src/errors/cluster-error.ts";
import type { CommandDependencies, Ports } from "../../src/session/dependencies.ts";
import { Ledger } from "../../src/workflow/ledger.ts";
import { commonOf, environmentOf, flagsOf } from "./command-line.ts";
import type { Run } from "./history.ts";
import { Calls, type Surroundings } from "./calls.ts";
import { disk, watchMachine } from "./disk/disk.ts";
import { modelApi } from "./model-api.ts";
import { modelCli } from "./model-cli.ts";
import { modelSpawntee } from "./model-spawntee.ts";
// Loaded before time begins: an import is nothing that virtual time waits for.
/* oxlint-disable import/no-unassigned-import */
import "../../src/commands/destroy/destroy.ts";
import "../../src/commands/init/init.ts";
import "../../src/commands/rotate-hash/rotate-hash.ts";
import "../../src/commands/status/status.ts";
import "../../src/registry/attester.ts";
import "../../src/trust/read-trust.ts";
/* oxlint-enable import/no-unassigned-import */
import { modelEvidence } from "./tee.ts";
import { MachineClock, quiet } from "./time.ts";
import type { Given, World } from "./world.ts";

const COMMANDS: Readonly<Record<Run["command"], AnyCommand>> = {
  init: initCommand,
  "rotate-hash": rotateHashCommand,
  destroy: destroyCommand,
  status: statusCommand,
};

/** How a run ended, as an operator sees it. */
export type RunReport = {
  readonly run: Run;
  readonly id: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Null: it was killed. */
  readonly exitCode: number | null;
  readonly result: AnyResult | undefined;
  readonly failure: ClusterError | undefined;
  /** Undefined where nobody was there to say it any more. */
  readonly leftBehind: readonly LeftBehind[] | undefined;
  readonly stoppedAt: number | undefined;
  /** Why virtual time came to its end: it waited for nothing, or for ever. */
  readonly hung: boolean;
  /** It left without its clean-up. */
  readonly isCutShort: boolean;
  /** The hash that the operator gave to --keep or --drop. */
  readonly word: string | undefined;
  readonly fileBefore: string | undefined;
  readonly fileAfter: string | undefined;
  /** When everything had come to rest, and without faults. */
  readonly isLast?: boolean;
};

/** What an operator has in orchestrator.yml beside what is ours. */
export const BY_HAND = ["# ours: keep it\n", "\nour-team: birds # and this\n"] as const;

export class Operator {
  readonly clock: MachineClock;
  readonly op: number;
  readonly folder: string;
  readonly #world: World;

  constructor(op: number, world: World) {
    this.op = op;
    this.#world = world;
    this.clock = new MachineClock(world.time);
    this.folder = path.join(world.folder, `op${op}`);
  }

  get configFile(): string {
    return path.join(this.folder, "orchestrator.yml");
  }

  writeByHand(): void {
    const text = readIfThere(this.configFile);
    if (text === undefined) return;
    writeFileSync(this.configFile, BY_HAND.join(text));
    disk.sync(disk.need(this.configFile, "fsync"));
  }

  /**
   * Runs a command to its end, whatever that is. Time must be driven meanwhile.
   * @param watch is told of its calls.
   */
  async run(run: Run, watch?: Calls["watch"]): Promise<RunReport> {
    const world = this.#world;
    const id = world.nextRun();
    const word = world.aHash();
    const startedAt = world.time.now;
    const fileBefore = readIfThere(this.configFile);
    const stop = new AbortController();
    const ledger = new Ledger();
    const calls = new Calls(run.faults, this.#surroundings(), stop);
    if (watch) calls.watch = watch;
    watchMachine(this.folder, calls.atFile);
    const given = this.#given(id, calls);
    const dependencies = this.#dependencies(run, given, ledger, stop.signal);
    calls.say = () => ledger.leftBehind();
    const command = COMMANDS[run.command];
    const own = { ...flagsOf(command, run, word), ...given.flags };
    const flags = { ...commonOf(command, run), ...own };
    const ended = (async () => command.run({ ...dependencies, flags }))()
      .then((result) => ({ result, failure: undefined }))
      .catch((error: unknown) => ({ result: undefined, failure: failureOf(stop.signal, error) }));
    const end = await Promise.race([ended, calls.ended]);
    if (end === "killed" || end === "left") await this.#buried();
    watchMachine(this.folder, undefined);
    const told =
      end === "killed" ? undefined : end === "left" ? calls.leftBehind : ledger.leftBehind();
    const { result, failure } =
      typeof end === "string" ? { result: undefined, failure: undefined } : end;
    const exitCode = failure
      ? exitCodeOfFailure(failure, ledger.touched)
      : result
        ? exitCodeOf(result, command.notOk)
        : null;
    return {
      run,
      id,
      startedAt,
      endedAt: world.time.now,
      exitCode,
      result,
      failure,
      leftBehind: told,
      stoppedAt: calls.stoppedAt,
      hung: end === "hung",
      isCutShort: end === "left",
      word: run.rotation === "keep" ? word : undefined,
      fileBefore,
      fileAfter: readIfThere(this.configFile),
    };
  }

  #surroundings(): Surroundings {
    const world = this.#world;
    return {
      time: world.time,
      do: (deed) => world.do(deed),
      cutPower: () => disk.cutPower(this.folder),
    };
  }

  /** What a killed process was writing is written, or not; its lock is one of a dead process. */
  async #buried(): Promise<void> {
    await quiet();
    for (const file of lockFiles(this.folder)) rmSync(file, { force: true });
  }

  #given(id: number, calls: Calls): Given {
    const { cloud } = this.#world;
    const actor = { who: "operator", op: this.op, run: id } as const;
    const clock = this.clock.clockOf(() => calls.isAlive);
    const ports: Ports = {
      cli: modelCli(cloud, actor, calls),
      api: modelApi(cloud, calls, clock),
      spawntee: modelSpawntee(cloud, actor, calls),
    };
    const evidence = modelEvidence(cloud, calls);
    return this.#world.planted({ ports, clock, evidence, flags: {} }, this.op);
  }

  #dependencies(
    run: Run,
    { ports, clock, evidence }: Given,
    ledger: Ledger,
    signal: AbortSignal,
  ): CommandDependencies {
    const world = this.#world;
    return {
      env: environmentOf(this, run, world.files, world.cloud.platform.schema),
      clock,
      signal,
      emit: (event) => world.onEvent?.(this.op, event),
      update: () => true,
      line: () => true,
      publish: () => undefined,
      redactor: new Redactor(),
      ledger,
      stopwatch: new Stopwatch(clock.monotonic),
      connect: async () => ports,
      attestationSources: async () => evidence,
      proxyRoute: () => ({ kind: "direct" }),
      startSandbox: () => Promise.reject(new Error("no sandbox")),
      sandboxExamples: async () => ({}),
      prompter: undefined,
    };
  }
}

function lockFiles(folder: string): string[] {
  const state = path.join(folder, "state");
  if (!existsSync(state)) return [];
  const files = readdirSync(state, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => path.basename(file) === "lock.json")
    .map((file) => path.join(state, file));
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function failureOf(signal: AbortSignal, error: unknown): ClusterError {
  if (signal.aborted && signal.reason instanceof Interruption) return signal.reason;
  return error instanceof ClusterError ? error : new InternalError(error);
}
