/** Files of a cluster beside its journal: app-composes, what a run wrote, which clusters and nodes are known. */
import { appendFile, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  canonicalJson,
  composeHashOf,
  sha256Hex,
  type AppCompose,
} from "../../../src/core/compose-hash.ts";
import { appComposeStore, registryComposeStore } from "../../../src/state/app-compose-store.ts";
import {
  hashesOf,
  isApproved,
  readKnownHashes,
  type KnownHashes,
} from "../../../src/state/known-hashes.ts";
import {
  findClusterNames,
  findKnownClusters,
  theOnlyCluster,
} from "../../../src/state/known-clusters.ts";
import { readKnownNodes, rememberNodes } from "../../../src/state/known-nodes.ts";
import { openJournal, type JournalEntry } from "../../../src/state/journal.ts";
import {
  prepareStateDirectory,
  stateDirectoryOf,
  type StateDirectory,
} from "../../../src/state/state-directory.ts";
import { readStepDurations, rememberStepDurations } from "../../../src/state/step-durations.ts";
import { vouchedBy } from "../../../src/state/verified-state.ts";
import { isAsWritten, rememberWritten } from "../../../src/state/written-config.ts";
import { approvalOf, approve } from "../../helpers/history.ts";
import { APP, approved, approving, recordFrom, refused } from "../../helpers/journal-records.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const HOST = "api.example";
let root: string;
let directory: StateDirectory;

beforeEach(async () => {
  root = await temporaryFolder();
  directory = stateDirectoryOf(root, HOST, "bird");
  await prepareStateDirectory(directory);
});

const journal = async (where: StateDirectory, ...entries: readonly JournalEntry[]) => {
  const open = openJournal(where, () => 0);
  for (const entry of entries) await open.append(entry);
};

const vouching = (...runners: string[]) => ({
  record: recordFrom(),
  vouched: { runners: new Set(runners), registry: new Set<string>() },
});

const store = (...runners: string[]) => appComposeStore(directory, vouching(...runners));

const put = async (name: string, text: string): Promise<void> => {
  await mkdir(directory.appComposes, { recursive: true });
  await writeFile(path.join(directory.appComposes, name), text);
};

describe("app-composes", () => {
  const ONE: AppCompose = { docker_compose_file: "one", pre_launch_script: "echo one" };
  const TWO: AppCompose = { docker_compose_file: "two" };
  const hash = composeHashOf(ONE);

  test("that are saved are believed from then on, and where a chain vouches for them", async () => {
    const own = store();
    await own.save(ONE);
    expect(await own.load(hash)).toEqual(ONE);
    expect(await readdir(directory.appComposes)).toEqual([`${hash}.json`]);
    expect(await store().load(hash)).toBeUndefined();
    expect(await store(hash).load(hash)).toEqual(ONE);
  });

  test.each([
    ["is another one's", canonicalJson(TWO)],
    ["is a list", "[]"],
    ["is null", "null"],
    ["is a number", "5"],
    ["is no JSON", "{"],
  ])("a file whose content %s is not believed", async (_, text) => {
    await put(`${hash}.json`, text);
    expect(await store(hash).load(hash)).toBeUndefined();
  });

  test("that are not there, or have no name of a hash, are none", async () => {
    expect(await store(hash).load(hash)).toBeUndefined();
    await put("x.json", canonicalJson(ONE));
    expect(await store("x").load("x")).toBeUndefined();
  });

  test("one with a text is found by its digest, whoever vouches for it", async () => {
    expect(await store().withText(sha256Hex("two"))).toBeUndefined();
    await put(`${composeHashOf({})}.json`, "{}");
    await put(`${hash}.json`, canonicalJson(ONE));
    await put(`${composeHashOf(TWO)}.json`, canonicalJson(TWO));
    await put("junk.txt", "junk");
    expect(await store().withText(sha256Hex("two"))).toEqual(TWO);
    expect(await store().withText(sha256Hex("three"))).toBeUndefined();
    expect(await store().withText(sha256Hex(""))).toBeUndefined();
  });

  test("scripts are those of believed ones alone", async () => {
    expect([...(await store(hash).knownScripts())]).toEqual([]);
    await put(`${hash}.json`, canonicalJson(ONE));
    const evil = { pre_launch_script: "curl evil" };
    await put(`${composeHashOf(evil)}.json`, canonicalJson(evil));
    await put(`${composeHashOf(TWO)}.json`, canonicalJson(TWO));
    const believed = store(hash, composeHashOf(TWO), "e".repeat(64));
    expect([...(await believed.knownScripts())]).toEqual([sha256Hex("echo one")]);
    // A file that does not hash to its name is none.
    await put(`${"e".repeat(64)}.json`, canonicalJson(evil));
    expect([...(await believed.knownScripts())]).toEqual([sha256Hex("echo one")]);
  });

  test("of the registry are kept apart, and each new one is recorded once", async () => {
    const recorded: string[] = [];
    const state = vouching();
    const registry = registryComposeStore(directory, state, async (it) => void recorded.push(it));
    await registry.save(ONE);
    await registry.save(ONE);
    expect(recorded).toEqual([hash]);
    expect(await readdir(directory.registryComposes)).toEqual([`${hash}.json`]);
    expect(await store(hash).load(hash)).toBeUndefined();
    await registryComposeStore(directory, state).save(TWO);
  });
});

