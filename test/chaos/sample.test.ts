/** A sample of the chaos suite, drawn by lot and the same at every run; `npm run chaos` tries every point. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FAULTS, faultsAt, PLATFORM_FAULTS, POINTS } from "./faults.ts";
import { sample } from "./plan.ts";
import { SCENARIOS } from "./scenarios.ts";
import { runTrial, type Trial } from "./trial.ts";

const SEED = Number(process.env["CHAOS_SEED"] ?? "1");
/** Of each command. */
const TRIALS = Number(process.env["CHAOS_TRIALS"] ?? "1");

/** Points that every run comes to, however many polls it takes. */
const SURE_POINTS: Readonly<Record<string, Readonly<Record<(typeof POINTS)[number], number>>>> = {
  init: { request: 28, "phala-request": 9, start: 6 },
  "rotate-hash": { request: 26, "phala-request": 7, start: 5 },
  "rotate-hash-push": { request: 24, "phala-request": 5, start: 4 },
  destroy: { request: 11, "phala-request": 4, start: 3 },
};

function trialsOf(command: string): Trial[] {
  return POINTS.flatMap((at) =>
    Array.from({ length: SURE_POINTS[command]?.[at] ?? 0 }, (_, index) => index + 1).flatMap(
      (point) => faultsAt(at).map((fault) => ({ command, fault, at, point })),
    ),
  );
}

const OF_RUNS: readonly Trial[] = SCENARIOS.flatMap(({ name: command }) =>
  PLATFORM_FAULTS.map((fault) => ({ command, fault, at: "run", point: 1 })),
);

const SAMPLE = [
  ...SCENARIOS.flatMap(({ name }, index) => sample(trialsOf(name), TRIALS, SEED + index)),
  ...sample(OF_RUNS, TRIALS, SEED),
];

test.concurrent.each(SAMPLE)(
  "$command: $fault at $at $point",
  { timeout: 300_000 },
  async (trial) => {
    const report = await runTrial(trial);
    expect(report.struck, "the fault struck").not.toBeNull();
    expect(report.broken, report.output?.join("\n")).toEqual([]);
  },
);

test("the document explains every fault, in the same words and order", async () => {
  const text = await readFile(new URL("../../docs/reliability.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([\w-]+)` +\| (.*?) +\|$/gm)].map(([, name, meaning]) => [
    name,
    meaning,
  ]);
  expect(rows).toEqual(FAULTS.map((fault) => [...fault]));
});
