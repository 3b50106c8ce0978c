/** From the history of a seed that breaks a promise to the shortest one that fast-check finds in so many tries. */
import * as fc from "fast-check";
import { history, historyOf, parametersOf } from "./generate.ts";
import type { History } from "./history.ts";

/** @param breaks whether a history breaks a promise. @param most how many are tried. */
export async function shrink(
  seed: number,
  breaks: (history: History) => Promise<boolean>,
  most = 300,
): Promise<History> {
  let tries = 0;
  const property = fc.asyncProperty(history, async (tried) => {
    tries += 1;
    // What is not tried any more passes, and so the shrinking ends.
    return tries > most || !(await breaks(tried));
  });
  const { counterexample } = await fc.check(property, parametersOf(seed));
  return counterexample?.[0] ?? historyOf(seed);
}
