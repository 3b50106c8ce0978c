/** What each record of a journal does to what is known of a cluster. */
import { describe, expect, test } from "vitest";
import type { JournalEntry, JournalRecord } from "../../../src/state/journal.ts";
import {
  approvalBefore,
  isOurRegistry,
  lastApproval,
  lastUpdate,
  openAttempts,
  recordedHash,
  recordedHashes,
  registryIds,
  summarizeJournal,
  type ClusterRecord,
} from "../../../src/state/record.ts";
import {
  APP,
  approved,
  approving,
  recordFrom,
  refused,
  verified,
  whole,
} from "../../helpers/journal-records.ts";

const [REGISTRY, RUNNER] = ["bird-registry", "bird-runner-temp"] as const;
const OTHER = "f".repeat(40);
const [A, B] = ["a".repeat(64), "b".repeat(64)] as const;

const create = (intent: string, name: string = REGISTRY, given: object = {}): JournalEntry => ({
  type: "intent",
  intent,
  action: "create-cvm",
  name,
  app_id: null,
  ...given,
});
const provisioned = (intent: string, app_id: string): JournalEntry => ({
  type: "provisioned",
  intent,
  app_id,
  compose_hash: A,
  env_key: null,
});
const outcome = (
  intent: string,
  how: "done" | "failed" | "unknown",
  app_id: string | null = null,
): JournalEntry => ({ type: "outcome", intent, outcome: how, app_id, vm_uuid: null });
const remove = (intent: string, name: string, app_id: string | null): JournalEntry => ({
  type: "intent",
  intent,
  action: "delete-cvm",
  name,
  app_id,
});
const adopted = (app_id: string): JournalEntry => ({ type: "adopted", name: REGISTRY, app_id });
const settings = (app_id: string): JournalEntry => ({
  type: "settings",
  app_id,
  values: { "max-models": "3" },
});

const created = ({ registryCreations }: ClusterRecord): unknown[] =>
  registryCreations.map(({ intent, appId, settled }) => [intent, appId, settled]);

describe("a creation", () => {
  test("is known with what it was given", () => {
    const given = { compose_digest: "d", empty_names: ["X"] };
    expect(recordFrom(create("i", REGISTRY, given)).registryCreations).toEqual([
      {
        intent: "i",
        name: REGISTRY,
        intendedAt: "2026-01-01T00:00:00.000Z",
        appId: null,
        settled: false,
        composeDigest: "d",
        emptyNames: ["X"],
      },
    ]);
    expect(recordFrom(create("i")).registryCreations).toMatchObject([
      { composeDigest: null, emptyNames: null },
    ]);
  });

  test.each<[string, readonly JournalEntry[], unknown[]]>([
    ["announced", [create("i")], [["i", null, false]]],
    ["with its ids", [create("i"), provisioned("i", APP)], [["i", APP, false]]],
    ["made", [create("i"), provisioned("i", APP), outcome("i", "done", APP)], [["i", APP, true]]],
    ["made, by its outcome alone", [create("i"), outcome("i", "done", APP)], [["i", APP, true]]],
    [
      "not known, its ids stay",
      [create("i"), provisioned("i", APP), outcome("i", "unknown")],
      [["i", APP, false]],
    ],
    ["failed", [create("i"), provisioned("i", APP), outcome("i", "failed")], []],
    [
      "not known, and settled later",
      [create("i"), outcome("i", "unknown"), outcome("i", "done", APP)],
      [["i", APP, true]],
    ],
    ["one of two failed", [create("i"), create("j"), outcome("i", "failed")], [["j", null, false]]],
    ["an outcome of what nobody announced", [outcome("x", "done", APP)], []],
    ["ids of what nobody announced", [provisioned("x", APP)], []],
    ["an update is none", [{ ...create("i"), action: "update-cvm" } as JournalEntry], []],
  ])("%s", (_, entries, expected) => {
    expect(created(recordFrom(...entries))).toEqual(expected);
  });

  test("is the registry's or a temporary runner's by its name", () => {
    const record = recordFrom(create("i"), create("j", RUNNER), create("k", "cat-registry"));
    expect(created(record)).toEqual([["i", null, false]]);
    expect(record.openTemporaryRunners.map(({ intent }) => intent)).toEqual(["j"]);
  });
});

