/** Temporary runners of earlier runs: whose they are, by ids, and when one that nobody knows may go. */
import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import type { Clock, CloudApi } from "../../../src/core/ports.ts";
import {
  classifyTemporaryRunner,
  OLDEST_RUNNER_IN_USE_MS,
  isOwnRunner,
  assertRunnerNotInUse,
  type LeftoverVerdict,
} from "../../../src/runners/leftovers.ts";
import type { RecordedCreation } from "../../../src/state/record.ts";
import { recordFrom } from "../../helpers/journal-records.ts";

const NAME = "bird-runner-temp";
const [OURS, THEIRS] = ["a".repeat(40), "b".repeat(40)] as const;
const CREATED = Date.UTC(2026, 0, 2);

const cvmOf = (change: Partial<Cvm> = {}): Cvm =>
  ({
    name: NAME,
    appId: THEIRS,
    vmUuid: "u",
    status: "running",
    inProgress: false,
    createdAt: new Date(CREATED).toISOString(),
    ...change,
  }) as Cvm;

/** A run was killed: with the app_id that it was given, or before it had one. */
const killed = (appId: string | null) =>
  recordFrom(
    { type: "intent", intent: "i", action: "create-cvm", name: NAME, app_id: null },
    ...(appId === null
      ? []
      : [
          {
            type: "provisioned" as const,
            intent: "i",
            app_id: appId,
            compose_hash: "c".repeat(64),
            env_key: null,
          },
        ]),
  );
const NOTHING = recordFrom();
const LIMIT = OLDEST_RUNNER_IN_USE_MS;

test.each<[string, LeftoverVerdict, Cvm | undefined, ReturnType<typeof killed>, number]>([
  ["there is none", "none", undefined, killed(OURS), 0],
  ["ours by its app_id, however young", "ours", cvmOf({ appId: OURS }), killed(OURS), 0],
  [
    "ours without a time of creation",
    "ours",
    cvmOf({ appId: OURS, createdAt: null }),
    killed(OURS),
    0,
  ],
  [
    "another machine's of that name, after a run of ours was killed",
    "in-use",
    cvmOf(),
    killed(OURS),
    0,
  ],
  ["the same, where ours never had an id", "in-use", cvmOf(), killed(null), 0],
  ["no id on either side", "in-use", cvmOf({ appId: null }), killed(null), 0],
  ["made a moment ago by nobody we know", "in-use", cvmOf(), NOTHING, 1],
  ["by a clock that is behind the platform's", "in-use", cvmOf(), NOTHING, -LIMIT - 1],
  ["as old as a run can be", "in-use", cvmOf(), NOTHING, LIMIT],
  ["older than any run", "abandoned", cvmOf(), NOTHING, LIMIT + 1],
  [
    "older, and something is being done to it",
    "in-use",
    cvmOf({ inProgress: true }),
    NOTHING,
    LIMIT + 1,
  ],
  ["older, and it only starts now", "in-use", cvmOf({ status: "starting" }), NOTHING, LIMIT + 1],
  ["of an age that nobody knows", "in-use", cvmOf({ createdAt: null }), NOTHING, LIMIT + 1],
  ["of an age that can't be read", "in-use", cvmOf({ createdAt: "soon" }), NOTHING, LIMIT + 1],
])("%s: %s", (_, verdict, cvm, record, age) => {
  expect(classifyTemporaryRunner(cvm, record, CREATED + age)).toBe(verdict);
});

const withIds = (...ids: readonly (string | null)[]) => ({
  ...NOTHING,
  openTemporaryRunners: ids.map((appId) => ({ appId }) as RecordedCreation),
});

test("two CVMs without an id are not the same", () => {
  expect(isOwnRunner({ appId: null }, withIds(null))).toBe(false);
  expect(isOwnRunner({ appId: null }, withIds(OURS))).toBe(false);
  expect(isOwnRunner({ appId: OURS }, withIds(null, OURS))).toBe(true);
});

/** This machine's clock is two hours ahead, which the platform's answers show. */
const ports = (skewMs: number | null, now: number) => ({
  api: { serverClock: { skewMs: () => skewMs, now: () => null } } as unknown as CloudApi,
  clock: { now: () => now } as unknown as Clock,
});
const AHEAD = 2 * 60 * 60_000;

test("age is by the platform's clock, and a runner in use is said to be so with its name and age", () => {
  const cvm = cvmOf();
  expect(() => assertRunnerNotInUse(cvm, NOTHING, ports(-AHEAD, CREATED + AHEAD))).toThrow(
    expect.objectContaining({
      kind: "conflict",
      code: "temporary-runner-in-use",
      message: `another run is in progress on this cluster: its temporary runner ${NAME} exists since ${cvm.createdAt}`,
      hint: expect.stringContaining(`phala cvms delete ${NAME} --force`) as unknown,
    }) as Error,
  );
  expect(() => assertRunnerNotInUse(cvm, NOTHING, ports(null, CREATED + AHEAD))).not.toThrow();
  expect(() => assertRunnerNotInUse(undefined, NOTHING, ports(null, CREATED))).not.toThrow();
  expect(() =>
    assertRunnerNotInUse(cvmOf({ appId: OURS }), killed(OURS), ports(null, CREATED)),
  ).not.toThrow();
  const undated = cvmOf({ createdAt: null });
  expect(() => assertRunnerNotInUse(undated, NOTHING, ports(null, CREATED))).toThrow(/exists$/);
});
