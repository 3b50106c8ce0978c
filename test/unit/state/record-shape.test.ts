/** Which documents are records of the journal. */
import { expect, test } from "vitest";
import { recordShape } from "../../../src/state/journal.ts";

const HEAD = { v: 2, at: "2026-01-01T00:00:00.000Z", run: "r" };
const HASH = "a".repeat(64);

/** One of each type, with every member that it may have. */
const RECORDS = [
  { type: "run-started", command: "init", pid: 1, host: "h" },
  {
    type: "intent",
    intent: "i",
    action: "create-cvm",
    name: "n",
    app_id: null,
    compose_digest: HASH,
    empty_names: ["A"],
  },
  {
    type: "outcome",
    intent: "i",
    outcome: "done",
    app_id: "a",
    vm_uuid: null,
    correlation_id: null,
  },
  { type: "provisioned", intent: "i", app_id: "a", compose_hash: HASH, env_key: null },
  { type: "adopted", name: "n", app_id: "a" },
  {
    type: "compose-hash",
    hash: HASH,
    compose_digest: HASH,
    allowed_envs: ["A", "B"],
    unchecked: true,
  },
  {
    type: "approving",
    app_id: "a",
    hashes: [HASH],
    via: "api",
    settings: { A: "1" },
    after: null,
    restores: "x",
  },
  { type: "approval-refused", app_id: "a" },
  {
    type: "approved",
    app_id: "a",
    hashes: [],
    via: "restart",
    correlation_id: "c",
    settings: {},
    history_head: null,
  },
  { type: "registry-compose", hash: HASH },
  { type: "settings", app_id: "a", values: { "max-models": "20", crunch: ["a=b"] } },
  { type: "verified", app_id: "a", hashes: [HASH] },
  { type: "run-finished", outcome: "failed", code: "x" },
].map((fields): Record<string, unknown> => ({ ...HEAD, ...fields }));

const OPTIONAL = new Set([
  "compose_digest of intent",
  "empty_names of intent",
  "correlation_id of outcome",
  "unchecked of compose-hash",
  "history_head of approved",
]);

test.each(RECORDS)("$type is one, and nothing of it may be missing or something else", (record) => {
  expect(recordShape.is(record)).toBe(true);
  expect(recordShape.is({ ...record, more: 1 })).toBe(true);
  for (const name of Object.keys(record)) {
    const { [name]: _, ...rest } = record;
    const which = `${name} of ${String(record["type"])}`;
    expect(recordShape.is(rest), which).toBe(OPTIONAL.has(which));
    for (const value of [true, 1.5, { a: 1 }, [1], [null]]) {
      const isFlag = which === "unchecked of compose-hash" && value === true;
      const isNumber = which === "pid of run-started" && value === 1.5;
      expect(
        recordShape.is({ ...record, [name]: value }),
        `${which}: ${JSON.stringify(value)}`,
      ).toBe(isFlag || isNumber);
    }
  }
});

test("what is null may be only where nothing is known", () => {
  const nullable = RECORDS.flatMap((record) =>
    Object.keys(record)
      .filter((name) => recordShape.is({ ...record, [name]: null }))
      .map((name) => `${name} of ${String(record["type"])}`),
  );
  expect(nullable).toEqual([
    "app_id of intent",
    "app_id of outcome",
    "vm_uuid of outcome",
    "correlation_id of outcome",
    "env_key of provisioned",
    "after of approving",
    "restores of approving",
    "correlation_id of approved",
    "history_head of approved",
    "code of run-finished",
  ]);
});

test("words are those that are known", () => {
  for (const name of ["type", "action", "outcome", "via"])
    for (const record of RECORDS.filter((one) => name in one))
      expect(recordShape.is({ ...record, [name]: "another" }), name).toBe(false);
});

test.each([undefined, null, true, 0, "done", [], [1], {}, HEAD, { ...HEAD, type: "toString" }])(
  "%j is none",
  (value) => {
    expect(recordShape.is(value)).toBe(false);
  },
);
