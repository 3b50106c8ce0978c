/** `hash --explain` and `hash --export` over knowledge that is given, without a program around them. */
import { HASH_INPUTS } from "../../../src/commands/hash/work.ts";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../../src/core/compose-hash.ts";
import { explainHash } from "../../../src/commands/hash/explanation.ts";
import { exportHashRecord } from "../../../src/commands/hash/export.ts";
import { predictHash } from "../../../src/commands/hash/prediction.ts";
import type { CommandDependencies, CommonFlags } from "../../../src/session/dependencies.ts";
import { hash as answerHash } from "../../../src/commands/hash/hash.ts";
import type { HashWork } from "../../../src/commands/hash/work.ts";
import type { HashResult } from "../../../src/commands/hash/result.ts";
import type { ClusterSettings } from "../../../src/core/settings.ts";
import { Redactor } from "../../../src/core/redact.ts";
import { hashRecordOf, renderHashRecord } from "../../../src/state/hash-record.ts";
import type { KnownHashes } from "../../../src/state/known-hashes.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const offline = async (): Promise<never> => {
  throw new Error("asked the API");
};

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
    { hash: h1, at: day(1), allowedEnvs: NAMES },
    { hash: h2, at: day(3), allowedEnvs: NAMES },
    { hash: h3, at: day(5), allowedEnvs: NAMES },
  ],
  approvals: [
    { hashes: [h1], at: day(2), verified: true, settings: {} },
    { hashes: [h1, unseen, h2], at: day(4), verified: true, settings: {} },
    { hashes: [h2], at: day(6), verified: true, settings: {} },
  ],
  attempted: undefined,
  load: async (hash) => appComposes.find((appCompose) => composeHashOf(appCompose) === hash),
};

function workWith(
  known: Partial<KnownHashes> = {},
  runnerCompose = "nowhere.yml",
  composeOrigin: HashWork["composeOrigin"] = "default",
): HashWork {
  return {
    cvm: { instanceType: "tdx.medium" },
    settings: { clusterName: "bird-tracker", runnerCompose } as ClusterSettings,
    composeOrigin,
    names: NAMES,
    apiHost: "example.com",
    known: { ...KNOWN, ...known },
    fromFile: false,
    stateDir: "/state",
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

  const twins = ["e".repeat(64), `${"e".repeat(63)}f`].map((hash) => ({
    hash,
    at: day(7),
    allowedEnvs: NAMES,
  }));
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

describe("the gate", () => {
  const [, second, third] = appComposes.map((appCompose) => appCompose.docker_compose_file ?? "");
  const given = (verified: boolean) => ({
    approvals: [{ hashes: [h2], at: day(6), verified, settings: {} }],
  });
  const attempt = (...attempted: string[]) => ({ ...given(true), attempted });

  test.each<[string, string | undefined, Partial<KnownHashes>, boolean, Partial<HashResult>]>([
    [
      "approved",
      second,
      given(true),
      false,
      { ok: true, approved: true, compose_hash: h2, remedy: null },
    ],
    ["not approved", third, given(true), false, { ok: false, approved: false, compose_hash: h3 }],
    ["nothing approved yet", second, { approvals: [] }, false, { ok: false, approved: null }],
    ["not seen healthy with that list", second, given(false), false, { ok: true, approved: true }],
    ["the same, strictly", second, given(false), true, { ok: false, approved: true }],
    [
      "perhaps dropped by an update without an end",
      second,
      attempt(h3),
      false,
      { ok: false, approved: null },
    ],
    ["perhaps approved by it", third, attempt(h3), false, { ok: false, approved: null }],
    ["approved whatever came of it", second, attempt(h2, h3), false, { ok: true, approved: true }],
    ["not approved whatever came of it", third, attempt(h2), false, { ok: false, approved: false }],
  ])("%s", async (_, text = "", known, strict, expected) => {
    const file = path.join(await temporaryFolder(), "compose.yml");
    await writeFile(file, text);
    const work = workWith(known, file);
    const { result } = await predictHash(work, { check: true, strict }, offline);
    expect(result).toMatchObject(expected);
    const doubts = [
      ...(known.attempted ? ["approval-unsettled"] : []),
      ...(known.approvals?.[0]?.verified === false ? ["approval-unverified"] : []),
    ];
    expect(result.warnings.map(({ code }) => code)).toEqual(doubts);
    expect(result.remedy === null).toBe(result.approved === true);
    // Without --check it is an answer, and no failure.
    const unchecked = await predictHash(work, { check: false, strict }, offline);
    expect(unchecked.result.ok).toBe(true);
  });
});

describe("the names of the runners", () => {
  const V2 = [...NAMES, "MODEL_MEMORY_LIMIT_MB", "GATEWAY_AUTH_COORDINATOR_WALLET"];
  const flags: CommonFlags = {
    keys: [...HASH_INPUTS, "instanceType", "phalaApiUrl", "stateDir"],
    inputs: {},
    json: false,
    config: undefined,
    sandbox: false,
    dryRun: false,
    strict: false,
    adopt: false,
    yes: false,
  };

  test.each<[string, readonly string[], Record<string, string>, readonly string[]]>([
    ["as recorded: v1", NAMES, {}, NAMES],
    ["as recorded: v2 with a wallet", V2, {}, V2],
    ["as recorded: v2 without one", V2.slice(0, 3), {}, V2.slice(0, 3)],
    ["a wallet that is new", V2.slice(0, 3), { GATEWAY_AUTH_COORDINATOR_WALLET: "w" }, V2],
    ["what is said goes first", V2, { TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v1" }, NAMES],
    ["v1 has no wallet", NAMES, { GATEWAY_AUTH_COORDINATOR_WALLET: "w" }, NAMES],
  ])("%s", async (_, recorded, env, expected) => {
    const folder = await temporaryFolder();
    const [compose, file] = [path.join(folder, "c.yml"), path.join(folder, "r.json")];
    await writeFile(compose, "services:\n  a:\n    image: x:1\n");
    const appCompose = { ...appComposes[0], allowed_envs: recorded };
    const basis = { hash: composeHashOf(appCompose), at: day(1), appCompose };
    const where = { cluster: "bird-tracker", apiHost: "cloud-api.phala.network" };
    await writeFile(
      file,
      renderHashRecord(await hashRecordOf({ ...KNOWN, approvals: [] }, basis, where)),
    );
    const dependencies = {
      env: { TEE_CLUSTER_RUNNER_COMPOSE: compose, HOME: folder, ...env },
      redactor: new Redactor(),
    } as unknown as CommandDependencies;
    const request = {
      check: false,
      exact: false,
      record: file,
      export: undefined,
      explain: undefined,
    };
    expect(await answerHash({ ...dependencies, flags: { ...flags, ...request } })).toMatchObject({
      environment_names: expected,
    });
  });
});

const write = (work: HashWork, file: string, redactor = new Redactor()) =>
  exportHashRecord(work, file, false, redactor);

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
    const refusal = await write(workWith(), path.join(folder, name)).catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ kind, code });
    expect(JSON.stringify(refusal)).not.toContain("--orchestrator-config");
    expect(await readdir(folder)).toEqual(["other.json"]);
  });

  test("a list that may not be the registry's is not passed on", async () => {
    const work = workWith({ attempted: [h3] });
    await expect(write(work, "r.json")).rejects.toMatchObject({ code: "approval-unsettled" });
  });

  test("nothing recorded, nothing written", async () => {
    const nothing = workWith({ composeHashes: [] });
    await expect(write(nothing, "r.json")).rejects.toMatchObject({
      kind: "verification",
      code: "nothing-recorded",
    });
  });
});
