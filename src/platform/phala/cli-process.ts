/**
 * Runs of the `phala` CLI, shut off from everything that changes what it does: a `phala.toml` in the working
 * directory makes a create an update of another registry, an SSH key in ~/.ssh changes the compose hash.
 */
import { tmpdir } from "node:os";
import { ClusterError } from "../../errors/cluster-error.ts";
import { clearAbandonedFolders } from "./abandoned-folders.ts";
import { childEnvironment } from "./child-environment.ts";
import type { CliRun } from "./cli-output.ts";
import { locateProgram } from "./locate.ts";
import { makePrivateFolder, type PrivateFolder } from "./private-folder.ts";
import { endOnDemand } from "./process-group.ts";

export type PhalaProcessOptions = {
  /** A path, or a name on PATH. */
  readonly bin: string;
  readonly apiKey: string;
  /** Without `/api/v1`. */
  readonly apiUrl: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onDetail: (message: string) => void;
  /** Applied to the output before anything is cut from it: half a secret would no longer be recognised. */
  readonly redact?: ((text: string) => string) | undefined;
};

export type PhalaCommand = {
  /** Gets the run's private folder, to put files into. */
  readonly args: (folder: string) => string[] | Promise<string[]>;
  readonly limitMs: number;
};

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const VERSION_LIMIT_MS = 20_000;

/** Runs commands of one program, and remembers whether it needs the real HOME to start at all. */
export class PhalaProcess {
  readonly #options: PhalaProcessOptions;
  #home: "empty" | "real" = "empty";
  readonly #cleared = clearAbandonedFolders();

  constructor(options: PhalaProcessOptions) {
    this.#options = options;
  }

  /**
   * Runs the CLI to its end and reports it; never throws for what the child does. An aborted signal ends the
   * child first and then shows as `cutOff`. No exit code and no `cutOff`: there is no such program.
   * @throws ClusterError `temporary-directory-unwritable` (prerequisite) where a run can't be begun.
   */
  async run(command: PhalaCommand, signal: AbortSignal): Promise<CliRun> {
    await this.#cleared;
    const run = await this.#runWith(this.#home, command, signal);
    if (this.#home === "real" || !failedSilently(run)) return run;
    if (!(await this.#needsRealHome(signal))) return run;
    this.#options.onDetail(
      "phala starts only with the real home folder (a version manager's shim); using it",
    );
    this.#home = "real";
    return this.#runWith("real", command, signal);
  }

  /**
   * A shim of volta, asdf, nodenv or mise finds its program through the real HOME. That `--version` fails in the
   * empty one proves that the command before it never reached phala, so that it may be repeated.
   */
  async #needsRealHome(signal: AbortSignal): Promise<boolean> {
    const version = { args: () => ["--version"], limitMs: VERSION_LIMIT_MS };
    const inEmpty = await this.#runWith("empty", version, signal);
    if (!failedSilently(inEmpty)) return false;
    return (await this.#runWith("real", version, signal)).exitCode === 0;
  }

  async #runWith(home: "empty" | "real", command: PhalaCommand, signal: AbortSignal): Promise<CliRun> {
    const { bin, env, onDetail } = this.#options;
    const program = await locateProgram(bin, env["PATH"]);
    if (program === undefined) return notStarted(`${bin}: no such program`);
    const { folder, args } = await this.#prepare(command);
    try {
      // The real HOME may hold an SSH key; this flag keeps it out too, but also tells the platform to avoid
      // development images, so it is not for every run.
      const all = home === "real" && args[0] === "deploy" ? [...args, "--no-dev-os"] : args;
      onDetail(`phala ${all.map((arg) => arg.replace(`${folder.path}/`, "")).join(" ")}`);
      const homePath = home === "real" ? (env["HOME"] ?? folder.home) : folder.home;
      return await this.#spawn(
        program,
        all,
        { folder: folder.path, home: homePath, limitMs: command.limitMs },
        signal,
      );
    } finally {
      await folder.remove();
    }
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
    where: { readonly folder: string; readonly home: string; readonly limitMs: number },
    signal: AbortSignal,
  ): Promise<CliRun> {
    // Commands that only read never start it.
    const { execa } = await import("execa");
    if (signal.aborted) return { ...notStarted(""), cutOff: "interrupted before it started" };
    const child = execa(program, args, {
      cwd: where.folder,
      env: childEnvironment(this.#options, where.home),
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      maxBuffer: MAX_OUTPUT_BYTES,
      stripFinalNewline: false,
      // A group of its own: Ctrl-C in the terminal must not reach it, we decide when it ends.
      detached: process.platform !== "win32",
    });
    const end = endOnDemand(child, where.limitMs, signal);
    const result = await child.finally(() => end.settle());
    // execa's own messages hold the arguments: only its codes are used.
    if (result.exitCode === undefined && result.signal === undefined && end.reason() === undefined) {
      return notStarted(`${this.#options.bin} can't be started (${result.code ?? "no reason given"})`);
    }
    const redact = this.#options.redact ?? ((text: string) => text);
    return {
      stdout: redact(result.stdout),
      stderr: redact(result.stderr),
      exitCode: result.exitCode ?? null,
      cutOff: end.reason() ?? (result.signal === undefined ? undefined : `signal ${result.signal}`),
    };
  }
}

const notStarted = (stderr: string): CliRun => ({ stdout: "", stderr, exitCode: null, cutOff: undefined });

function unwritable(error: Error): ClusterError {
  return new ClusterError({
    kind: "prerequisite",
    code: "temporary-directory-unwritable",
    message: `can't write the files for a run of phala to ${tmpdir()}: ${error.message}`,
    hint: `free some space in ${tmpdir()}, or set TMPDIR to another folder`,
    cause: error,
  });
}

/** Ended by itself, badly, without the JSON in which phala reports failures. */
function failedSilently(run: CliRun): boolean {
  const ended = run.cutOff === undefined && run.exitCode !== null && run.exitCode !== 0;
  return ended && !`${run.stdout}${run.stderr}`.includes('"success"');
}
