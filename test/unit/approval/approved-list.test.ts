/** The list that a rotation approves, and the live runners that count for it. */
import { describe, expect, test } from "vitest";
import type { ComposeHash, Cvm } from "../../../src/core/domain.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import {
  approvedList,
  ROLLING,
  sameMembers,
  type ListPolicy,
} from "../../../src/approval/approved-list.ts";
import type { LiveRunner } from "../../../src/runners/running-runners.ts";
import {
  classifyRunners,
  assertRunnersClear,
  type RunnerVouchers,
  runnersLosingAccess,
} from "../../../src/approval/classify-runners.ts";

const hash = (digit: string): ComposeHash => digit.repeat(64) as ComposeHash;
const [a, b, c, d] = ["a", "b", "c", "d"].map(hash) as [
  ComposeHash,
  ComposeHash,
  ComposeHash,
  ComposeHash,
];
const policy = (part: Partial<ListPolicy>): ListPolicy => ({ ...ROLLING, ...part });

test.each([
  ["the new one joins as the last", [a, b], [], c, ROLLING, [a, b, c]],
  [
    "one that live runners have and no record, in a stable order",
    [a],
    [d, c],
    b,
    ROLLING,
    [a, c, d, b],
  ],
  ["the same members in another order are the recorded list", [a, b], [], a, ROLLING, [a, b]],
  ["retired: what no live runner has goes", [a, b], [b], c, policy({ stay: "live" }), [b, c]],
  ["replaced: the new one alone", [a, b], [b], c, policy({ stay: "none" }), [c]],
  ["replaced, but one is kept", [a, b], [], c, policy({ stay: "none", keep: [a] }), [a, c]],
  ["dropped, although a live runner has it", [a, b], [a], c, policy({ drop: [a] }), [b, c]],
  ["nothing recorded", [], [], c, ROLLING, [c]],
  ["the new one not known yet", [a], [], undefined, ROLLING, [a]],
] as const)("%s", (_, recorded, live, fresh, how, list) => {
  expect(approvedList({ recorded, live, fresh, policy: how })).toEqual(list);
});

test("lists are the same by their members", () => {
  expect(sameMembers([a, b], [b, a])).toBe(true);
  expect(sameMembers([a], [a, b])).toBe(false);
});

const runner = (
  name: string,
  composeHash: ComposeHash,
  names: readonly string[],
  text = "local",
): LiveRunner => ({
  cvm: { name } as Cvm,
  composeHash,
  appCompose: { allowed_envs: names, docker_compose_file: text },
});

describe("live runners", () => {
  const v1 = ["REGISTRY_URL", "CAPACITY_THRESHOLD"];
  const live = [
    runner("approved", a, v1),
    runner("stranger", b, v1),
    runner("spy", c, [...v1, "DSTACK_AUTHORIZED_KEYS"]),
  ];
  const at = { v: 1, at: "2026-01-01T00:00:00.000Z", run: "run" };
  const approval = {
    type: "approved",
    correlation_id: "c1",
    via: "restart",
    settings: {},
  } as const;
  const record = summarizeJournal([{ ...at, ...approval, app_id: "app", hashes: [a] }], "bird");
  const local = { composeText: "local", hashes: new Set<string>() };
  const judged = (
    complete: boolean,
    warnings: string[] = [],
    vouchers: RunnerVouchers = local,
  ): readonly string[][] => {
    const known = { record, appId: "app", complete, coordinated: false, vouchers };
    const { accepted, unclear } = classifyRunners(live, known, (code) => void warnings.push(code));
    return [accepted, unclear].map((runners) => runners.map(({ cvm }) => cvm.name));
  };

  test("a complete record decides: being up is no approval", () => {
    const warnings: string[] = [];
    expect(judged(true, warnings)).toEqual([["approved"], []]);
    expect(warnings).toEqual(["runner-not-approved", "runner-not-approved"]);
  });

  test("where it is not complete, who was deployed as the orchestrator does is let in, and named", () => {
    const warnings: string[] = [];
    expect(judged(false, warnings)).toEqual([["approved", "stranger"], ["spy"]]);
    expect(warnings).toEqual(["hash-of-live-runner"]);
  });

  test("a complete record says nothing of what an orchestrator pushed", () => {
    const warnings: string[] = [];
    const known = { record, appId: "app", complete: true, coordinated: true, vouchers: local };
    const judgement = classifyRunners(live, known, (code) => void warnings.push(code));
    const { accepted, maybePushed, unclear } = judgement;
    const names = [accepted, maybePushed, unclear].map((all) => all.map(({ cvm }) => cvm.name));
    expect(names).toEqual([["approved", "stranger"], ["spy"], []]);
    expect(warnings).toEqual(["hash-of-live-runner", "runner-not-approved"]);
  });

  const other = (composeText: string | undefined, ...hashes: ComposeHash[]) =>
    judged(false, [], { composeText, hashes: new Set(hashes) });

  test("without the local text only --record vouches, and only for its hashes", () => {
    expect(other("another text")).toEqual([["approved"], ["stranger", "spy"]]);
    expect(other(undefined)).toEqual([["approved"], ["stranger", "spy"]]);
    expect(other(undefined, b)).toEqual([["approved", "stranger"], ["spy"]]);
    expect(other(undefined, c)).toEqual([["approved", "spy"], ["stranger"]]);
  });

  test("an approval or attempt that no chain vouches for lets nobody in", () => {
    const attempt = {
      type: "approving",
      via: "api",
      settings: {},
      after: null,
      restores: null,
    } as const;
    const unsealed = summarizeJournal(
      [
        { ...at, sealed: false, ...approval, app_id: "app", hashes: [a] },
        { ...at, sealed: false, ...attempt, app_id: "app", hashes: [b] },
      ],
      "bird",
    );
    const vouchers = { composeText: undefined, hashes: new Set<string>() };
    const known = {
      record: unsealed,
      appId: "app",
      complete: true,
      coordinated: false,
      vouchers,
    };
    expect(classifyRunners(live, known, () => undefined).accepted).toEqual([]);
  });

  test("one that nobody can vouch for tak the operator's word, either way", () => {
    const unclear = live.slice(2);
    expect(() => assertRunnersClear(unclear, ROLLING)).toThrow(
      /whether the live runner spy is approved/,
    );
    expect(() => assertRunnersClear(unclear, policy({ stay: "live" }))).toThrow(/spy/);
    for (const word of [{ keep: [c] }, { drop: [c] }, { stay: "none" }] as const)
      expect(() => assertRunnersClear(unclear, policy(word))).not.toThrow();
  });

  test("are cut off by a list without their hash", () => {
    expect(runnersLosingAccess([a, c], live).map(({ cvm }) => cvm.name)).toEqual(["stranger"]);
  });
});
