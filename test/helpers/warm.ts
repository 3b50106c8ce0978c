/**
 * Runs of the built program, and of the real `phala`, in processes that have loaded it already: loading takes far
 * more CPU than most commands do, and the tests start hundreds. For tests of what a command does; how it starts, ends,
 * takes signals or talks to a terminal is tested with processes of its own.
 *
 * A server has the loaded processes. Tests ask it by `runWarm`. Whoever wants something to start gets a file: a process
 * with its arguments, environment, folder and streams, which has the work done by one that stays.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readlink, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** From the project's root, because the chaos suite is bundled into another folder of the same depth. */
const RUNNER = fileURLToPath(new URL("../../test/helpers/warm-process.js", import.meta.url));

export type CommandLine = {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
};

/** What is loaded: an entry of warm-process.js, and the file with it. */
export type Loaded = {
  readonly what: "program" | "phala";
  readonly file: string;
  /** Where the program keeps what V8 compiled of it. */
  readonly cache?: string;
};

export type WarmServer = { readonly port: number; close(): void };

type Message =
  | { readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly code: number };

export async function serveWarm({ what, file, cache }: Loaded): Promise<WarmServer> {
  const all = new Set<ChildProcess>();
  const idle: ChildProcess[] = [];
  const env = cache === undefined ? {} : { XDG_CACHE_HOME: cache };
  const start = (): ChildProcess => {
    const runner = fork(RUNNER, [what, file], { env, execArgv: [] });
    all.add(runner);
    // Without a listener it would end the tests; whoever waits for an answer learns it by the exit.
    return runner.on("error", () => undefined).once("exit", () => all.delete(runner));
  };
  const take = (): ChildProcess => {
    let runner = idle.pop();
    // One that was killed as it became idle.
    while (runner && !runner.connected) runner = idle.pop();
    return runner ?? start();
  };
  const server = createServer((socket) => void serve(socket, take, (runner) => idle.push(runner)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const runner of all) runner.kill("SIGKILL");
    },
  };
}

/** One command line, which the client says as JSON, or by the number of the process that was started with it. */
async function serve(
  socket: Socket,
  take: () => ChildProcess,
  giveBack: (runner: ChildProcess) => void,
): Promise<void> {
  socket.on("error", () => undefined);
  const said = await firstLine(socket);
  const line = await (
    said.startsWith("{") ? Promise.resolve(JSON.parse(said) as CommandLine) : commandLineOf(said)
  ).catch(() => undefined);
  if (line === undefined || socket.destroyed) return void socket.destroy();
  const runner = take();
  // A client that goes away was killed.
  const kill = (): boolean => runner.kill("SIGKILL");
  const giveUp = (): Socket => socket.destroy();
  socket.once("close", kill);
  runner.once("exit", giveUp);
  runner.on("message", (message: Message) => {
    if ("name" in message) {
      socket.write(`${message.name} ${escaped(Buffer.from(message.text, "base64"))}\n`);
      return;
    }
    socket.off("close", kill);
    runner.off("exit", giveUp).removeAllListeners("message");
    if (!runner.killed) giveBack(runner);
    socket.end(`exit ${message.code}\n`);
  });
  runner.send(line);
}

/** Empty where the client is gone before. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      const end = text.indexOf("\n");
      if (end !== -1) resolve(text.slice(0, end));
    });
    socket.once("close", () => resolve(""));
  });
}

/** What a process was started with, as the kernel has it. */
async function commandLineOf(pid: string): Promise<CommandLine> {
  const [args, env] = await Promise.all(
    ["cmdline", "environ"].map(async (name) =>
      (await readFile(`/proc/${pid}/${name}`, "utf8")).split("\0").slice(0, -1),
    ),
  );
  return {
    // Behind bash and the file.
    args: args?.slice(2) ?? [],
    env: Object.fromEntries((env ?? []).map((line) => line.split(/=(.*)/s).slice(0, 2))),
    folder: await readlink(`/proc/${pid}/cwd`),
  };
}

/** On one line; `printf %b` makes the bytes of it. */
const escaped = (bytes: Buffer): string =>
  bytes
    .toString("latin1")
    .replaceAll(/[^!-[\]-~]/g, (char) => `\\0${char.charCodeAt(0).toString(8).padStart(3, "0")}`);

const unescaped = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll(/\\0([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
    "latin1",
  );

/** If it is killed, so is the process behind it; SIGTERM and SIGINT end it as they end phala. */
const client = (port: number): string => `#!/bin/bash
trap 'exit 0' TERM INT
exec 3<>/dev/tcp/127.0.0.1/${port} || exit 70
echo $$ >&3
while IFS=' ' read -r what text <&3; do
  case $what in
    stdout) printf %b "$text" ;;
    stderr) printf %b "$text" >&2 ;;
    exit) exit "$text" ;;
  esac
done
exit 70
`;

/** Makes the file that is started in the place of what the server has loaded. */
export async function makeWarmFile(file: string, { port }: WarmServer): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, client(port), { mode: 0o755 });
}

export type WarmRun = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** One command line, to its end. Several at once get a process each. */
export async function runWarm(port: number, line: CommandLine): Promise<WarmRun> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${JSON.stringify(line)}\n`);
  const output: Record<string, Buffer[]> = { stdout: [], stderr: [] };
  for await (const said of createInterface(socket)) {
    const [what = "", text = ""] = said.split(" ");
    if (what !== "exit") {
      output[what]?.push(unescaped(text));
      continue;
    }
    // Without the last line's end, as from a process of its own.
    const [stdout = "", stderr = ""] = Object.values(output).map((chunks) =>
      Buffer.concat(chunks).toString("utf8").replace(/\n$/, ""),
    );
    return { exitCode: Number(text), stdout, stderr };
  }
  throw new Error("the program ended its process: such a test needs a process of its own");
}
