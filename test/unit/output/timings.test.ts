import { expect, test } from "vitest";
import { Stopwatch } from "../../../src/core/stopwatch.ts";
import { renderTimings } from "../../../src/output/render-timings.ts";
import { createTheme } from "../../../src/output/theme.ts";

const theme = createTheme({ color: false, unicode: false });

async function shown(
  parts: readonly (readonly ["phala" | "cloud" | "lock", number])[],
  room = Infinity,
) {
  let now = 0;
  const stopwatch = new Stopwatch(() => now);
  stopwatch.observe({ type: "step-started", step: "wait-for-registry" });
  for (const [part, ms] of parts) await stopwatch.measure(part, async () => void (now += ms));
  const end = { status: "done", durationMs: now, summary: "" } as const;
  stopwatch.observe({ type: "step-finished", step: "wait-for-registry", ...end });
  now += 1000;
  return renderTimings(stopwatch.report(), theme, room);
}

test("a column per part and a row per step", async () => {
  expect(
    await shown([
      ["phala", 1000],
      ["cloud", 7000],
      ["cloud", 1000],
    ]),
  ).toEqual([
    "",
    "Where the time went:",
    "                         cloud   API  phala  ours  total",
    "  Wait for the registry   8.0s  0.0s   1.0s  0.0s   9.0s",
    "  Outside the steps       0.0s  0.0s   0.0s  1.0s   1.0s",
    "  Total                   8.0s  0.0s   1.0s  1.0s  10.0s",
    "                           80%    0%    10%   10%",
    "  phala was started once; 0 requests to Phala's API",
  ]);
});

test("the names of the steps are shortened where the table is too wide", async () => {
  const lines = await shown([["cloud", 7000]], 48);
  expect(lines.slice(2, 4)).toEqual([
    "                 cloud   API  phala  ours  total",
    "  Wait for t...   7.0s  0.0s   0.0s  0.0s   7.0s",
  ]);
});

test("a lock that was waited for has a column", async () => {
  expect((await shown([["lock", 3000]]))[2]).toContain("lock");
});

test("a command without steps has one row", () => {
  let now = 0;
  const stopwatch = new Stopwatch(() => now);
  now = 300;
  expect(renderTimings(stopwatch.report(), theme, 80).slice(3)).toEqual([
    "  All of it   0.0s  0.0s   0.0s  0.3s   0.3s",
    "                0%    0%     0%  100%",
    "  phala was not started; 0 requests to Phala's API",
  ]);
});
