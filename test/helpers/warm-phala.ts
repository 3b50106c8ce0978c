/**
 * Runs of the real `phala` in processes that have loaded it already: loading takes far more CPU than most of its
 * commands do, and the tests start it many hundred times. Whoever starts the file that `serveWarmPhala` makes gets
 * a process, with its arguments, environment, folder, streams and end; the work is done by one that stays. For runs
 * whose decisions matter: where processes, signals or streams do, the CLI has a process of its own (PHALA_BIN).
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, readlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { JOINED_PHALA, PHALA_PACKAGE } from "./phala-bin.ts";

const RUNNER = fileURLToPath(new URL("warm-phala-process.js", import.meta.url));

/**
 * Says who it is, then does what it is told: `stdout TEXT`, `stderr TEXT`, `exit CODE`. If it is killed, so is the
 * process behind it; SIGTERM and SIGINT end it as they end phala.
 */
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

type Message =
  | { readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly code: number };

export type WarmPhala = {
  /** To be started in the place of `phala`. */
  readonly bin: string;
  close(): void;
};

/** @param folder of its own, for the file that is started and the package's manifest, in which its version is read. */
export async function serveWarmPhala(folder: string): Promise<WarmPhala> {
  const runners = new Runners();
  const server = createServer((socket) => void serve(socket, runners));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bin = path.join(folder, "dist", "index.js");
  await mkdir(path.dirname(bin), { recursive: true });
  await copyFile(path.join(PHALA_PACKAGE, "package.json"), path.join(folder, "package.json"));
  await writeFile(bin, client((server.address() as AddressInfo).port), { mode: 0o755 });
  return {
    bin,
    close() {
      server.close();
      runners.close();
    },
  };
}

async function serve(socket: Socket, runners: Runners): Promise<void> {
  socket.on("error", () => undefined);
  const [line] = (await once(createInterface(socket), "line").catch(() => [])) as [string?];
  if (line === undefined) return;
  const command = await commandOf(line).catch(() => undefined);
  if (command === undefined) return void socket.destroy();
  const runner = runners.take();
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
    runners.giveBack(runner);
    socket.end(`exit ${message.code}\n`);
  });
  runner.send(command);
}

/** What a process was started with, as the kernel has it. */
async function commandOf(pid: string) {
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

/** For `printf %b`, on one line. */
const escaped = (bytes: Buffer): string =>
  bytes
    .toString("latin1")
    .replaceAll(/[^!-[\]-~]/g, (char) => `\\0${char.charCodeAt(0).toString(8).padStart(3, "0")}`);

class Runners {
  #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();

  take(): ChildProcess {
    const runner = this.#idle.pop() ?? fork(RUNNER, [JOINED_PHALA], { env: {}, execArgv: [] });
    this.#all.add(runner);
    return runner;
  }

  giveBack(runner: ChildProcess): void {
    this.#idle.push(runner);
  }

  close(): void {
    for (const runner of this.#all) runner.kill("SIGKILL");
  }
}
