/** Vitest for one worker of the mutation tests: the instrumented sources in place of the real ones, every test in one thread. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitest/config";

const ROOT = path.resolve(import.meta.dirname, "../..");
const { sources } = JSON.parse(readFileSync(process.env["MUTATION_SOURCES"], "utf8"));

/** Of a property's cases the first find nearly every mutant, and each survivor pays for all of them. */
const CASES = 15;

const instrumented = {
  name: "instrumented",
  enforce: "pre",
  load: (id) => sources[path.relative(ROOT, id)],
  transform: (code, id) =>
    id.endsWith(".test.ts")
      ? code.replaceAll(/numRuns: (\d+)/g, (_, runs) => `numRuns: ${Math.min(runs, CASES)}`)
      : undefined,
};

export default defineConfig({
  root: ROOT,
  plugins: [instrumented],
  test: {
    include: ["test/unit/**/*.test.ts"],
    runner: path.join(import.meta.dirname, "runner.js"),
    reporters: [["default", { summary: false }]],
    update: "none",
    // A mutant may leave a promise behind that fails.
    dangerouslyIgnoreUnhandledErrors: true,
    pool: "threads",
    isolate: false,
    maxWorkers: 1,
    fileParallelism: false,
    // Coverage is counted for one test at a time.
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 5000 } },
  },
});
