/** The time that cleaning up has. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/platform/clock.ts";
import { CLEANUP_BUDGET_MS, cleanupSignals } from "../../../src/workflow/cleanup.ts";

test("an operator waits half a minute at most", () => {
  expect(CLEANUP_BUDGET_MS).toBe(30_000);
});

test("while nobody has interrupted, each piece of work has its own limit", async () => {
  const cleanup = cleanupSignals(new AbortController().signal, systemClock.deadline, 5);
  const [short, long] = [cleanup.signal(10), cleanup.signal(60_000)];
  await delay(60);
  expect([short.aborted, long.aborted]).toEqual([true, false]);
});

test("after an interruption all of it together has one budget, also what begins later", async () => {
  const run = new AbortController();
  const cleanup = cleanupSignals(run.signal, systemClock.deadline, 500);
  const before = cleanup.signal(60_000);
  run.abort(new Error("Ctrl-C"));
  await delay(50);
  const during = cleanup.signal(60_000);
  expect([before.aborted, during.aborted]).toEqual([false, false]);
  await delay(700);
  const after = cleanup.signal(60_000);
  for (const signal of [before, during, after]) {
    expect(signal.reason).toEqual(new Error("cleaning up took longer than 0.5s"));
  }
});

test("a run that was interrupted before counts from now", async () => {
  const cleanup = cleanupSignals(AbortSignal.abort(new Error("Ctrl-C")), systemClock.deadline, 200);
  const signal = cleanup.signal(60_000);
  expect(signal.aborted).toBe(false);
  await delay(400);
  expect(signal.aborted).toBe(true);
});
