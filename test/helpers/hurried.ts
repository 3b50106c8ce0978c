/**
 * The program with its clock running faster: its timers, deadlines and monotonic time, as its own code sees them. For
 * runs that do nothing but wait until their limits end; what they wait for answers as fast as ever, or never.
 */

/** So many seconds of the program pass in one. */
export const HURRY = 4;

/**
 * For a process of its own. With a file only while that is there: what has to answer in time meanwhile is what the
 * test decides. A timer goes by the moment at which it begins.
 */
export function hurried(by: number, whileThere?: string): { readonly NODE_OPTIONS: string } {
  const rate =
    whileThere === undefined ? by : `existsSync(${JSON.stringify(whileThere)}) ? ${by} : 1`;
  const preload = `
    import { existsSync } from "node:fs";
    import timers from "node:timers/promises";
    const rate = () => ${rate};
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
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
}

export const HURRIED = hurried(HURRY);
