import { expect, test } from "vitest";
import { Stopwatch } from "../../../src/core/stopwatch.ts";
import { deferred } from "../../../src/lib/deferred.ts";

/** A stopwatch with a clock that the test sets. */
function watch(startedAt = 0) {
  const clock = { now: startedAt };
  const stopwatch = new Stopwatch(() => clock.now, startedAt);
  const at = (ms: number): void => void (clock.now = ms);
  return { stopwatch, at };
}

const PARTS = ["ours_ms", "phala_ms", "api_ms", "cloud_ms", "operator_ms", "lock_ms"] as const;

test("what nothing was waited for is ours, from the start of the program", () => {
  const { stopwatch, at } = watch(100);
  at(350);
  expect(stopwatch.report()).toMatchObject({ total_ms: 250, ours_ms: 250, phala_ms: 0 });
});

test("a request that phala makes is the API's, and counts once", async () => {
  const { stopwatch, at } = watch();
  const [child, request] = [deferred<void>(), deferred<void>()];
  const running = stopwatch.measure("phala", () => child.promise);
  at(700);
  const sent = stopwatch.measure("api", () => request.promise);
  at(900);
  request.resolve();
  await sent;
  at(1000);
  child.resolve();
  await running;
  at(1010);
  expect(stopwatch.report()).toMatchObject({
    total_ms: 1010,
    phala_ms: 800,
    api_ms: 200,
    ours_ms: 10,
    phala_starts: 1,
    api_requests: 1,
  });
});

test("requests side by side take the time once", async () => {
  const { stopwatch, at } = watch();
  const [one, other] = [deferred<void>(), deferred<void>()];
  const both = [one, other].map(({ promise }) => stopwatch.measure("api", () => promise));
  at(50);
  one.resolve();
  await both[0];
  at(80);
  other.resolve();
  await both[1];
  at(100);
  expect(stopwatch.report()).toMatchObject({ api_ms: 80, ours_ms: 20, api_requests: 2 });
});

test("of what happens at once the first part counts: an answer, a lock, the API, the cloud, phala", async () => {
  const { stopwatch, at } = watch();
  const ends = ["phala", "cloud", "api", "lock", "operator"].map((part, index) => {
    at(index * 10);
    const end = deferred<void>();
    return { end, done: stopwatch.measure(part as "phala", () => end.promise) };
  });
  at(50);
  for (const { end } of ends) end.resolve();
  await Promise.all(ends.map(({ done }) => done));
  const ms = { phala_ms: 10, cloud_ms: 10, api_ms: 10, lock_ms: 10, operator_ms: 10, ours_ms: 0 };
  expect(stopwatch.report()).toMatchObject({ total_ms: 50, ...ms });
});

test("what fails has taken its time, too", async () => {
  const { stopwatch, at } = watch();
  const failing = stopwatch.measure("api", async () => {
    at(30);
    throw new Error("no answer");
  });
  await expect(failing).rejects.toThrow("no answer");
  at(40);
  expect(stopwatch.report()).toMatchObject({ api_ms: 30, ours_ms: 10 });
});

test("each step has its own, and the rest is outside; all add up in whole ms", async () => {
  const { stopwatch, at } = watch();
  at(10.4);
  stopwatch.observe({ type: "step-started", step: "deploy-registry" });
  await stopwatch.measure("phala", async () => at(20.8));
  stopwatch.observe({ type: "step-failed", step: "deploy-registry", durationMs: 10, message: "" });
  at(31.2);
  const report = stopwatch.report();
  expect(report.steps.map(({ id, total_ms }) => [id, total_ms])).toEqual([
    [null, 21],
    ["deploy-registry", 10],
  ]);
  expect(report.total_ms).toBe(report.steps.reduce((sum, { total_ms }) => sum + total_ms, 0));
  for (const row of [report, ...report.steps])
    expect(PARTS.reduce((sum, part) => sum + row[part], 0)).toBe(row.total_ms);
});

test("what this process stands still for counts, but is no start; a request under way comes first", async () => {
  const { stopwatch, at } = watch();
  expect(stopwatch.block("phala", () => (at(40), "child"))).toBe("child");
  at(50);
  const request = deferred<void>();
  const sent = stopwatch.measure("api", () => request.promise);
  expect(() =>
    stopwatch.block("phala", () => {
      at(80);
      throw new Error("EAGAIN");
    }),
  ).toThrow("EAGAIN");
  request.resolve();
  await sent;
  at(90);
  expect(stopwatch.report()).toMatchObject({
    total_ms: 90,
    phala_ms: 40,
    api_ms: 30,
    ours_ms: 20,
    phala_starts: 0,
  });
});
