import { defineConfig } from "vitest/config";

/** The unit tests alone, without the built program: for a quick look, and for the mutation tests. */
export default defineConfig({
  test: {
    update: "none",
    include: ["test/unit/**/*.test.ts"],
    testTimeout: 60_000,
    isolate: false,
    maxWorkers: 2,
  },
});
