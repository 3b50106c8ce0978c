/** A sample of the chaos suite, the same at every run; `npm run chaos` tries every point. */
import { expect, test } from "vitest";
import { runTrial, type Trial } from "./harness.ts";

const SAMPLE: readonly Trial[] = (process.env["CHAOS_SAMPLE"] ?? "kill:21,SIGINT:24,reset-after:14,html:30")
  .split(",")
  .map((entry) => {
    const [fault, point] = entry.split(":");
    return { fault, point: Number(point) } as Trial;
  });

test.concurrent.each(SAMPLE)("$fault at request $point", { timeout: 180_000 }, async (trial) => {
  const report = await runTrial(trial);
  expect(report.struck).toBe(true);
  expect(report.broken).toEqual([]);
});