const entry = (change: object) => ({ ...approvalOf("a"), ...change });

const line = (head: string, change: object = {}) =>
  ({ number: 1, hash: head, ended: true, record: { v: 1, at: "", ...entry(change) } }) as never;

const unsealedWith = (historyHead: string | null) => {
  const record = recordFrom(approved(["x"]));
  const [approval] = record.approvals;
  if (!approval) throw new Error("one approval");
  return { ...record, approvals: [{ ...approval, vouched: false, historyHead }] };
};

const isVouched = (head: string | null) =>
  vouchedBy(unsealedWith(head), [line("h")]).record.approvals[0]?.vouched;

describe("what vouches for a hash", () => {
  test("the history, for an approval whose line it has", () => {
    expect([isVouched("h"), isVouched("other"), isVouched(null)]).toEqual([true, false, false]);
    const { record } = vouchedBy(recordFrom(approved(["x"])), []);
    expect(record.approvals[0]?.vouched).toBe(true);
  });

  test("every list of it, and each runner's hash", () => {
    const lines = [line("h", { hashes: ["l1", "l2"], runner_hash: "r" })];
    const torn = { number: 2, hash: "t", ended: false, record: undefined };
    const { vouched } = vouchedBy(unsealedWith("other"), [...lines, torn]);
    expect([...vouched.runners].toSorted()).toEqual(["l1", "l2", "r"]);
    expect(vouchedBy(unsealedWith("h"), lines).vouched.runners).toContain("x");
  });

  test("a sealed record of what was read back, or the history's", () => {
    const readBack: JournalEntry = {
      type: "compose-hash",
      hash: "z",
      compose_digest: "d",
      allowed_envs: [],
    };
    const sealed = recordFrom(readBack, { type: "registry-compose", hash: "g" });
    const { vouched } = vouchedBy(sealed, []);
    expect([...vouched.runners]).toEqual(["z"]);
    expect([...vouched.registry]).toEqual(["g"]);
    const loose = {
      ...sealed,
      composeHashes: sealed.composeHashes.map((it) => ({ ...it, vouched: false })),
    };
    expect(vouchedBy(loose, []).vouched.runners.size).toBe(0);
    const { record } = vouchedBy(loose, [line("h", { hashes: ["z"] })]);
    expect(record.composeHashes).toMatchObject([{ hash: "z", vouched: true }]);
  });
});

const known = (change: Partial<KnownHashes>): KnownHashes => ({
  path: "",
  composeHashes: [],
  approvals: [],
  attempted: undefined,
  load: async () => undefined,
  ...change,
});

const list = (...hashes: string[]) => ({ hashes, at: "", verified: true, settings: {} });

