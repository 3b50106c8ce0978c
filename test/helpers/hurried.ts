/**
 * The program with its clock running faster: its timers, deadlines and monotonic time, as its own code sees them. For
 * runs that do nothing but wait until their limits end; what they wait for answers as fast as ever, or never.
 */

/** So many seconds of the program pass in one. */
export const HURRY = 4;

const PRELOAD = `
  import timers from "node:timers/promises";
  const { setTimeout: start } = globalThis;
  globalThis.setTimeout = (run, ms, ...more) => start(run, ms / ${HURRY}, ...more);
  const { setTimeout: sleep } = timers;
  timers.setTimeout = (ms, ...more) => sleep(ms / ${HURRY}, ...more);
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout(Math.ceil(ms / ${HURRY}));
  const now = performance.now.bind(performance);
  performance.now = () => now() * ${HURRY};
`;

/** For a process of its own. */
export const HURRIED = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PRELOAD)}`,
} as const;
