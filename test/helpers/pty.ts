/** A program on a pseudo-terminal, of which no byte is lost however busy this process is. */
import { readFileSync } from "node:fs";
import { spawn } from "@lydell/node-pty";

/** A command to the terminal that none knows: nothing is shown. */
const THE_END = "\u001b]7777;the end\u0007";

/**
 * Stays until everything that the program wrote has been read: what a terminal still holds when its last process ends
 * is thrown away. Signals are for the program alone.
 */
const shellWith = (afterwards: string): string =>
  `trap : INT HUP TERM; "$@"; code=$?; ${afterwards}
printf '\\033]7777;the end\\007'; read -r answer; exit $code`;

export type Pty = {
  /** Every byte that was written, escape sequences included. */
  readonly bytes: () => string;
  readonly exit: Promise<number>;
  write(text: string): void;
  /** To the program, not to the terminal's other processes. */
  signal(name: NodeJS.Signals): void;
  /** Ends all of it, whatever it does. */
  close(): void;
};

export type PtyOptions = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly columns: number;
  readonly rows: number;
  /** What the shell does behind the program. */
  readonly afterwards?: string;
  readonly onData?: (text: string) => void;
};

export function startOnPty(command: readonly string[], options: PtyOptions): Pty {
  const { folder, env, columns, rows, afterwards = ":", onData } = options;
  const shell = spawn("/bin/sh", ["-c", shellWith(afterwards), "sh", ...command], {
    cwd: folder,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    cols: columns,
    rows,
  });
  let bytes = "";
  let ended = false;
  shell.onData((text) => {
    const end = Math.max(0, bytes.length - THE_END.length);
    bytes += text;
    onData?.(text);
    // The end of a line, whatever state the terminal was left in.
    if (bytes.includes(THE_END, end)) shell.write("\n");
  });
  const exit = new Promise<number>((resolve) => {
    shell.onExit(({ exitCode }) => {
      ended = true;
      resolve(exitCode);
    });
  });
  const signal = (name: NodeJS.Signals): void => {
    const [program] = childrenOf(shell.pid);
    if (program !== undefined) process.kill(program, name);
  };
  return {
    bytes: () => bytes.split(THE_END)[0] ?? "",
    exit,
    write: (text) => shell.write(text),
    signal,
    close() {
      if (ended) return;
      signal("SIGKILL");
      shell.kill("SIGKILL");
    },
  };
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
