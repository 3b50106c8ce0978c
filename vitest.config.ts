import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { LongestFirst } from "./test/helpers/longest-first.ts";

/** `vitest run --project unit` runs one of them; a path or a name runs what it stands for, wherever that is. */
const project = (
  name: string,
  folders: string,
  test: TestProjectInlineConfiguration["test"] = {},
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [`test/${folders}/**/*.test.ts`], ...test },
});

const projects = [
  // Threads start faster than processes. No unit test changes what a process has only one of, as its working directory.
  project("unit", "unit", { pool: "threads" }),
  project("simulation", "simulation"),
  // These run the built program or the real `phala`. One project, because each loads all sources in workers of its own.
  project("program", "{integration,e2e,chaos}", { globalSetup: "test/helpers/global-setup.ts" }),
];

export default defineConfig({
  test: {
    projects,
    // A generated file or snapshot that is missing fails, also without CI; --update writes it.
    update: "none",
    // Nothing is waited for by the clock but what hangs: a busy machine is no failure.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000 } },
    // No file leaves anything behind in its process, and loading everything anew for each takes a fifth of the time.
    isolate: false,
    // Some tests mostly wait, for child processes and for polls; two cores carry a few more files than two.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
  },
});
