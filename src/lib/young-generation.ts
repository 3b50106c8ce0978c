import { setFlagsFromString } from "node:v8";

/** V8's default. */
const GROWTH = 2;

let isKeptSmall = false;

/**
 * Stops V8 from doubling the space for new objects, which it does up to 32 MB before it collects garbage. If much is read
 * and little is kept, this saves memory and costs no time.
 */
export function keepYoungGenerationSmall(): void {
  if (isKeptSmall) return;
  isKeptSmall = true;
  setFlagsFromString("--semi-space-growth-factor=1");
  // V8 rejects cached code that was compiled under other flags, and the next start has the default ones.
  process.prependOnceListener("exit", () => {
    setFlagsFromString(`--semi-space-growth-factor=${GROWTH}`);
  });
}