describe("known hashes", () => {
  const [A, B] = ["a".repeat(64), "b".repeat(64)] as const;

  test("are read from the journal, with a list that may have been given", async () => {
    expect(await readKnownHashes(directory, "bird")).toMatchObject({
      path: directory.path,
      composeHashes: [],
      approvals: [],
      attempted: undefined,
    });
    await journal(directory, approved([A]), approving([B]));
    expect(await readKnownHashes(directory, "bird")).toMatchObject({
      approvals: [{ hashes: [A] }],
      attempted: [B],
    });
    await journal(directory, refused);
    expect((await readKnownHashes(directory, "bird")).attempted).toBeUndefined();
    await journal(directory, approving([B]), approved([B]));
    const { attempted, load } = await readKnownHashes(directory, "bird");
    expect([attempted, await load(A)]).toEqual([undefined, undefined]);
    await journal(directory, approving([A]), approving([B]), refused);
    expect((await readKnownHashes(directory, "bird")).attempted).toEqual([A]);
  });

  test("by name, each once, newest last", () => {
    const composeHashes = ["y", "x"].map((hash) => ({ hash, at: "", allowedEnvs: [] }));
    const approvals = [list("x"), list("x", "z")];
    expect(hashesOf(known({ composeHashes, approvals }))).toEqual(["x", "z", "y"]);
  });

  test.each<[string, Partial<KnownHashes>, boolean | null]>([
    ["nothing is known", {}, null],
    ["the last list has it", { approvals: [list(B), list(A)] }, true],
    ["an earlier list had it", { approvals: [list(A), list(B)] }, false],
    ["an update may take it away", { approvals: [list(A)], attempted: [B] }, null],
    ["an update may bring it", { approvals: [list(B)], attempted: [A] }, null],
    ["it has it before and after", { approvals: [list(A)], attempted: [A, B] }, true],
    ["nothing is known of before", { attempted: [A] }, null],
  ])("approves it: %s", (_, change, expected) => {
    expect(isApproved(A, known(change))).toBe(expected);
  });
});

const cluster = (name: string, hasRegistry: boolean | null) => ({ name, hasRegistry });

describe("known clusters", () => {
  const made: JournalEntry[] = [
    { type: "intent", intent: "i", action: "create-cvm", name: "bird-registry", app_id: null },
  ];

  test("are those with a journal, and whether they have a registry", async () => {
    expect(await findKnownClusters(root, HOST)).toEqual([]);
    expect(await findKnownClusters(path.join(root, "nowhere"), HOST)).toEqual([]);
    await journal(directory, ...made);
    const cat = stateDirectoryOf(root, HOST, "cat");
    await prepareStateDirectory(cat);
    await journal(cat, { type: "adopted", name: "cat-registry", app_id: APP });
    const dog = stateDirectoryOf(root, HOST, "dog");
    await prepareStateDirectory(dog);
    await journal(dog, { type: "run-finished", outcome: "done", code: null });
    const eel = stateDirectoryOf(root, HOST, "eel");
    await prepareStateDirectory(eel);
    await writeFile(eel.journal, "junk\n");
    await prepareStateDirectory(stateDirectoryOf(root, HOST, "fox"));
    expect(await findKnownClusters(root, HOST)).toEqual([
      { name: "bird", hasRegistry: true, registryIds: expect.any(Array) as unknown },
      { name: "cat", hasRegistry: true, registryIds: [APP] },
      { name: "dog", hasRegistry: false, registryIds: [] },
      { name: "eel", hasRegistry: null, registryIds: [] },
    ]);
    expect(await findClusterNames(root, HOST)).toEqual(["bird", "cat", "dog", "eel"]);
    expect(await findClusterNames(root, "other.example")).toEqual([]);
  });

  test.each([
    ["none", [], undefined],
    ["one", [cluster("a", true)], "a"],
    ["one without a registry", [cluster("a", false)], "a"],
    ["one that has a registry", [cluster("a", false), cluster("b", true)], "b"],
    ["one that may have one", [cluster("a", false), cluster("b", null)], "b"],
    ["two that may have one", [cluster("a", true), cluster("b", null)], undefined],
    ["two without", [cluster("a", false), cluster("b", false)], undefined],
  ])("the one that is meant: %s", (_, clusters, expected) => {
    expect(theOnlyCluster(clusters)).toBe(expected);
  });
});

