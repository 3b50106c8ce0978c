/**
 * Runs the `phala` CLI isolated from everything that changes what it does: a `phala.toml` in the working directory turns
 * a create into an update of another registry, an SSH key in ~/.ssh changes the compose hash.
 */
import type { Clock } from "../../core/ports.ts";
import { Stopwatch } from "../../core/stopwatch.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { HttpClient } from "../net/http.ts";
import { compileCacheFolder } from "../compile-cache.ts";
import { clearAbandonedFolders } from "./abandoned-folders.ts";
import { AheadOfRuns, WaitingPhala, type Measuring } from "./ahead.ts";
import { runChild } from "./child.ts";
import { commonEnvironment, ownEnvironment } from "./child-environment.ts";
import type { CliRun } from "./cli-output.ts";
import type { GateOperation } from "./gate/exchange.ts";
import { openGate, type Gate, type Traffic } from "./gate/gate.ts";
import { launchOf, locateProgram } from "./program.ts";
import { makePrivateFolder, temporaryDirectory, type PrivateFolder } from "./private-folder.ts";

export type PhalaProcessOptions = {
  /** A path, or a name on PATH. */
  readonly bin: string;
  readonly apiKey: string;
  /** Without `/api/v1`. */
  readonly apiUrl: string;
  readonly env: NodeJS.ProcessEnv;
  /** The gate forwards with it; closed by the caller. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
  /** Applied to the output before it is shortened: half a secret would not be recognised. */
  readonly redact?: ((text: string) => string) | undefined;
  /** Timeout in ms for the answer to a forwarded mutation after a stop; for tests. */
  readonly settleMs?: number;
  /** The built preload.ts; absent: no `phala` is started ahead. */
  readonly preload?: string | undefined;
  /** Timeout in ms until such a process begins its work; for tests. */
  readonly beginMs?: number | undefined;
  /** Measures runs, and starts ahead: a process is blocked while the system starts its child. */
  readonly stopwatch?: Measuring;
};

export type PhalaCommand = {
  /** Receives the run's private folder, for files. */
  readonly args: (folder: string) => string[] | Promise<string[]>;
  readonly limitMs: number;
  /** Its requests are checked against it. */
  readonly operation: GateOperation;
  /** Called with its stdout as it arrives, not redacted. */
  readonly onStdout?: (text: string) => void;
};

/** How the CLI ended, and the gate's traffic. */
export type GatedRun = { readonly run: CliRun; readonly traffic: Traffic };

type Home = "empty" | "real";

const VERSION_LIMIT_MS = 20_000;
const NOTHING_PASSED: Traffic = { exchanges: [], provisioned: undefined, hookError: undefined };

/** Runs commands of one program, and remembers whether it needs the real HOME. */
export class PhalaProcess {
  readonly #options: PhalaProcessOptions;
  readonly #stopwatch: Measuring;
  #home: Home = "empty";
  readonly #cleared = clearAbandonedFolders();
  readonly #ahead = new AheadOfRuns(() => this.#startAhead());

  constructor(options: PhalaProcessOptions) {
    this.#options = options;
    this.#stopwatch = options.stopwatch ?? new Stopwatch(() => options.clock.monotonic());
  }

  /** See `PhalaQueries.expectRuns`. */
  expect(runs: number): Promise<void> {
    return this.#ahead.expect(runs);
  }

