/** A long journal is read from its checkpoint on, and what is wrong with it is found as without one. */
import { appendFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../../src/core/compose-hash.ts";
import { sealLine } from "../../../src/state/journal-seal.ts";
import { openJournal, type JournalEntry, type JournalRecord } from "../../../src/state/journal.ts";
import { foldJournal, type JournalFold } from "../../../src/state/record-fold.ts";
import { stateDirectoryOf, type StateDirectory } from "../../../src/state/state-directory.ts";
import { readVerifiedState, type VerifiedState } from "../../../src/state/verified-state.ts";
import { APP, approved, approving, refused, verified } from "../../helpers/journal-records.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const OTHER = "b".repeat(40);
const hashOf = (number: number): string => number.toString(16).padStart(64, "0");
const intent = (id: string, action: "create-cvm" | "delete-cvm", app_id: string | null) =>
  ({ type: "intent", intent: id, action, name: "bird-registry", app_id }) as const;
const outcome = (id: string, how: "done" | "failed" | "unknown", app_id: string | null) =>
  ({ type: "outcome", intent: id, outcome: how, app_id, vm_uuid: null }) as const;
const composeHash = (number: number): JournalEntry => ({
  type: "compose-hash",
  hash: hashOf(number),
  compose_digest: hashOf(0),
  allowed_envs: ["A"],
});
const sealedRecord = (entry: JournalEntry): JournalRecord => ({ v: 2, at: "", run: "r", ...entry });

/** As a run writes them, without a flush for each. */
function journalOf(entries: readonly JournalEntry[], firstIsOld = false): string {
  let [text, covered] = ["", ""];
  for (const [index, entry] of entries.entries()) {
    const json = JSON.stringify(sealedRecord(entry));
    const line =
      firstIsOld && index === 0
        ? json.replace('"v":2', '"v":1')
        : sealLine(json, Buffer.from(covered));
    text += `${line}\n`;
    covered = firstIsOld && index === 0 ? `${line}\n` : `${line.slice(-66)}\n`;
  }
  return text;
}

/** As a program would that keeps one more often: the journals of these tests have 60 kB. */
const checkpointBytes = 1 << 16;
const settings = { DOMAIN: "x".repeat(30) };
const LONG = Array.from({ length: 100 }, (_, index) => [
  approving([hashOf(index)], { after: `c${index}`, settings }),
  approved([hashOf(index)], { settings }),
]).flat();

async function directoryWith(journal: string): Promise<StateDirectory> {
  const at = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  await mkdir(at.path, { recursive: true });
  await writeFile(at.journal, journal);
  return at;
}

const read = (at: StateDirectory): Promise<VerifiedState> =>
  readVerifiedState(at, "bird", { fresh: true, checkpointBytes });
const readError = (at: StateDirectory): Promise<unknown> =>
  readVerifiedState(at, "bird", { checkpointBytes }).then(
    () => undefined,
    (error: unknown) => error,
  );

/** What is found without the checkpoint. */
async function withoutCheckpoint<T>(at: StateDirectory, look: () => Promise<T>): Promise<T> {
  await rm(at.checkpoint, { recursive: true });
  return look();
}

/** Another number of verified approvals, sealed as if this program had written it. */
async function forge(at: StateDirectory, change: (text: string) => string): Promise<void> {
  const [, body = ""] = (await readFile(at.checkpoint, "utf8")).split("\n");
  const changed = change(body);
  expect(changed).not.toBe(body);
  await writeFile(at.checkpoint, `${sha256Hex(changed)}\n${changed}\n`);
}

let long: string;
beforeAll(() => {
  long = journalOf(LONG);
});

describe("a checkpoint", () => {
  test("is kept of a long journal, privately, by a run that has the lock", async () => {
    const at = await directoryWith(long);
    await readVerifiedState(at, "bird");
    await expect(stat(at.checkpoint)).rejects.toMatchObject({ code: "ENOENT" });
    await read(at);
    expect((await stat(at.checkpoint)).mode & 0o777).toBe(0o600);
  });

  test("is not kept of a short one, nor of one without a seal", async () => {
    const short = await directoryWith(journalOf(LONG.slice(0, 10)));
    await read(short);
    await expect(stat(short.checkpoint)).rejects.toMatchObject({ code: "ENOENT" });
    const line = `${JSON.stringify({ ...sealedRecord(composeHash(1)), v: 1 })}\n`;
    const old = await directoryWith(line.repeat(6000));
    expect((await read(old)).record.unverified).toBe(6000);
    await expect(stat(old.checkpoint)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is what is read, with the records behind it", async () => {
    const at = await directoryWith(long);
    await read(at);
    await forge(at, (text) =>
      text.replace('"adoptions":[]', '"adoptions":[{"name":"n","appId":"x"}]'),
    );
    await openJournal(at, () => 0).append(verified([hashOf(99)]));
    const { record } = await read(at);
    expect(record.adoptedRegistries).toEqual(["x"]);
    expect(record.approvals.map((approval) => approval.verified).lastIndexOf(true)).toBe(99);
  });

  test("adds nothing and loses nothing", async () => {
    const at = await directoryWith(journalOf([composeHash(1), ...LONG, composeHash(2)], true));
    await read(at);
    const kept = await readFile(at.checkpoint, "utf8");
    const journal = openJournal(at, () => 0);
    await journal.append(verified([hashOf(99)]));
    await journal.append(approving([hashOf(1), hashOf(2)]));
    await journal.append(refused);
    const state = await read(at);
    expect(await readFile(at.checkpoint, "utf8")).toBe(kept);
    expect(state.record).toMatchObject({ unverified: 1 });
    expect(await withoutCheckpoint(at, () => read(at))).toEqual(state);
  });

  test("is replaced when as much has come behind it", async () => {
    const at = await directoryWith(long);
    await read(at);
    const { size } = await stat(at.checkpoint);
    await writeFile(at.journal, journalOf([...LONG, ...LONG]));
    expect((await read(at)).record.approvals).toHaveLength(200);
    expect((await stat(at.checkpoint)).size).toBeGreaterThan(1.9 * size);
  });
});

const flip = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`;
const lineAt = (text: string, number: number): number =>
  text.split("\n").slice(0, number).join("\n").length + 1;

describe("with a checkpoint, as without one", () => {
  const BEHIND = [verified([hashOf(99)]), composeHash(1), composeHash(2)];
  test.each<[string, (text: string) => string, string]>([
    ["a changed first line", (text) => flip(text, 20), "line 1"],
    ["a changed line in the middle", (text) => flip(text, lineAt(text, 100) + 9), "line 101"],
    ["a changed last line of it", (text) => flip(text, lineAt(text, 199) + 9), "line 200"],
    ["a changed last seal of it", (text) => flip(text, lineAt(text, 200) - 9), "line 200"],
    ["a changed newline behind it", (text) => flip(text, lineAt(text, 200) - 1), "line 200"],
    ["a changed line behind it", (text) => flip(text, lineAt(text, 201) + 9), "line 202"],
    [
      "a line gone behind it",
      (text) => text.slice(0, lineAt(text, 200)) + text.slice(lineAt(text, 201)),
      "line 201",
    ],
    [
      "an unsealed line behind it",
      (text) => `${text.slice(0, lineAt(text, 200))}{}\n${text.slice(lineAt(text, 200))}`,
      "lines 201 to 202",
    ],
  ])("%s is damage", async (_, change, where) => {
    const at = await directoryWith(long);
    await read(at);
    const journal = openJournal(at, () => 0);
    for (const entry of BEHIND) await journal.append(entry);
    await writeFile(at.journal, change(await readFile(at.journal, "utf8")));
    const error = await readError(at);
    expect(error).toMatchObject({ code: "state-damaged", message: expect.stringContaining(where) });
    expect(await withoutCheckpoint(at, () => readError(at))).toEqual(error);
  });

  test.each<[string, (text: string) => string]>([
    ["a torn line", (text) => `${text}{"v":2,"at`],
    ["its last newline missing", (text) => text.slice(0, -1)],
    ["its last lines gone", (text) => text.slice(0, text.lastIndexOf('{"v":2') - 20_000)],
  ])("%s is a crash's, and more may follow", async (_, change) => {
    const at = await directoryWith(long);
    await read(at);
    await writeFile(at.journal, change(long));
    await openJournal(at, () => 0).append(composeHash(7));
    const state = await read(at);
    expect(state.record.composeHashes.map(({ hash }) => hash)).toEqual([hashOf(7)]);
    expect(await withoutCheckpoint(at, () => read(at))).toEqual(state);
  });

  test("a journal that ends without a newline is kept too", async () => {
    const at = await directoryWith(long.slice(0, -1));
    await read(at);
    const [, body = ""] = (await readFile(at.checkpoint, "utf8")).split("\n");
    expect(JSON.parse(body)).toMatchObject({ length: long.length - 1, lines: 200 });
    await openJournal(at, () => 0).append(composeHash(7));
    await appendFile(at.journal, "{}\n");
    expect(await readError(at)).toMatchObject({ message: expect.stringContaining("line 202") });
  });

  test("one of a newer format is left to the newer program", async () => {
    const at = await directoryWith(long);
    await read(at);
    await appendFile(at.journal, `${JSON.stringify({ ...sealedRecord(refused), v: 3 })}\n`);
    expect(await readError(at)).toMatchObject({ code: "state-too-new" });
  });
});

