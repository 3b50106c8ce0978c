/**
 * Loaded into a process of the program, before it: its timers, deadlines and monotonic time, as its own code sees them,
 * run as fast as the environment says. See hurried.ts.
 */
import { existsSync } from "node:fs";
import timers from "node:timers/promises";

function rate() {
  const { TEST_HURRY: by, TEST_HURRY_WHILE: file } = process.env;
  return by !== undefined && (file === undefined || existsSync(file)) ? Number(by) : 1;
}

const { setTimeout: start } = globalThis;
globalThis.setTimeout = (run, ms, ...more) => start(run, ms / rate(), ...more);
const { setTimeout: sleep } = timers;
timers.setTimeout = (ms, ...more) => sleep(ms / rate(), ...more);
const { timeout } = AbortSignal;
AbortSignal.timeout = (ms) => timeout(Math.ceil(ms / rate()));

const uptime = process.uptime.bind(process);
let last = uptime();
let passed = last;
process.uptime = () => {
  const now = uptime();
  passed += (now - last) * rate();
  last = now;
  return passed;
};