  /**
   * Runs the CLI to its end; never throws for what the child does. An aborted signal ends the child (`cutOff`), and then
   * forwarded mutations are waited for. Neither exit code nor `cutOff`: the program was not found.
   * @throws ClusterError `temporary-directory-unwritable` (prerequisite) if the run can't be started.
   */
  async run(command: PhalaCommand, signal: AbortSignal): Promise<GatedRun> {
    await this.#cleared;
    const first = await this.#runWith(this.#home, command, signal);
    if (this.#home === "real" || !failedSilently(first)) return first;
    if (!(await this.#needsRealHome(signal))) return first;
    this.#options.onDetail(
      "phala starts only with the real home folder (a version manager's shim); using it",
    );
    this.#home = "real";
    return this.#runWith("real", command, signal);
  }

  /**
   * A shim of volta, asdf, nodenv or mise finds its program through the real HOME. If `--version` fails with an empty
   * one, the command before it never reached phala either, so it may be repeated.
   */
  async #needsRealHome(signal: AbortSignal): Promise<boolean> {
    const operation: GateOperation = { kind: "read" };
    const version = { args: () => ["--version"], limitMs: VERSION_LIMIT_MS, operation };
    const inEmpty = await this.#runWith("empty", version, signal);
    if (!failedSilently(inEmpty)) return false;
    return (await this.#runWith("real", version, signal)).run.exitCode === 0;
  }

  async #runWith(home: Home, command: PhalaCommand, signal: AbortSignal): Promise<GatedRun> {
    const { bin, env, onDetail } = this.#options;
    const program = await locateProgram(bin, env["PATH"]);
    if (program === undefined) return notStarted(`${bin}: no such program`);
    const { folder, args } = await this.#prepare(command);
    try {
      // The real HOME may contain an SSH key, which this flag ignores. It also makes the platform avoid development
      // images, so it is not used in every run.
      const all = home === "real" && args[0] === "deploy" ? [...args, "--no-dev-os"] : args;
      onDetail(`phala ${all.map((arg) => arg.replace(`${folder.path}/`, "")).join(" ")}`);
      const homePath = home === "real" ? (env["HOME"] ?? folder.home) : folder.home;
      const done = new AbortController();
      const onDone = (): void => done.abort();
      const { operation } = command;
      const gate = await openGate({ ...this.#options, operation, signal, onDone });
      const where = { ...command, folder: folder.path, home: homePath, done: done.signal };
      const run = await this.#spawn(program, all, where, gate, signal).catch(
        async (error: unknown) => {
          await gate.settle();
          throw error;
        },
      );
      return { run, traffic: await gate.settle() };
    } finally {
      await folder.remove();
    }
  }

  async #startAhead(): Promise<WaitingPhala | undefined> {
    const { bin, env, preload, onDetail } = this.#options;
    const program = await locateProgram(bin, env["PATH"]);
    if (program === undefined || preload === undefined || this.#home === "real") return undefined;
    const environment = await commonEnvironment(env);
    const all = { ...environment, ...cacheFor(env) };
    const waiting = await WaitingPhala.start(program, all, preload, this.#stopwatch);
    if (waiting) onDetail("phala is started ahead of its next run");
    return waiting;
  }

  async #prepare(command: PhalaCommand): Promise<{ folder: PrivateFolder; args: string[] }> {
    let folder: PrivateFolder | undefined;
    try {
      folder = await makePrivateFolder();
      return { folder, args: await command.args(folder.path) };
    } catch (error) {
      await folder?.remove();
      throw error instanceof Error && "syscall" in error ? unwritable(error) : error;
    }
  }

  async #spawn(
    program: string,
    args: readonly string[],
    where: PhalaCommand & {
      readonly folder: string;
      readonly home: string;
      readonly done: AbortSignal;
    },
    gate: Gate,
    signal: AbortSignal,
  ): Promise<CliRun> {
    const { bin, env, apiUrl, redact = (text: string) => text } = this.#options;
    const { prefix } = gate;
    // phala quotes the gate's address if a request fails, which means nothing to an operator.
    const shown = (text: string): string => redact(text.replaceAll(prefix, `${apiUrl}/api/v1`));
    const [launch, common] = await Promise.all([launchOf(program), commonEnvironment(env)]);
    const cache = launch.file === process.execPath ? cacheFor(env) : {};
    const waiting = await this.#ahead.take();
    if (signal.aborted) {
      await waiting?.discard();
      return { ...EMPTY, cutOff: "interrupted before it started" };
    }
    const child = {
      file: launch.file,
      args: [...launch.args, ...args],
      cwd: where.folder,
      env: { ...common, ...ownEnvironment(gate, where.home), ...cache },
      limitMs: where.limitMs,
      waiting,
      beginMs: this.#options.beginMs,
      onStdout: where.onStdout,
      done: where.done,
      onEnding: () => gate.stop(),
    };
    const run = await this.#stopwatch.measure("phala", () => runChild(child, signal));
    if (run.startError !== undefined)
      return { ...EMPTY, stderr: `${bin} can't be started (${run.startError})` };
    const { exitCode } = run;
    const cutOff = run.ended ?? (run.signal === null ? undefined : `signal ${run.signal}`);
    return { stdout: shown(run.stdout), stderr: shown(run.stderr), exitCode, cutOff };
  }
}

/** Only for our own Node: others may not use the variable safely. */
function cacheFor(env: NodeJS.ProcessEnv): Record<string, string> {
  const folder = compileCacheFolder(env);
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

const EMPTY: CliRun = { stdout: "", stderr: "", exitCode: null, cutOff: undefined };
const notStarted = (stderr: string): GatedRun => ({
  run: { ...EMPTY, stderr },
  traffic: NOTHING_PASSED,
});

function unwritable(error: Error): ClusterError {
  const directory = temporaryDirectory();
  return new ClusterError("prerequisite", "temporary-directory-unwritable", {
    message: `can't write the files for a run of phala to ${directory}: ${error.message}`,
    hint: `free some space in ${directory}, or set TMPDIR to another folder`,
    cause: error,
  });
}

/** Failed by itself, without a request and without the JSON in which phala reports failures. */
function failedSilently({ run, traffic }: GatedRun): boolean {
  const ended = run.cutOff === undefined && run.exitCode !== null && run.exitCode !== 0;
  return (
    ended && traffic.exchanges.length === 0 && !`${run.stdout}${run.stderr}`.includes('"success"')
  );
}