describe("a deletion", () => {
  const MADE = [create("i"), outcome("i", "done", APP)];

  test.each<[string, readonly JournalEntry[], boolean]>([
    ["by its app_id", [remove("d", REGISTRY, APP), outcome("d", "done")], true],
    [
      "by its app_id, under another name",
      [remove("d", "renamed", APP), outcome("d", "done")],
      true,
    ],
    ["of another of that name", [remove("d", REGISTRY, OTHER), outcome("d", "done")], false],
    [
      "by its name, where nobody knows the app_id",
      [remove("d", REGISTRY, null), outcome("d", "done")],
      true,
    ],
    ["by another name", [remove("d", "x", null), outcome("d", "done")], false],
    ["announced only", [remove("d", REGISTRY, APP)], false],
    ["that failed", [remove("d", REGISTRY, APP), outcome("d", "failed")], false],
    ["of which nobody knows", [remove("d", REGISTRY, APP), outcome("d", "unknown")], false],
  ])("ends it: %s", (_, entries, gone) => {
    expect(created(recordFrom(...MADE, ...entries))).toEqual(gone ? [] : [["i", APP, true]]);
  });

  test("of one whose app_id was never known is by its name", () => {
    const gone = [remove("d", REGISTRY, APP), outcome("d", "done")];
    expect(created(recordFrom(create("i"), ...gone))).toEqual([]);
    expect(created(recordFrom(create("i", RUNNER), create("j"), ...gone))).toEqual([]);
    expect(recordFrom(create("i", RUNNER), ...gone).openTemporaryRunners).toHaveLength(1);
  });

  test("ends only what was there: a name is given again", () => {
    const gone = [remove("d", REGISTRY, APP), outcome("d", "done")];
    expect(created(recordFrom(...MADE, ...gone, create("j")))).toEqual([["j", null, false]]);
  });

  test("ends a take-over and the settings of that registry, and of no other", () => {
    const gone = [remove("d", REGISTRY, APP), outcome("d", "done")];
    const record = recordFrom(adopted(APP), adopted(OTHER), settings(APP), ...gone);
    expect([record.adoptedRegistries, record.settings]).toEqual([[OTHER], null]);
    const kept = recordFrom(adopted(OTHER), settings(OTHER), ...gone);
    expect(kept.adoptedRegistries).toEqual([OTHER]);
    expect(kept.settings).toEqual({ appId: OTHER, values: { "max-models": "3" } });
    expect(recordFrom(...gone).settings).toBeNull();
  });
});

describe("which registries are ours", () => {
  const record = recordFrom(create("i"), outcome("i", "done", APP), create("j"), adopted(OTHER));

  test("those that were made or taken over, newest last", () => {
    expect(registryIds(record)).toEqual([APP, OTHER]);
    expect(registryIds(recordFrom(adopted(APP), adopted(APP)))).toEqual([APP]);
    expect([APP, OTHER, "e".repeat(40), null].map((id) => isOurRegistry(record, id))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isOurRegistry(recordFrom(create("i")), null)).toBe(false);
  });
});

const readBack = (hash: string, digest: string, allowed_envs: string[]): JournalEntry => ({
  type: "compose-hash",
  hash,
  compose_digest: digest,
  allowed_envs,
});

describe("what was read back", () => {
  test("is found by text and names, the newest of them", () => {
    const record = recordFrom(
      readBack("1", "x", ["A", "B"]),
      readBack("2", "x", ["A", "B"]),
      readBack("3", "x", ["B", "A"]),
      readBack("4", "y", ["A", "B"]),
      readBack("5", "x", ["A"]),
    );
    expect(recordedHash(record, "x", ["A", "B"])).toMatchObject({
      hash: "2",
      at: "2026-01-01T00:00:01.000Z",
      vouched: true,
    });
    expect(recordedHash(record, "z", ["A", "B"])).toBeUndefined();
    expect(recordedHash(record, "x", ["C"])).toBeUndefined();
  });
});

const other = (entry: JournalEntry): JournalEntry => ({ ...entry, app_id: OTHER }) as JournalEntry;

const states = (...entries: JournalEntry[]): unknown[] => {
  const { approvals, attempts } = recordFrom(...entries);
  return [approvals, attempts].map((all) => all.map((it) => it.verified));
};

const outcomes = (...entries: JournalEntry[]): unknown[] =>
  recordFrom(...entries).attempts.map((it) => it.outcome);

