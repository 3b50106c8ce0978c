import { expect, test } from "vitest";
import { StopRequests, type StopRequest } from "../../../src/cli/shutdown.ts";
import type { SignalName } from "../../../src/errors/cluster-error.ts";

type Case = readonly [what: string, ...signals: (readonly [SignalName, number, StopRequest])[]];

const CASES: readonly Case[] = [
  ["one", ["SIGINT", 5, "stop"]],
  ["npm's two", ["SIGINT", 5, "stop"], ["SIGINT", 6, "ignore"]],
  ["a person's second, a second later", ["SIGINT", 5, "stop"], ["SIGINT", 1_005, "leave"]],
  ["a little less", ["SIGINT", 5, "stop"], ["SIGINT", 1_004, "ignore"], ["SIGINT", 1_104, "leave"]],
  [
    "a key held down",
    ["SIGINT", 0, "stop"],
    ["SIGINT", 950, "ignore"],
    ["SIGINT", 1_049, "ignore"],
  ],
  [
    "the second of npm's second pair",
    ["SIGINT", 0, "stop"],
    ["SIGINT", 2, "ignore"],
    ["SIGINT", 2_000, "leave"],
  ],
  ["CI", ["SIGINT", 0, "stop"], ["SIGTERM", 50, "ignore"], ["SIGTERM", 7_500, "ignore"]],
  [
    "a closed terminal",
    ["SIGHUP", 0, "stop"],
    ["SIGHUP", 2_000, "ignore"],
    ["SIGTERM", 4_000, "ignore"],
  ],
  [
    "SIGTERM, then a person",
    ["SIGTERM", 0, "stop"],
    ["SIGINT", 5_000, "stop"],
    ["SIGINT", 6_000, "leave"],
  ],
  [
    "a signal between",
    ["SIGINT", 0, "stop"],
    ["SIGTERM", 990, "ignore"],
    ["SIGINT", 1_000, "leave"],
  ],
];

test.each(CASES.map(([what, ...signals]) => ({ what, signals })))("$what", ({ signals }) => {
  const requests = new StopRequests();
  expect(signals.map(([name, at]) => requests.receive(name, at))).toEqual(
    signals.map(([, , request]) => request),
  );
});
