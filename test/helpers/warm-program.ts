/**
 * Runs of the built program in a process that has loaded it already: loading takes more CPU than most commands do.
 * For tests of what a command does; how the program starts, ends, takes signals or talks to a terminal is tested
 * with processes of its own.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Run } from "./program.ts";

export type CommandLine = {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
};

const SERVER = fileURLToPath(new URL("../../test/helpers/warm-process.js", import.meta.url));

let idle: ChildProcess[] = [];

/** One command line, to its end. Several at once get a process each. */
export async function runWarm(line: CommandLine): Promise<Run> {
  const child = idle.pop() ?? start();
  const ended = new AbortController();
  const [answer] = await Promise.race([
    once(child, "message", { signal: ended.signal }),
    once(child, "exit", { signal: ended.signal }).then(([code]) => {
      throw new Error(
        `the program ended its process with ${String(code)}: such a test needs a process of its own`,
      );
    }),
    ask(child, line),
  ]).finally(() => ended.abort());
  idle = [...idle, child];
  return { ...(answer as Omit<Run, "signal">), signal: undefined };
}

/** Never settles unless it fails: the answer is a message. */
function ask(child: ChildProcess, line: CommandLine): Promise<never> {
  return new Promise((_, reject) => child.send(line, (error) => void (error && reject(error))));
}

function start(): ChildProcess {
  const child = fork(SERVER, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
    env: {},
  });
  // Neither holds the test's process, nor outlives it.
  child.unref();
  child.channel?.unref();
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}
