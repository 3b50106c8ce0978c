/** `hash --explain` and `hash --export` over knowledge that is given, without a program around them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../../src/app-compose.ts";
import { explainHash } from "../../../src/commands/hash-explanation.ts";
import { exportHashRecord } from "../../../src/commands/hash-export.ts";
import { predictHash } from "../../../src/commands/hash-prediction.ts";
import type { CommandDependencies } from "../../../src/commands/dependencies.ts";
import type { HashWork } from "../../../src/commands/hash.ts";
import type { ClusterSettings } from "../../../src/inputs/types.ts";
import { Redactor } from "../../../src/redact.ts";
import type { KnownHashes } from "../../../src/state/known-hashes.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const NAMES = ["REGISTRY_URL", "CAPACITY_THRESHOLD"];
const appComposes = ["1", "2", "3"].map((tag): AppCompose => ({
  docker_compose_file: `services:\n  a:\n    image: x:${tag}\n`,
  allowed_envs: NAMES,
}));
const [h1 = "", h2 = "", h3 = ""] = appComposes.map(composeHashOf);
const unseen = "c".repeat(64);
const day = (number: number): string => `2026-01-0${number}T00:00:00.000Z`;

const KNOWN: KnownHashes = {
  path: "/state",
  composeHashes: [
    { hash: h1, at: day(1) },
    { hash: h2, at: day(3) },
    { hash: h3, at: day(5) },
  ],
  approvals: [
    { hashes: [h1], at: day(2), verified: true },
    { hashes: [h1, unseen, h2], at: day(4), verified: true },
    { hashes: [h2], at: day(6), verified: true },
  ],
  load: async (hash) => appComposes.find((appCompose) => composeHashOf(appCompose) === hash),
};

function workWith(
  known: Partial<KnownHashes> = {},
  runnerCompose = "nowhere.yml",
  origin = "default",
): HashWork {
  const resolution = {
    values: {},
    origins: { runnerCompose: origin },
    variables: {},
    problems: [],
    missing: [],
  };
  return {
    local: {
      resolution,
      stateDir: "/state",
      stateHost: "example.com",
      connect: () => undefined,
    } as HashWork["local"],
    settings: { clusterName: "bird-tracker", runnerCompose } as ClusterSettings,
    names: NAMES,
    known: { ...KNOWN, ...known },
    fromFile: false,
  };
}

describe("a recorded hash, by its history", () => {
  test.each([
    [
      "the first, which was dropped",
      h1,
      { approved: false, approved_at: day(2), read_back_at: day(1), previous: null },
    ],
    [
      "the one in force, after one whose text is not known",
      h2,
      { approved: true, approved_at: day(4), read_back_at: day(3), previous: { compose_hash: h1 } },
    ],
    [
      "one that was never approved, against the newest that was",
      h3,
      {
        approved: false,
        approved_at: null,
        read_back_at: day(5),
        previous: { compose_hash: h2, compose_changes: ["-     image: x:2", "+     image: x:3"] },
      },
    ],
  ])("%s", async (_, hash, expected) => {
    const explanation = await explainHash(workWith(), hash.slice(0, 8));
    expect(explanation).toMatchObject({
      compose_hash: hash,
      environment_names: NAMES,
      local: null,
      ...expected,
    });
    expect(composeHashOf(explanation.app_compose)).toBe(hash);
  });

  test("where nothing was approved, that is not known; one that was not read back says so", async () => {
    expect(await explainHash(workWith({ approvals: [] }), h1)).toMatchObject({
      approved: null,
      approved_at: null,
    });
    const adopted = await explainHash(workWith({ composeHashes: [] }), h2);
    expect(adopted.read_back_at).toBeNull();
  });

  test("against the local file: its text and the names of this run's schema", async () => {
    const file = path.join(await temporaryFolder(), "compose.yml");
    await writeFile(file, "services:\n  a:\n    image: x:9\n");
    const work = { ...workWith({}, file), names: [...NAMES, "MODEL_MEMORY_LIMIT_MB"] };
    expect((await explainHash(work, h2)).local).toMatchObject({
      runner_compose: file,
      differences: [{ field: "allowed_envs" }, { field: "docker_compose_file" }],
      compose_changes: ["-     image: x:2", "+     image: x:9"],
    });
  });

  const twins = ["e".repeat(64), `${"e".repeat(63)}f`].map((hash) => ({ hash, at: day(7) }));
  test.each([
    ["too short", h1.slice(0, 7), {}, "input", "hash-malformed"],
    ["in capitals", h1.toUpperCase(), {}, "input", "hash-malformed"],
    ["too long", `${h1}0`, {}, "input", "hash-malformed"],
    ["with a prefix", `0x${h1}`, {}, "input", "hash-malformed"],
    ["not known", "0123abcd", {}, "input", "hash-unknown"],
    ["the beginning of two", "eeeeeeee", { composeHashes: twins }, "input", "hash-ambiguous"],
    ["approved, but without a text", unseen, {}, "verification", "app-compose-missing"],
  ])("%s: refused", async (_, text, known, kind, code) => {
    await expect(explainHash(workWith(known), text)).rejects.toMatchObject({ kind, code });
  });

  test("the hint names what is known, the newest first", async () => {
    const hint = ["known are, the newest first:", h3, h2, unseen, h1].join("\n");
    await expect(explainHash(workWith(), "0123abcd")).rejects.toMatchObject({ hint });
  });

  test("a local file that was named must be there", async () => {
    const work = workWith({}, "nowhere.yml", "flag");
    await expect(explainHash(work, h1)).rejects.toMatchObject({ code: "compose-missing" });
  });
});

const write = (work: HashWork, file: string, redactor = new Redactor()) =>
  exportHashRecord(work, file, false, redactor);

describe("the gate", () => {
  const dependencies = { signal: new AbortController().signal } as CommandDependencies;
  const [, second, third] = appComposes.map((appCompose) => appCompose.docker_compose_file ?? "");
  const given = (verified: boolean) => ({ approvals: [{ hashes: [h2], at: day(6), verified }] });

  test.each([
    ["approved", second, given(true), false, { ok: true, approved: true, compose_hash: h2, remedy: null }],
    ["not approved", third, given(true), false, { ok: false, approved: false, compose_hash: h3 }],
    ["nothing approved yet", second, { approvals: [] }, false, { ok: false, approved: null }],
    [
      "a list that the registry was not seen healthy with",
      second,
      given(false),
      false,
      { ok: true, approved: true, warnings: [{ code: "approval-unverified" }] },
    ],
    ["the same, strictly", second, given(false), true, { ok: false, approved: true }],
  ])("%s", async (_, text = "", known, strict, expected) => {
    const file = path.join(await temporaryFolder(), "compose.yml");
    await writeFile(file, text);
    const work = workWith(known, file);
    expect(await predictHash(work, { check: true, strict }, dependencies)).toMatchObject(expected);
    // Without --check it is an answer, and no failure.
    expect(await predictHash(work, { check: false, strict }, dependencies)).toMatchObject({ ok: true });
  });
});

describe("the record as a file", () => {
  test("written once, then up to date; written anew where more is known", async () => {
    const file = path.join(await temporaryFolder(), "r.json");
    expect(await write(workWith(), file)).toMatchObject({
      changed: true,
      approved_compose_hashes: [h2],
      warnings: [],
    });
    expect(await write(workWith(), file)).toMatchObject({ changed: false });
    const more = await write(workWith({ approvals: [] }), file);
    expect(more).toMatchObject({ changed: true, warnings: [{ code: "approved-list-unknown" }] });
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      approved: null,
      api_host: "example.com",
    });
  });

  test("a secret of this environment never gets into it", async () => {
    const folder = await temporaryFolder();
    const redactor = new Redactor();
    redactor.add("image: x:3");
    const work = workWith();
    await expect(write(work, path.join(folder, "r.json"), redactor)).rejects.toMatchObject({
      kind: "input",
      code: "secret-in-compose",
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["a folder", ".", "conflict", "hash-record-not-a-file"],
    ["in a folder that is not there", "nowhere/r.json", "input", "hash-record-folder-missing"],
    ["some other file", "other.json", "conflict", "hash-record-in-the-way"],
  ])("%s is refused", async (_, name, kind, code) => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, "other.json"), '{"ok": true}');
    const refusal = await write(workWith(), path.join(folder, name)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind, code });
    expect(JSON.stringify(refusal)).not.toContain("--orchestrator-config");
    expect(await readdir(folder)).toEqual(["other.json"]);
  });

  test("nothing recorded, nothing written", async () => {
    const nothing = workWith({ composeHashes: [] });
    await expect(write(nothing, "r.json")).rejects.toMatchObject({
      kind: "verification",
      code: "nothing-recorded",
    });
  });
});
