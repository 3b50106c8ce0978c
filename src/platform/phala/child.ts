/** Runs a child process to its end: its output is bounded, and no process that it started outlives it. */
import { spawn, type ChildProcess } from "node:child_process";
import { Readable } from "node:stream";
import type { WaitingPhala } from "./ahead.ts";
import { endOnDemand, killGroup } from "./process-group.ts";

export type ChildOptions = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Used instead of a new process. */
  readonly waiting?: WaitingPhala | undefined;
  /** How long `waiting` may take until phala's own code runs, in ms. */
  readonly beginMs?: number | undefined;
  /** Called with the child's stdout as it arrives; it is also returned. */
  readonly onStdout?: ((text: string) => void) | undefined;
  /** Called before the child is ended. */
  readonly onEnding: () => void;
  /** Aborted when the child is no longer needed: it is killed. */
  readonly done: AbortSignal;
};

export type ChildRun = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why we ended it; undefined if it ended by itself. */
  readonly ended: string | undefined;
  /** `ENOENT`, `EACCES`, …: it could not be started. */
  readonly startError: string | undefined;
};

/** Loading takes a second of CPU, and less than this on any usable machine. */
const BEGIN_MS = 20_000;
/** Only the end of each stream is kept: the answer comes last. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** By then all output has been read; a grandchild with the same pipe could keep it open forever. */
const DRAIN_MS = 500;

/** Runs a child to its end; an aborted signal ends it. Never rejects. */
export async function runChild(options: ChildOptions, signal: AbortSignal): Promise<ChildRun> {
  const { waiting, args, env, cwd, beginMs = BEGIN_MS } = options;
  if (waiting) {
    const run = await watch(waiting.begin({ args, env, cwd }, beginMs), options, signal);
    // It ended before its work began, so nothing has happened.
    if (waiting.hasBegun || run.ended !== undefined) return run;
  }
  return watch(start(options), options, signal);
}

function start({ file, args, env, cwd }: ChildOptions): ChildProcess {
  return spawn(file, args, {
    cwd,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // In its own process group, so that Ctrl-C in the terminal does not reach it: we decide when it ends.
    detached: process.platform !== "win32",
  });
}

async function watch(
  child: ChildProcess,
  { limitMs, onStdout, onEnding, done }: ChildOptions,
  signal: AbortSignal,
): Promise<ChildRun> {
  const stdout = collect(child.stdout);
  if (onStdout) child.stdout?.setEncoding("utf8").on("data", onStdout);
  const stderr = collect(child.stderr);
  const end = endOnDemand(child, limitMs, signal, onEnding);
  const kill = (): void => killGroup(child, "SIGKILL");
  done.addEventListener("abort", kill);
  const exit = await untilExit(child);
  done.removeEventListener("abort", kill);
  end.settle();
  await drained(child);
  return { ...exit, stdout: stdout(), stderr: stderr(), ended: end.reason() };
}

type Exit = Pick<ChildRun, "exitCode" | "signal" | "startError">;

function untilExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    const { exitCode: code, signalCode } = child;
    if (code !== null || signalCode !== null)
      resolve({ exitCode: code, signal: signalCode, startError: undefined });
    child.once("error", (error: NodeJS.ErrnoException) => {
      // A failed kill emits it too.
      if (child.pid !== undefined) return;
      resolve({ exitCode: null, signal: null, startError: error.code ?? "no reason given" });
    });
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal, startError: undefined }));
  });
}

async function drained(child: ChildProcess): Promise<void> {
  const streams = child.stdio.filter((stream) => stream instanceof Readable);
  const ends = streams.map(
    (stream) =>
      new Promise<void>((resolve) => {
        if (stream.closed || stream.destroyed) resolve();
        else stream.once("close", resolve);
      }),
  );
  const timer = setTimeout(() => streams.forEach((stream) => stream.destroy()), DRAIN_MS);
  await Promise.all(ends);
  clearTimeout(timer);
}

function collect(stream: Readable | null): () => string {
  let chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (data: Buffer | string) => {
    const chunk = Buffer.from(data);
    chunks.push(chunk);
    size += chunk.length;
    if (size < 2 * MAX_OUTPUT_BYTES) return;
    const kept = Buffer.concat(chunks).subarray(-MAX_OUTPUT_BYTES);
    chunks = [kept];
    size = kept.length;
  });
  stream?.on("error", () => undefined);
  return () => Buffer.concat(chunks).subarray(-MAX_OUTPUT_BYTES).toString("utf8");
}
