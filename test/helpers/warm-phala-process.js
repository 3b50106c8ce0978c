/**
 * The joined `phala` in a process that stays: loads it once and runs one command line after the other, each with its
 * own environment, folder and streams. Started by warm-phala.ts.
 */
import { Console } from "node:console";
import { Writable } from "node:stream";

const OUTSIDE = process.cwd();
/** What one run of the program, with its end included, goes through. */
let start;
/** Told to those that wait for a run's end: its code. */
let finish = () => undefined;

globalThis.startPhala = (main) => (start = main);
await import(process.argv[2]);
process.exit = (code) => {
  finish(Number(code ?? process.exitCode ?? 0));
  // Nothing behind an exit is gone through.
  throw new Error("the run has ended");
};
// What still rejects or throws then is no part of the next run.
process.on("unhandledRejection", () => undefined);
process.on("uncaughtException", () => finish(1));

function stream(name) {
  return new Writable({
    write(chunk, _encoding, done) {
      process.send({ name, text: Buffer.from(chunk).toString("base64") }, done);
    },
  });
}

function dress({ args, env, folder }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(folder);
  process.argv = [process.execPath, process.argv[1], ...args];
  process.exitCode = undefined;
  const [stdout, stderr] = [stream("stdout"), stream("stderr")];
  Object.defineProperty(process, "stdout", { value: stdout, configurable: true });
  Object.defineProperty(process, "stderr", { value: stderr, configurable: true });
  globalThis.console = new Console(stdout, stderr);
  return [stdout, stderr];
}

process.on("message", async (line) => {
  const streams = dress(line);
  const code = await new Promise((resolve) => {
    finish = resolve;
    start();
  });
  await Promise.all(streams.map((one) => new Promise((done) => one.end(done))));
  for (const name of ["SIGINT", "SIGTERM"]) process.removeAllListeners(name);
  process.chdir(OUTSIDE);
  process.send({ code });
});
