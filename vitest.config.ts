import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/{unit,integration,e2e,chaos,simulation}/**/*.test.ts"],
    globalSetup: "test/helpers/global-setup.ts",
    // A generated file or snapshot that is missing fails, also without CI; --update writes it.
    update: "none",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // No file leaves anything behind in its process, and loading everything anew for each takes a fifth of the time.
    isolate: false,
    // Most of a test's time is spent waiting for child processes; two cores carry a few more files than two.
    maxWorkers: 3,
  },
});