describe("a checkpoint that does not count", () => {
  test.each<[string, (at: StateDirectory) => Promise<void>]>([
    [
      "a changed byte",
      async (at) =>
        writeFile(
          at.checkpoint,
          (await readFile(at.checkpoint, "utf8")).replace('"via":"restart"', '"via":"restarT"'),
        ),
    ],
    ["another version", (at) => forge(at, (text) => text.replace('"version":1', '"version":2'))],
    ["of another journal", (at) => forge(at, (text) => text.replace(/"digest":"./, '"digest":"x'))],
    ["of a longer journal", (at) => forge(at, (text) => text.replace(/"length":/, '"length":9'))],
    [
      "half of it",
      async (at) => writeFile(at.checkpoint, (await readFile(at.checkpoint, "utf8")).slice(0, 999)),
    ],
    ["no JSON", (at) => writeFile(at.checkpoint, `${sha256Hex("hello")}\nhello\n`)],
    ["an empty file", (at) => writeFile(at.checkpoint, "")],
    [
      "a folder",
      async (at) => {
        await rm(at.checkpoint);
        await mkdir(at.checkpoint);
      },
    ],
  ])("%s: the journal is read", async (_, spoil) => {
    const at = await directoryWith(long);
    const before = await read(at);
    await spoil(at);
    expect(await read(at)).toEqual(before);
  });
});

test("records add up to the same, wherever a checkpoint lies between them", () => {
  const kinds: readonly JournalEntry[] = [
    intent("1", "create-cvm", null),
    { type: "provisioned", intent: "1", app_id: APP, compose_hash: hashOf(1), env_key: null },
    outcome("1", "unknown", null),
    outcome("1", "done", APP),
    intent("2", "create-cvm", null),
    outcome("2", "failed", null),
    intent("3", "delete-cvm", APP),
    outcome("3", "done", null),
    { type: "adopted", name: "bird-registry", app_id: OTHER },
    intent("4", "delete-cvm", OTHER),
    outcome("4", "done", null),
    { type: "settings", app_id: APP, values: { region: "eu", crunch: ["a"] } },
    { type: "registry-compose", hash: hashOf(3) },
    composeHash(1),
    approving([hashOf(1)]),
    approved([hashOf(1)]),
    verified([hashOf(1)]),
    refused,
    approving([hashOf(1), hashOf(2)], { restores: "x" }),
    { ...approved([hashOf(5)]), app_id: OTHER },
  ];
  let seed = 1;
  const next = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round += 1) {
    const records = Array.from({ length: 12 }, (): JournalRecord => {
      const record = sealedRecord(kinds[next(kinds.length)] ?? refused);
      return next(5) === 0 ? { ...record, sealed: false } : record;
    });
    const whole = foldJournal(records);
    for (let cut = 0; cut <= records.length; cut += 1) {
      const kept = JSON.parse(JSON.stringify(foldJournal(records.slice(0, cut)))) as JournalFold;
      expect(foldJournal(records.slice(cut), kept), `round ${round}, cut ${cut}`).toEqual(whole);
    }
  }
});
