/** Waiting, on a clock that the test moves. */
import { expect, test } from "vitest";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import {
  notKnownYet,
  pollTimes,
  waitUntil,
  type PollResult,
  type Wait,
  type WaitDeps,
} from "../../../src/workflow/wait.ts";
import type { Clock } from "../../../src/core/ports.ts";

test("an API that does not answer is asked again, one that refuses the key is not", () => {
  expect(notKnownYet({ kind: "unknown", reason: "HTTP 502" })).toEqual({
    kind: "not-yet",
    seen: "HTTP 502",
  });
  const refusal = new ClusterError("prerequisite", "api-key-refused", {
    message: "HTTP 401",
  });
  expect(() => notKnownYet({ kind: "unknown", reason: "HTTP 401", refusal })).toThrow(refusal);
});

const signal = new AbortController().signal;
const notYet = (seen: string): PollResult<never> => ({ kind: "not-yet", seen });

/** Time passes only by sleeping; `oversleep` is what the machine's own sleep adds to one of them. */
class TestClock implements Clock {
  at = 0;
  wall = 1_000_000;
  readonly slept: number[] = [];
  readonly #oversleep: number;

  constructor(oversleep = 0) {
    this.#oversleep = oversleep;
  }

  now = (): number => this.wall;
  monotonic = (): number => this.at;
  deadline: Clock["deadline"] = () => new AbortController().signal;
  sleep = async (ms: number, until: AbortSignal): Promise<void> => {
    until.throwIfAborted();
    this.slept.push(ms);
    this.at += ms + this.#oversleep;
  };
}

function options(
  clock: Clock,
  look: Wait<string>["look"],
  more: Partial<WaitDeps> = {},
): [WaitDeps, Wait<string>] {
  const limits = { timeoutMs: 10_000, pollIntervalMs: 4000 };
  return [
    { clock, signal, ...limits, ...more },
    { what: "rain", hint: "look up", look },
  ];
}

test("the last pause is cut to what is left, and a last look follows it", async () => {
  const clock = new TestClock();
  const looks: number[] = [];
  const waiting = waitUntil(
    ...options(clock, async () => {
      looks.push(clock.at);
      return notYet(`${looks.length} clouds`);
    }),
  );
  await expect(waiting).rejects.toMatchObject({
    kind: "timeout",
    code: "wait-timed-out",
    message: "waited 10s for rain; seen last: 4 clouds",
    hint: "look up",
  });
  expect(looks).toEqual([0, 4000, 8000, 10_000]);
  expect(clock.slept).toEqual([4000, 4000, 2000]);
});

test("a machine that slept through the limit still finds what happened meanwhile", async () => {
  const clock = new TestClock(8 * 3_600_000);
  const found = waitUntil(
    ...options(clock, async () =>
      clock.at === 0 ? notYet("sun") : { kind: "there", value: "rain" },
    ),
  );
  expect(await found).toBe("rain");
  expect(clock.slept).toEqual([4000]);
});

test.each([
  ["back", -86_400_000],
  ["forward", 86_400_000],
])("a wall clock that is set %s moves no limit", async (_, shift) => {
  const clock = new TestClock();
  const waiting = waitUntil(
    ...options(clock, async () => {
      clock.wall += shift;
      return notYet("sun");
    }),
  );
  await expect(waiting).rejects.toMatchObject({ code: "wait-timed-out" });
  expect(clock.at).toBe(10_000);
});

test("a look that takes longer than the limit is the last but one", async () => {
  const clock = new TestClock();
  let looks = 0;
  const waiting = waitUntil(
    ...options(clock, async () => {
      looks += 1;
      clock.at += 60_000;
      return notYet("sun");
    }),
  );
  await expect(waiting).rejects.toMatchObject({ code: "wait-timed-out" });
  expect(looks).toBe(2);
  expect(clock.slept).toEqual([0]);
});

test("what was seen is said at every look; an abort ends the pause at once, with its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("Ctrl-C");
  const seen: string[] = [];
  const started = performance.now();
  const waiting = waitUntil(
    ...options(systemClock, async () => notYet("sun"), {
      signal: controller.signal,
      progress: (text) => {
        seen.push(text);
        controller.abort(reason);
      },
    }),
  );
  await expect(waiting).rejects.toBe(reason);
  expect(seen).toEqual([expect.stringMatching(/^sun \(0s of \S+\)$/)]);
  expect(performance.now() - started).toBeLessThan(3000);
});

test("a look that nobody answers ends near the limit, and is no failure of its own", async () => {
  const clock = new TestClock();
  const limits: number[] = [];
  clock.deadline = (ms) => {
    limits.push(ms);
    return AbortSignal.abort(new Error("the limit"));
  };
  const hanging = async (limited: AbortSignal): Promise<PollResult<string>> => {
    clock.at += 30_000;
    limited.throwIfAborted();
    return notYet("never reached");
  };
  const waiting = waitUntil(...options(clock, hanging, { timeoutMs: 40_000 }));
  await expect(waiting).rejects.toMatchObject({
    code: "wait-timed-out",
    message: "waited 40s for rain; seen last: no answer within 15s",
  });
  expect(limits).toEqual([40_000, 15_000, 15_000]);
});

const failing = async (): Promise<never> => {
  throw new Error("broken");
};

test("what a look throws before its limit is thrown", async () => {
  await expect(waitUntil(...options(new TestClock(), failing))).rejects.toThrow("broken");
});

async function looksThatTake(tookMs: number): Promise<number> {
  const clock = new TestClock();
  let looks = 0;
  const look = async (): Promise<number> => {
    clock.at += tookMs;
    return (looks += 1);
  };
  await pollTimes(5, look, () => false, { clock, signal, pollIntervalMs: 100 });
  return looks;
}

test("looks that take long are not repeated as often as short ones", async () => {
  expect(await looksThatTake(1_000)).toBe(5);
  expect(await looksThatTake(15_000)).toBe(2);
  expect(await looksThatTake(80_000)).toBe(1);
});
