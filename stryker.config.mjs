// Mutation tests: does a test fail when the code is wrong? `npm run mutate`, or of one module:
// `npm run mutate -- --mutate 'src/state/**'`. The unit tests alone; the report is in reports/mutation.
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.config.ts" },
  plugins: ["@stryker-mutator/vitest-runner"],
  mutate: [
    "src/approval/**/*.ts",
    "src/registry/**/*.ts",
    "src/runners/**/*.ts",
    "src/app-compose/**/*.ts",
    "src/workflow/mutations*.ts",
    "src/state/**/*.ts",
    "src/core/redact*.ts",
    "src/orchestrator/*edit*.ts",
    "src/platform/net/*retry*.ts",
  ],
  coverageAnalysis: "perTest",
  // A mutant of a literal in a message or a constant table is worth no run.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 15_000,
  reporters: ["clear-text", "progress-append-only", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "reports/mutation/mutation.json" },
  thresholds: { high: 95, low: 90, break: 90 },
  // TypeScript 7 has no programming interface for Stryker to rewrite this file with; Vitest needs it not.
  tsconfigFile: "no-tsconfig.json",
  tempDirName: ".stryker-tmp",
  ignorePatterns: ["dist", "docs", "examples", "reports", ".stryker-tmp"],
};
