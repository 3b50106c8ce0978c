import { expect, test } from "vitest";
import {
  restartEvidence,
  startedSince,
  type RestartEvidence,
  type RestartObservation,
} from "../../../src/registry/restart-evidence.ts";

const NOTHING: RestartObservation = {
  operation: "no-list",
  gapSeen: false,
  startedSince: null,
};
const EVERYTHING = { gapSeen: true, startedSince: true };

test.each<[string, Partial<RestartObservation>, RestartEvidence]>([
  ["our update is done", { operation: "done" }, "restarted"],
  ["our update failed, whatever else was seen", { operation: "failed", ...EVERYTHING }, "failed"],
  [
    "our update is running, whatever else was seen",
    { operation: "running", ...EVERYTHING },
    "pending",
  ],
  [
    "our update has an unknown state, whatever else was seen",
    { operation: "unknown", ...EVERYTHING },
    "pending",
  ],
  [
    "our update is not listed, whatever else was seen",
    { operation: "unlisted", ...EVERYTHING },
    "pending",
  ],
  ["no list, and nothing was seen", {}, "pending"],
  ["no list, and the same instance answers", { startedSince: false }, "pending"],
  ["no list, and nobody answered for a moment", { gapSeen: true }, "restarted"],
  ["no list, and a younger instance answers", { startedSince: true }, "restarted"],
])("%s", (_what, seen, evidence) => {
  expect(restartEvidence({ ...NOTHING, ...seen })).toBe(evidence);
});

const answered = (uptimeSeconds: number | null) =>
  ({
    kind: "answered",
    value: { status: "healthy", service: null, mode: null, uptimeSeconds },
  }) as const;

test.each([
  ["younger", answered(4), 5_000, 10_000, true],
  ["as old", answered(5), 5_000, 10_000, false],
  ["older", answered(6), 5_000, 10_000, false],
  ["without an uptime", answered(null), 5_000, 10_000, null],
  ["silent", { kind: "silent", detail: "" } as const, 5_000, 10_000, null],
])("an instance that is %s", (_what, health, sinceMs, nowMs, expected) => {
  expect(startedSince(health, sinceMs, nowMs)).toBe(expected);
});
