/**
 * The built program, or the joined `phala`, in a process that stays: loads it once and runs one command line after the
 * other, each with its own environment, folder and streams. Started by warm.ts.
 */
import { Console } from "node:console";
import { createRequire } from "node:module";
import { Writable } from "node:stream";

// Before the program takes its clock.
await import("./hurry.js");

const OUTSIDE = process.cwd();
const leave = process.exit.bind(process);
// Nobody is there to run anything for.
process.once("disconnect", () => leave(0));
const [what, file] = process.argv.slice(2);

/** Each runs a command line that the process is dressed for. @returns its exit code. */
const LOAD = {
  async program() {
    // With the code that an `init` of its own has left in the cache: nearly all of the program.
    const load = createRequire(file);
    const { loadProgram } = load("./load.cjs");
    const { main } = loadProgram(file, "init", process.env, load);
    return async ({ args }) => {
      // Called by its name, as hints then say it.
      await main([process.execPath, "tee-cluster", ...args]);
      // Each run sets its own guard against crashes: it is no part of the next one.
      process.removeAllListeners("uncaughtException");
      return process.exitCode ?? 0;
    };
  },

  async phala() {
    let start;
    globalThis.startPhala = (main) => (start = main);
    await import(file);
    let finish;
    process.exit = (code) => {
      isOver = true;
      finish?.(Number(code ?? process.exitCode ?? 0));
      // Nothing behind an exit is gone through.
      throw new Error("the run has ended");
    };
    // What still rejects or throws then is no part of the next run.
    process.on("unhandledRejection", () => undefined);
    process.on("uncaughtException", () => finish?.(1));
    return async () => {
      const code = await new Promise((resolve) => {
        finish = resolve;
        start();
      });
      for (const name of ["SIGINT", "SIGTERM"]) process.removeAllListeners(name);
      return code;
    };
  },
};

/** The run has asked for its end: what it still prints, a process that ends would not. */
let isOver = false;

function stream(name) {
  const sending = new Writable({
    write(chunk, _encoding, done) {
      process.send({ name, text: Buffer.from(chunk).toString("base64") }, done);
    },
  });
  const write = sending.write.bind(sending);
  sending.write = (...given) => isOver || write(...given);
  return sending;
}

function dress({ args, env, folder }) {
  isOver = false;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(folder);
  process.argv = [process.execPath, file, ...args];
  process.exitCode = undefined;
  const streams = [stream("stdout"), stream("stderr")];
  const [stdout, stderr] = streams;
  Object.defineProperty(process, "stdout", { value: stdout, configurable: true });
  Object.defineProperty(process, "stderr", { value: stderr, configurable: true });
  globalThis.console = new Console(stdout, stderr);
  return streams;
}

const run = await LOAD[what]();

async function answer(line) {
  const streams = dress(line);
  const code = await run(line);
  await Promise.all(streams.map((one) => new Promise((done) => one.end(done))));
  process.chdir(OUTSIDE);
  process.send({ code });
}

process.on("message", (line) => void answer(line));
