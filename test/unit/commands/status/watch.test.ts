/** The loop of `--watch`, with time that passes by itself. */
import { expect, test } from "vitest";
import type { StatusResult } from "../../../../src/commands/status/result.ts";
import type { AnyResult } from "../../../../src/core/results.ts";
import { watchInterval, watchStatus } from "../../../../src/commands/status/watch.ts";
import { ClusterError } from "../../../../src/errors/cluster-error.ts";
import { assess } from "../../../../src/commands/status/assess.ts";
import { ago, knowledgeOf, snapshotOf, NOW, seen } from "./facts.ts";

const result = (nowMs: number, status = "running"): StatusResult => ({
  ok: true,
  command: "status",
  cluster: "bird",
  at: ago(0),
  ...assess("bird", snapshotOf([seen("registry", { cvm: { status } })], { nowMs }), knowledgeOf()),
});
const failure = (kind: "platform" | "prerequisite") =>
  kind === "platform"
    ? new ClusterError(kind, "api-failed", {
        message: "HTTP 502",
      })
    : new ClusterError(kind, "api-key-refused", {
        message: "HTTP 401",
      });

/** Runs the loop over these looks, and then as long as `readers` go on. */
async function watched(looks: readonly (StatusResult | Error)[]) {
  const shown: [boolean, string[]][] = [];
  let next = 0;
  const look = async (): Promise<StatusResult> => {
    const outcome = looks[next++];
    if (outcome instanceof Error) throw outcome;
    if (!outcome) throw new Error("looked too often");
    return outcome;
  };
  const update = (answered: AnyResult, changed: boolean): boolean => {
    const { findings } = answered as StatusResult;
    shown.push([changed, findings.map(({ code }) => code)]);
    return next < looks.length;
  };
  const clock = {
    now: () => NOW,
    monotonic: () => 0,
    sleep: async () => undefined,
    deadline: () => new AbortController().signal,
  };
  const signal = new AbortController().signal;
  const end = await watchStatus(look, 2000, { update, clock, signal }).catch(
    (error: unknown) => error,
  );
  return { shown, end };
}

test("an answer that only grew older is not another one; the loop ends with its reader", async () => {
  const looks = [result(NOW), result(NOW + 5000), result(NOW + 9000, "stopped")];
  const { shown, end } = await watched(looks);
  expect(shown.map(([changed]) => changed)).toEqual([true, false, true]);
  expect(end).toBe(looks[2]);
});

test("an API that fails later is waited for, with the last answer on show", async () => {
  const looks = [result(NOW), failure("platform"), failure("platform"), result(NOW)];
  const { shown } = await watched(looks);
  expect(shown).toEqual([
    [true, []],
    [true, ["look-failed"]],
    [false, ["look-failed"]],
    [true, []],
  ]);
});

test("one that fails at first, or refuses the key, ends it", async () => {
  expect(await watched([failure("platform")])).toMatchObject({
    shown: [],
    end: { kind: "platform" },
  });
  const refused = await watched([result(NOW), failure("prerequisite")]);
  expect(refused.end).toMatchObject({ kind: "prerequisite" });
});

const interval = (pollIntervalMs: number, origin: "default" | "flag") =>
  watchInterval({
    resolution: { origins: { pollIntervalMs: origin } },
    connection: { pollIntervalMs },
  } as Parameters<typeof watchInterval>[0]);

test("looks every 5 s, or as often as was asked for within reason", () => {
  expect([interval(2000, "default"), interval(200, "flag"), interval(60_000, "flag")]).toEqual([
    5000, 2000, 60_000,
  ]);
});
