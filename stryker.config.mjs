// Mutation tests: does a test fail when the code is wrong? `npm run mutate`, or of one module:
// `npm run mutate -- --mutate 'src/state/**'`. The unit tests alone; the report is in reports/mutation.
import { modules } from "./scripts/mutated-modules.js";

export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.config.ts" },
  plugins: ["@stryker-mutator/vitest-runner"],
  mutate: modules.flatMap(({ files }) => files),
  coverageAnalysis: "perTest",
  // A mutant of a literal in a message or a constant table is worth no run.
  ignoreStatic: true,
  concurrency: 2,
  // All the unit tests once, instrumented; on a machine with other work they take longer than the default allows.
  dryRunTimeoutMinutes: 30,
  timeoutMS: 15_000,
  reporters: ["clear-text", "progress-append-only", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "reports/mutation/mutation.json" },
  // The goal is one of each module: scripts/mutation-score.js holds them to it.
  thresholds: { high: 95, low: 90, break: null },
  // TypeScript 7 has no programming interface for Stryker to rewrite this file with; Vitest needs it not.
  tsconfigFile: "no-tsconfig.json",
  tempDirName: ".stryker-tmp",
  ignorePatterns: ["dist", "docs", "examples", "reports", ".stryker-tmp"],
};
