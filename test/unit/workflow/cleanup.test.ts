/** The time that cleaning up has. */
import { expect, test } from "vitest";
import { CLEANUP_BUDGET_MS, cleanupSignals } from "../../../src/workflow/cleanup.ts";

/** Deadlines on a clock that the test moves. */
function deadlines() {
  let now = 0;
  const open: { readonly at: number; readonly controller: AbortController }[] = [];
  return {
    deadline(ms: number): AbortSignal {
      const controller = new AbortController();
      open.push({ at: now + ms, controller });
      return controller.signal;
    },
    pass(ms: number): void {
      now += ms;
      for (const { at, controller } of open) if (at <= now) controller.abort();
    },
  };
}

test("an operator waits half a minute at most", () => {
  expect(CLEANUP_BUDGET_MS).toBe(30_000);
});

test("while nobody has interrupted, each piece of work has its own limit", () => {
  const { deadline, pass } = deadlines();
  const cleanup = cleanupSignals(new AbortController().signal, deadline, 5_000);
  const [short, long] = [cleanup.signal(10_000), cleanup.signal(60_000)];
  pass(10_000);
  expect([short.aborted, long.aborted]).toEqual([true, false]);
});

test("after an interruption all of it together has one budget, also what begins later", () => {
  const { deadline, pass } = deadlines();
  const run = new AbortController();
  const cleanup = cleanupSignals(run.signal, deadline, 500);
  const before = cleanup.signal(60_000);
  pass(10_000);
  run.abort(new Error("Ctrl-C"));
  pass(499);
  const during = cleanup.signal(60_000);
  expect([before.aborted, during.aborted]).toEqual([false, false]);
  pass(1);
  const after = cleanup.signal(60_000);
  for (const signal of [before, during, after]) {
    expect(signal.reason).toEqual(new Error("cleaning up took longer than 0.5s"));
  }
});

test("a run that was interrupted before counts from now", () => {
  const { deadline, pass } = deadlines();
  const cleanup = cleanupSignals(AbortSignal.abort(new Error("Ctrl-C")), deadline, 200);
  const signal = cleanup.signal(60_000);
  pass(199);
  expect(signal.aborted).toBe(false);
  pass(1);
  expect(signal.aborted).toBe(true);
});