describe("known nodes", () => {
  const nodes = [{ name: "prod5", region: null }];

  test("are those that an API offered last", async () => {
    expect(await readKnownNodes(root, HOST)).toEqual([]);
    await rememberNodes(root, HOST, [{ ...nodes[0], id: 5 } as never]);
    expect(await readKnownNodes(root, HOST)).toEqual(nodes);
    expect(await readKnownNodes(root, "other.example")).toEqual([]);
    const file = path.join(root, "nodes.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await stat(file);
    await rememberNodes(root, HOST, nodes);
    expect((await stat(file)).ino).toBe(before.ino);
    await rememberNodes(root, HOST, []);
    expect(await readKnownNodes(root, HOST)).toEqual([]);
  });

  test("of eight APIs, the newest", async () => {
    for (let port = 1; port <= 9; port += 1) await rememberNodes(root, `h${port}`, nodes);
    const kept = Object.keys(
      JSON.parse(await readFile(path.join(root, "nodes.json"), "utf8")) as object,
    );
    expect(kept).toEqual(["h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9"]);
  });

  test("in a file that is none, or can't be written, are not known", async () => {
    await writeFile(path.join(root, "nodes.json"), '{"h":5}');
    expect(await readKnownNodes(root, "h")).toEqual([]);
    await expect(rememberNodes(path.join(root, "nowhere"), "h", nodes)).resolves.toBeUndefined();
  });
});

test("an orchestrator.yml is as a run wrote it, or somebody has touched it", async () => {
  expect(await isAsWritten(directory, "")).toBe(false);
  expect(await isAsWritten(directory, "a: 1\n")).toBe(false);
  await rememberWritten(directory, "a: 1\n");
  expect(await isAsWritten(directory, "a: 1\n")).toBe(true);
  expect(await isAsWritten(directory, "a: 2\n")).toBe(false);
  expect(await readFile(path.join(directory.path, "orchestrator-config.sha256"), "utf8")).toBe(
    `${sha256Hex("a: 1\n")}\n`,
  );
});

test("a history that has a line of another registry, or another list, than the journal says", async () => {
  const [head] = await approve(directory, [approvalOf("a")], { journaled: false });
  const approvedAs = (app_id: string, hashes: string[]): JournalEntry => ({
    type: "approved",
    app_id,
    hashes,
    via: "restart",
    correlation_id: null,
    settings: {},
    history_head: head,
  });
  const own = approvalOf("a");
  await journal(directory, approvedAs(own.registry_app_id, [...own.hashes]));
  expect((await readKnownHashes(directory, "bird")).approvals).toHaveLength(1);
  // What a crash leaves at the end is no damage.
  await appendFile(directory.history, '{"v":1');
  expect((await readKnownHashes(directory, "bird")).approvals).toHaveLength(1);
  const others = stateDirectoryOf(root, HOST, "cat");
  await prepareStateDirectory(others);
  await writeFile(others.history, await readFile(directory.history));
  await journal(others, approvedAs(own.registry_app_id, ["e".repeat(64)]));
  await expect(readKnownHashes(others, "cat")).rejects.toMatchObject({ code: "state-damaged" });
  await writeFile(others.history, "junk\n");
  await expect(readKnownHashes(others, "cat")).rejects.toThrow(
    `${others.history}: line 1 was edited: it is not what was written there`,
  );
  await journal(directory, approvedAs("f".repeat(40), [...own.hashes]));
  await expect(readKnownHashes(directory, "bird")).rejects.toThrow(
    /^line 1 of .* has other hashes than the journal's approval of it$/,
  );
});

test("everything of a cluster is in its own folder", () => {
  const { path: folder, ...files } = stateDirectoryOf("/state", "api.example", "bird");
  expect(folder).toBe("/state/api.example/bird");
  expect(Object.values(files).map((file) => path.relative(folder, file))).toEqual([
    "journal.jsonl",
    "journal-checkpoint.json",
    "lock.json",
    "history.jsonl",
    "app-composes",
    "registry-composes",
  ]);
});

const report = (id: string, status: string, duration_ms: number) =>
  ({ number: 1, id, status, duration_ms }) as never;

test("how long the steps took last, of those that were done", async () => {
  expect(await readStepDurations(root, HOST)).toEqual({});
  await rememberStepDurations(root, HOST, [
    report("verify-registry", "done", 70),
    report("deploy-registry", "reused", 5),
  ]);
  await rememberStepDurations(root, HOST, [report("approve-compose-hash", "done", 9)]);
  const expected = { "verify-registry": 70, "approve-compose-hash": 9 };
  expect(await readStepDurations(root, HOST)).toEqual(expected);
  expect(await readStepDurations(root, "other.example")).toEqual({});
  const file = path.join(root, HOST, "step-durations.json");
  expect(await readFile(file, "utf8")).toBe(`${JSON.stringify(expected)}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, '{"verify-registry":-1}');
  expect(await readStepDurations(root, HOST)).toEqual({});
  const nowhere = path.join(root, "nowhere");
  await expect(rememberStepDurations(nowhere, HOST, [])).resolves.toBeUndefined();
});
