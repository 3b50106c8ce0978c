/** One run of the built program that a fault strikes: in a pipe, or in a pseudo-terminal as for a person. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { PROGRAM, type OpenWorld } from "../helpers/program.ts";
import { WARM_PROGRAM_PORT } from "../helpers/program-bin.ts";
import { startOnPty } from "../helpers/pty.ts";

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

/** With `--yes`: live lines and colours, but no questions. */
export function startInTerminal(
  world: OpenWorld,
  args: readonly string[],
  env: Environment,
): ProgramRun {
  const stateFile = path.join(world.base, "terminal-state");
  const { CI: _, ...rest } = world.env;
  const pty = startOnPty([process.execPath, PROGRAM, ...args, "--yes"], {
    folder: world.folder,
    env: { ...rest, ...env, TERM: "xterm-256color", LANG: "C.UTF-8", TERMINAL_STATE: stateFile },
    columns: 80,
    rows: 40,
    afterwards: 'stty -a > "$TERMINAL_STATE"',
  });
  let hung = false;
  // Ctrl-C as the terminal does it: to everything in the foreground.
  const kill: ProgramRun["kill"] = (signal) =>
    signal === "SIGINT" ? pty.write("\u0003") : pty.signal(signal);
  const timer = setTimeout(() => {
    hung = true;
    kill("SIGKILL");
  }, PATIENCE_MS);
  const ended = pty.exit.then(async (exitCode): Promise<Ended> => {
    clearTimeout(timer);
    const settings = await readFile(stateFile, "utf8").catch(() => "");
    const bytes = pty.bytes();
    return { exitCode, stdout: bytes, stderr: "", terminal: { settings, bytes }, hung };
  });
  return { kill, ended };
}
