/** A sample of the chaos suite, drawn by lot and the same at every run; `npm run chaos` tries every point. */
import { expect, test } from "vitest";
import { faultsAt, POINT_KINDS } from "./faults.ts";
import { sample } from "./plan.ts";
import { runTrial, type Trial } from "./trial.ts";

const SEED = Number(process.env["CHAOS_SEED"] ?? "1");
const TRIALS = Number(process.env["CHAOS_TRIALS"] ?? "6");

/** Points that every run comes to. */
const SURE_POINTS = {
  init: { request: 28, "phala-request": 9, start: 6 },
} as const;

const ALL: readonly Trial[] = Object.entries(SURE_POINTS).flatMap(([command, points]) =>
  POINT_KINDS.flatMap((at) =>
    Array.from({ length: points[at] }, (_, index) => index + 1).flatMap((point) =>
      faultsAt(at).map((fault) => ({ command, fault, at, point })),
    ),
  ),
);

test.concurrent.each(sample(ALL, TRIALS, SEED))(
  "$command: $fault at $at $point",
  { timeout: 300_000 },
  async (trial) => {
    const report = await runTrial(trial);
    expect(report.struck, "the fault struck").not.toBeNull();
    expect(report.broken, report.output?.join("\n")).toEqual([]);
  },
);
