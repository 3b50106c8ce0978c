/** What is known of the approved list: the record against the registry's updates and restarts. */
import { describe, expect, test } from "vitest";
import type { CvmOperation } from "../../../../src/core/ports.ts";
import type { ApprovedRecord, ClusterRecord } from "../../../../src/state/record.ts";
import {
  approvalsOf,
  isApproved,
  type RegistryEvidence,
} from "../../../../src/commands/status/approvals.ts";
import { ago, APP_ID, approval, NOW, recordOf, update } from "./facts.ts";

const [ONE, TWO, OTHER] = ["1".repeat(64), "2".repeat(64), "3".repeat(64)] as const;

const operations = (...value: CvmOperation[]): RegistryEvidence["operations"] => ({
  kind: "present",
  value,
});

function approvals(
  list: readonly ApprovedRecord[],
  evidence: Partial<RegistryEvidence> = {},
  record: Partial<ClusterRecord> = {},
) {
  const usual = {
    appId: APP_ID,
    operations: operations(update()),
    startedAtMs: NOW - 500_000,
    skewMs: 0,
  };
  return approvalsOf(recordOf({ approvals: list, ...record }), { ...usual, ...evidence });
}

const first = approval({ hashes: [ONE] });
const push = approval({ via: "api", hashes: [ONE, TWO], at: ago(100) });

const at = (seconds: number) => operations(update({ startedAt: ago(seconds) }));

describe("a list that came with an update", () => {
  test("holds while that is the registry's last one", () => {
    const known = approvals([first], {
      operations: operations(update({ type: "restart" }), update()),
    });
    expect(known).toMatchObject({
      standing: "confirmed",
      compose_hashes: [ONE],
      via: "restart",
      lost: [],
    });
    expect([ONE, OTHER, null].map((hash) => isApproved(known, hash))).toEqual([true, false, null]);
  });

  test("is out of date after an update by somebody else", () => {
    const known = approvals([first], {
      operations: operations(update({ correlationId: "theirs" }), update()),
    });
    expect(known).toMatchObject({ standing: "outdated", compose_hashes: [ONE] });
    expect([ONE, OTHER].map((hash) => isApproved(known, hash))).toEqual([null, null]);
  });

  test.each<[string, RegistryEvidence["operations"]]>([
    ["can't be read", { kind: "unknown", reason: "HTTP 500" }],
    ["are not kept", { kind: "absent" }],
    ["hold no update", operations(update({ type: "power_on" }))],
    [
      "say that it is under way",
      operations(update({ completedAt: null, status: "in_progress", state: "running" })),
    ],
    ["say that it failed", operations(update({ status: "failed", state: "failed" }))],
  ])("is not confirmed where the operations %s", (_, answer) => {
    const known = approvals([first], { operations: answer });
    expect(known.standing).toBe("unconfirmed");
    expect([ONE, OTHER].map((hash) => isApproved(known, hash))).toEqual([null, null]);
  });

  test("without a recorded id goes by the time, on the server's clock", () => {
    const unnamed = approval({ hashes: [ONE], correlationId: null, at: ago(500) });
    expect(approvals([unnamed], { operations: at(510) }).standing).toBe("confirmed");
    expect(approvals([unnamed], { operations: at(400) }).standing).toBe("outdated");
    expect(approvals([unnamed], { operations: at(400), skewMs: 100_000 }).standing).toBe(
      "confirmed",
    );
  });

  test("that a run was cut off over is not somebody else's", () => {
    const attempt = {
      appId: APP_ID,
      hashes: [TWO],
      via: "restart",
      settings: {},
      outcome: "open",
      verified: false,
      after: null,
      restores: null,
      vouched: true,
    } as const;
    const evidence = { operations: operations(update({ correlationId: "ours" })) };
    expect(approvals([first], evidence, { attempts: [attempt] })).toMatchObject({
      standing: "unconfirmed",
    });
    expect(approvals([first], {}, { attempts: [attempt] })).toMatchObject({
      standing: "confirmed",
    });
  });

  test("of another registry says nothing about this one", () => {
    const known = approvals([approval({ appId: "another" })]);
    expect(known).toMatchObject({ standing: "unknown", compose_hashes: null });
    expect(isApproved(known, ONE)).toBeNull();
  });
});

describe("a list that was pushed to the running registry", () => {
  test("joins that of the update before", () => {
    const known = approvals([first, push]);
    expect(known).toMatchObject({
      standing: "confirmed",
      compose_hashes: [ONE, TWO],
      via: "api",
      lost: [],
    });
    expect([ONE, TWO, OTHER].map((hash) => isApproved(known, hash))).toEqual([true, true, false]);
  });

  test("is lost with a restart, and what the update brought is not", () => {
    const known = approvals([first, push], { startedAtMs: NOW - 90_000 });
    expect(known).toMatchObject({ standing: "confirmed", compose_hashes: [ONE], lost: [TWO] });
    expect([ONE, TWO].map((hash) => isApproved(known, hash))).toEqual([true, false]);
  });

  test("is not confirmed by a registry that does not say since when it is up", () => {
    const known = approvals([first, push], { startedAtMs: null });
    expect(known).toMatchObject({ standing: "unconfirmed", lost: [] });
    expect(isApproved(known, TWO)).toBeNull();
  });

  test("after somebody else's update is all that is certain", () => {
    const theirs = { operations: operations(update({ correlationId: "theirs" })) };
    for (const list of [[first, push], [push]]) {
      const known = approvals(list, theirs);
      expect(known.standing).toBe("outdated");
      expect([TWO, OTHER].map((hash) => isApproved(known, hash))).toEqual([true, null]);
    }
  });
});
