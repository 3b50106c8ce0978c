/** The hash record: what is written is read back the same, and what was changed is refused by its own name. */
import { describe, expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../../src/core/compose-hash.ts";
import {
  hashesIn,
  hashRecordOf,
  parseHashRecord,
  readHashRecord,
  renderHashRecord,
  type HashRecord,
} from "../../../src/state/hash-record.ts";
import type { KnownHashes } from "../../../src/state/known-hashes.ts";

const appComposeOf = (image: string): AppCompose => ({
  docker_compose_file: `services:\n  a:\n    image: ${image}\n`,
  allowed_envs: ["REGISTRY_URL"],
  manifest_version: 2,
  features: ["kms", { nested: [1, null] }],
});
const [one, two] = [appComposeOf("x:1"), appComposeOf("x:2")] as [AppCompose, AppCompose];
const [first, second, unseen] = [composeHashOf(one), composeHashOf(two), "c".repeat(64)] as const;
const AT = "2026-11-24T19:29:00.000Z";
const WHERE = { cluster: "bird-tracker", apiHost: "cloud-api.phala.network" };

const known: KnownHashes = {
  path: "/state",
  composeHashes: [
    { hash: first, at: "2026-01-01T00:00:00.000Z", allowedEnvs: [] },
    { hash: second, at: AT, allowedEnvs: ["REGISTRY_URL"] },
  ],
  approvals: [
    { hashes: ["d".repeat(64)], at: "2026-01-01T00:00:00.000Z", verified: true, settings: {} },
    { hashes: [unseen, first], at: AT, verified: false, settings: { AWS_REGION: "eu-west-1" } },
  ],
  attempted: undefined,
  load: async (hash) => [one, two].find((appCompose) => composeHashOf(appCompose) === hash),
};
const basis = { hash: second, at: AT, appCompose: two };
const text = async (
  change: (record: HashRecord) => unknown = (record) => record,
): Promise<string> => JSON.stringify(change(await hashRecordOf(known, basis, WHERE)));

test("holds the basis, the newest list, and the app-composes that are known", async () => {
  const record = await hashRecordOf(known, basis, WHERE);
  expect(record).toEqual({
    hash_record: 1,
    cluster: "bird-tracker",
    api_host: "cloud-api.phala.network",
    basis: { compose_hash: second, at: AT },
    approved: { compose_hashes: [unseen, first], at: AT, verified: false },
    app_composes: { [first]: one, [second]: two },
  });
  const read = parseHashRecord(renderHashRecord(record), "r.json");
  expect(read).toEqual(record);
  const there = hashesIn(read, "r.json");
  expect(there).toMatchObject({
    path: "r.json",
    composeHashes: [{ hash: second, at: AT, allowedEnvs: ["REGISTRY_URL"] }],
    approvals: [{ hashes: [unseen, first], at: AT, verified: false, settings: {} }],
  });
  expect(await Promise.all([first, second, unseen].map((hash) => there.load(hash)))).toEqual([
    one,
    two,
    undefined,
  ]);
});

test("without an approved list it has none, and the same knowledge is the same text", async () => {
  const record = await hashRecordOf({ ...known, approvals: [] }, basis, WHERE);
  expect(record.approved).toBeNull();
  expect(hashesIn(parseHashRecord(renderHashRecord(record), "r.json"), "r.json").approvals).toEqual(
    [],
  );
  expect(await text()).toBe(await text());
});

describe("refused", () => {
  const tampered = { ...two, allowed_envs: ["REGISTRY_URL", "DSTACK_AUTHORIZED_KEYS"] };
  test.each<[string, (record: HashRecord) => unknown, string, string]>([
    [
      "an app-compose that was changed",
      (r) => ({ ...r, app_composes: { ...r.app_composes, [second]: tampered } }),
      "verification",
      "hash-record-damaged",
    ],
    [
      "two that were swapped",
      (r) => ({ ...r, app_composes: { [first]: two, [second]: one } }),
      "verification",
      "hash-record-damaged",
    ],
    [
      "a basis without its app-compose",
      (r) => ({ ...r, app_composes: { [first]: one } }),
      "verification",
      "hash-record-damaged",
    ],
    [
      "another basis",
      (r) => ({ ...r, basis: { compose_hash: unseen, at: AT } }),
      "verification",
      "hash-record-damaged",
    ],
    ["a newer version", (r) => ({ ...r, hash_record: 2 }), "input", "hash-record-too-new"],
    ["another document", () => ({ ok: true, command: "init" }), "input", "hash-record-invalid"],
    ["a list", () => [], "input", "hash-record-invalid"],
    ["an older version", (r) => ({ ...r, hash_record: 0 }), "input", "hash-record-invalid"],
    [
      "a hash in capitals",
      (r) => ({ ...r, approved: { ...r.approved, compose_hashes: [first.toUpperCase()] } }),
      "input",
      "hash-record-invalid",
    ],
    [
      "an empty approved list",
      (r) => ({ ...r, approved: { ...r.approved, compose_hashes: [] } }),
      "input",
      "hash-record-invalid",
    ],
    ["no word of approval", ({ approved: _, ...r }) => r, "input", "hash-record-invalid"],
    ["no cluster", ({ cluster: _, ...r }) => r, "input", "hash-record-invalid"],
  ])("%s", async (_, change, kind, code) => {
    const spoilt = await text(change);
    expect(() => parseHashRecord(spoilt, "r.json")).toThrow(
      expect.objectContaining({ kind, code }) as Error,
    );
  });

  test.each(["", "{", "services: {}\n", "null"])("%j, which is no JSON object", (spoilt) => {
    expect(() => parseHashRecord(spoilt, "r.json")).toThrow("r.json is not a hash record");
  });

  test("a file that is not there, by its name", async () => {
    await expect(readHashRecord("/nowhere/r.json")).rejects.toMatchObject({
      kind: "input",
      code: "hash-record-unreadable",
      message: expect.stringContaining("/nowhere/r.json") as string,
    });
  });
});
