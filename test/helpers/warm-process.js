/**
 * The built program in a process that stays: loads it once and runs one command line after the other, each with its
 * own environment, folder and streams. Started by warm-program.ts.
 */
import { Writable } from "node:stream";
import { main } from "../../dist/main.js";

const HOME = process.cwd();

function collector() {
  const chunks = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  // Without the last line's end, as from a process of its own.
  return { stream, text: () => Buffer.concat(chunks).toString("utf8").replace(/\n$/, "") };
}

/** What the program asks `process` for. */
function dress({ env, folder }, stdout, stderr) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(folder);
  process.exitCode = undefined;
  Object.defineProperty(process, "stdout", { value: stdout.stream, configurable: true });
  Object.defineProperty(process, "stderr", { value: stderr.stream, configurable: true });
}

async function run(request) {
  const [stdout, stderr] = [collector(), collector()];
  dress(request, stdout, stderr);
  await main([process.execPath, "tee-cluster", ...request.args]);
  // Each run sets its own guard against crashes: it is no part of the next one.
  process.removeAllListeners("uncaughtException");
  process.chdir(HOME);
  process.send({ exitCode: process.exitCode ?? 0, stdout: stdout.text(), stderr: stderr.text() });
}

process.on("message", run);
