/** Sources with every mutant in them, each behind a switch: Stryker's instrumenter, without its runner. */
import { readFileSync } from "node:fs";
import { Instrumenter } from "@stryker-mutator/instrumenter";

const silent = () => {};
const LOGGER = { isDebugEnabled: () => false, debug: silent, info: silent, warn: console.warn };

/** Counting costs several times what the code itself does; it is needed once. */
const COUNTS = "function cover() {";
const countsWhenAsked = (source) => {
  if (source.includes("stryCov") && !source.includes(COUNTS))
    throw new Error("Stryker counts in another way than it did");
  return source.replace(COUNTS, `${COUNTS} if (!ns.counts) return;`);
};

const OPTIONS = { plugins: null, ignorers: [], excludedMutations: [] };

/**
 * @param paths relative to the working directory
 * @returns the sources by path, and the mutants: `{id, fileName, location, mutatorName, replacement}`, lines from 0
 */
export async function instrument(paths) {
  const files = paths.map((name) => ({ name, mutate: true, content: readFileSync(name, "utf8") }));
  const { files: instrumented, mutants } = await new Instrumenter(LOGGER).instrument(
    files,
    OPTIONS,
  );
  return {
    sources: Object.fromEntries(
      instrumented.map(({ name, content }) => [name, countsWhenAsked(content)]),
    ),
    mutants,
  };
}
