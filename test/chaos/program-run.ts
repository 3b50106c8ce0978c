/** One run of the built program that a fault strikes: in a pipe, or in a pseudo-terminal as for a person. */
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import path from "node:path";
import { spawn } from "@lydell/node-pty";
import { PROGRAM, type OpenWorld } from "../helpers/program.ts";
import { WARM_PROGRAM_PORT } from "../helpers/program-bin.ts";

export type Ended = {
  /** Null: a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** How the terminal was left; undefined where there was none. */
  readonly terminal?: TerminalState;
  /** It had to be ended: it was still at it after `PATIENCE_MS`. */
  readonly hung: boolean;
};

export type TerminalState = {
  /** What `stty -a` said afterwards. */
  readonly settings: string;
  /** Every byte that was written to it. */
  readonly bytes: string;
};

export type ProgramRun = {
  kill(signal: "SIGKILL" | "SIGINT" | "SIGTERM"): void;
  readonly ended: Promise<Ended>;
};

type Environment = Readonly<Record<string, string>>;

/** Longer than any run, the longest time limits included. */
const PATIENCE_MS = 600_000;

/** With `--json`, and nobody to ask. */
export function startInPipe(
  world: OpenWorld,
  args: readonly string[],
  env: Environment,
): ProgramRun {
  const child = world.start([...args, "--json"], env);
  let hung = false;
  const timer = setTimeout(() => (hung = child.kill("SIGKILL")), PATIENCE_MS);
  return {
    kill: (signal) => child.kill(signal),
    ended: child
      .finally(() => clearTimeout(timer))
      .then(({ exitCode, stdout, stderr }) => ({
        exitCode: exitCode ?? null,
        stdout,
        stderr,
        hung,
      })),
  };
}

/** The same undisturbed, to its end; where a process has the program loaded already, in that one. */
export async function runUndisturbed(world: OpenWorld, args: readonly string[]): Promise<Ended> {
  if (process.env[WARM_PROGRAM_PORT] === undefined) return startInPipe(world, args, {}).ended;
  const { exitCode, stdout, stderr } = await world.run([...args, "--json"]);
  return { exitCode: exitCode ?? null, stdout, stderr, hung: false };
}

/** Runs the program, then says what has become of the terminal. A Ctrl-C reaches this shell as well: it lives on. */
const SHELL = 'trap : INT; "$@"; code=$?; stty -a > "$TERMINAL_STATE"; exit $code';

/** With `--yes`: live lines and colours, but no questions. */
export function startInTerminal(
  world: OpenWorld,
  args: readonly string[],
  env: Environment,
): ProgramRun {
  const stateFile = path.join(world.base, "terminal-state");
  const { CI: _, ...rest } = world.env;
  const shell = spawn("/bin/sh", ["-c", SHELL, "sh", process.execPath, PROGRAM, ...args, "--yes"], {
    cwd: world.folder,
    env: { ...rest, ...env, TERM: "xterm-256color", LANG: "C.UTF-8", TERMINAL_STATE: stateFile },
    cols: 80,
    rows: 40,
  });
  let bytes = "";
  let hung = false;
  shell.onData((data) => (bytes += data));
  const kill: ProgramRun["kill"] = (signal) => {
    // As the terminal does it: to everything in the foreground.
    if (signal === "SIGINT") return shell.write("\u0003");
    const [program] = childrenOf(shell.pid);
    if (program !== undefined) process.kill(program, signal);
  };
  const timer = setTimeout(() => {
    hung = true;
    kill("SIGKILL");
  }, PATIENCE_MS);
  const ended = new Promise<number>((resolve) => {
    shell.onExit(({ exitCode }) => resolve(exitCode));
  }).then(async (exitCode): Promise<Ended> => {
    clearTimeout(timer);
    const settings = await readFile(stateFile, "utf8").catch(() => "");
    return { exitCode, stdout: bytes, stderr: "", terminal: { settings, bytes }, hung };
  });
  return { kill, ended };
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
