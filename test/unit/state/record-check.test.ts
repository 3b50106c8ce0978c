/** The journal's check says of every document what the schema says of it. */
import { assert, constantFrom, jsonValue, oneof, property, record as recordOf } from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { recordSchema } from "../../../src/state/journal.ts";
import { checkOf } from "../../../src/state/record-check.ts";

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

const check = checkOf(recordSchema);
const bySchema = (value: unknown): boolean => recordSchema.safeParse(value).success;

test.each(RECORDS)("$type is one", (record) => {
  expect(check(record)).toBe(true);
  expect(bySchema(record)).toBe(true);
});

/** What JSON can have in the place of a member; undefined: the member is missing. */
const OTHERS = [
  undefined,
  null,
  true,
  0,
  1.5,
  Number.POSITIVE_INFINITY,
  2 ** 60,
  "",
  "done",
  "api",
  [],
  [1],
];
const VALUES: readonly unknown[] = [...OTHERS, ["a"], {}, { a: 1 }, { a: "b" }, [null]];

test.each(RECORDS)("$type with anything else in any place", (record) => {
  for (const name of [...Object.keys(record), "more"]) {
    for (const value of VALUES) {
      const changed = { ...record, [name]: value };
      expect(check(changed), `${name}: ${JSON.stringify(value)}`).toBe(bySchema(changed));
    }
  }
});

test("whatever else a line may hold", () => {
  for (const value of VALUES) expect(check(value)).toBe(bySchema(value));
  const mixed = recordOf(
    Object.fromEntries(
      [...new Set(RECORDS.flatMap((record) => Object.keys(record)))].map((name) => [
        name,
        oneof(constantFrom(...RECORDS.map((record) => record[name])), jsonValue()),
      ]),
    ),
    { requiredKeys: ["type"] },
  );
  assert(property(mixed, (value) => check(value) === bySchema(value)));
});

test("a kind of schema that it does not know is an internal error, not a yes", () => {
  expect(() => checkOf(z.object({ date: z.date() }))).toThrow("no check for date");
});
