/**
 * The program with its clock running faster: its timers, deadlines and monotonic time, as its own code sees them. For
 * runs that do nothing but wait until their limits end; what they wait for answers as fast as ever, or never.
 */

/** So many seconds of the program pass in one. */
export const HURRY = 4;

// From the project's root, because the chaos suite is bundled into another folder of the same depth.
const PRELOAD = new URL("../../test/helpers/hurry.js", import.meta.url);

/**
 * The environment of such a run, in a process of its own or not. With a file only while that is there: what has to be
 * done in time is over before. A timer goes by the moment at which it begins.
 */
export const hurried = (by: number, whileThere?: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${PRELOAD.href}`,
  TEST_HURRY: String(by),
  ...(whileThere !== undefined && { TEST_HURRY_WHILE: whileThere }),
});

export const HURRIED = hurried(HURRY);