describe("approvals", () => {
  test("are those of one registry", () => {
    const record = recordFrom(
      ...whole([A]),
      ...whole([B]).map(other),
      approved([B], { via: "api" }),
      other(approved([A], { via: "api" })),
    );
    expect(lastApproval(record, APP)).toMatchObject({ hashes: [B], via: "api" });
    expect(lastApproval(record, OTHER)).toMatchObject({ hashes: [A] });
    expect(lastUpdate(record, APP)?.hashes).toEqual([A]);
    expect(recordedHashes(record, APP)).toEqual([B]);
    expect(recordedHashes(record, "e".repeat(40))).toEqual([]);
    expect(
      approvalBefore(recordFrom(...whole([B]).map(other), ...whole([A])), APP),
    ).toBeUndefined();
    expect(openAttempts(recordFrom(other(approving([B]))), APP)).toEqual([]);
    expect(lastUpdate(recordFrom(other(approved([B]))), APP)).toBeUndefined();
  });

  test("are seen healthy only with the list that was given last", () => {
    expect(states(approving([A]), approved([A]), verified([A]))).toEqual([[true], [true]]);
    expect(states(approving([A]), approved([A]), verified([B]))).toEqual([[false], [true]]);
    expect(states(approved([A, B]), verified([A]))).toEqual([[false], []]);
    expect(states(approved([A, B]), verified([A, A]))).toEqual([[false], []]);
    expect(states(approved([A]), approved([B]), verified([B]))).toEqual([[false, true], []]);
    expect(states(verified([A]))).toEqual([[], []]);
    expect(states(approved([A]), other(verified([A])))).toEqual([[false], []]);
  });

  test("an attempt is refused only while it is open", () => {
    expect(outcomes(approving([A]))).toEqual(["open"]);
    expect(outcomes(approving([A]), refused)).toEqual(["refused"]);
    expect(outcomes(approving([A]), approved([A]), refused)).toEqual(["approved"]);
    expect(outcomes(approving([A]), approving([B]), refused)).toEqual(["open", "refused"]);
    expect(outcomes(refused)).toEqual([]);
    expect(outcomes(approving([A]), other(refused as JournalEntry))).toEqual(["open"]);
  });

  test("a rollback goes back to the very list that it named", () => {
    const first = recordFrom(...whole([A])).approvals[0]?.at ?? "";
    const record = recordFrom(
      ...whole([A]),
      ...whole([B]),
      ...whole([A, B]),
      approving([A], { restores: first }),
    );
    expect(approvalBefore(record, APP)?.hashes).toEqual([A]);
    const older = recordFrom(approved([A]), verified([A]), approved([B]), verified([B]));
    expect(approvalBefore(older, APP)?.hashes).toEqual([A]);
    expect(approvalBefore(recordFrom(), APP)).toBeUndefined();
  });
});

const unsealed = (entry: JournalEntry): JournalRecord => ({
  v: 1,
  at: "2026-01-01T00:00:00Z",
  run: "r",
  sealed: false,
  ...entry,
});

test("what no seal vouches for is marked, and adds no hash", () => {
  const entries: JournalEntry[] = [
    approving([A]),
    approved([A]),
    { type: "compose-hash", hash: A, compose_digest: "d", allowed_envs: [] },
    { type: "registry-compose", hash: A },
  ];
  const record = summarizeJournal(entries.map(unsealed), "bird");
  expect(record).toMatchObject({
    unverified: 4,
    approvals: [{ vouched: false }],
    attempts: [{ vouched: false }],
    composeHashes: [{ vouched: false }],
    registryComposes: [],
  });
  expect(recordedHashes(record, APP)).toEqual([]);
  expect(recordFrom(...entries)).toMatchObject({
    unverified: 0,
    approvals: [{ vouched: true }],
    attempts: [{ vouched: true }],
    composeHashes: [{ vouched: true }],
    registryComposes: [A],
  });
});

test("an empty journal adds up to nothing", () => {
  expect(recordFrom({ type: "run-finished", outcome: "done", code: null })).toEqual({
    registryCreations: [],
    adoptedRegistries: [],
    openTemporaryRunners: [],
    approvals: [],
    attempts: [],
    composeHashes: [],
    registryComposes: [],
    settings: null,
    unverified: 0,
  });
});
