/** What an operator is told of state that can't be used, word for word: each says what to do. */
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { composeHashOf } from "../../../src/core/compose-hash.ts";
import { verifyHistory } from "../../../src/state/history-chain.ts";
import type { HistoryLine } from "../../../src/state/history.ts";
import {
  looksLikeHashRecord,
  parseHashRecord,
  readHashRecord,
  recordOfAnother,
} from "../../../src/state/hash-record.ts";
import { openHistory } from "../../../src/state/history.ts";
import { openJournal } from "../../../src/state/journal.ts";
import {
  damaged,
  prepareStateDirectory,
  replaceStateFile,
  stateDirectoryOf,
  tooNew,
  unreadable,
  unwritable,
} from "../../../src/state/state-directory.ts";
import { failureOf } from "../../helpers/memory-cloud.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const told = (error: Error): Promise<unknown> =>
  failureOf(() => {
    throw error;
  });

test("a state directory that is of no use", async () => {
  expect(await told(unwritable("/state/bird/journal.jsonl", new Error("ENOSPC"))))
    .toMatchInlineSnapshot(`
    {
      "code": "state-unwritable",
      "hint": "make /state/bird writable, free some space, or choose another folder with --state-dir",
      "kind": "prerequisite",
      "message": "can't write to the state directory: ENOSPC",
    }
  `);
  expect(await told(unreadable("/state/bird/journal.jsonl", new Error("EACCES"))))
    .toMatchInlineSnapshot(`
    {
      "code": "state-unreadable",
      "hint": "make /state/bird/journal.jsonl readable, or name another folder with --state-dir",
      "kind": "prerequisite",
      "message": "can't read the state directory: EACCES",
    }
  `);
  expect(await told(tooNew("/state/bird/journal.jsonl", 3, 2))).toMatchInlineSnapshot(`
    {
      "code": "state-too-new",
      "hint": "upgrade: npm install -g tee-cluster@latest",
      "kind": "prerequisite",
      "message": "/state/bird/journal.jsonl was written by a newer tee-cluster (format 3, this one knows 2)",
    }
  `);
  expect(await told(damaged("/state/bird/journal.jsonl", "line 1 is not"))).toMatchInlineSnapshot(`
    {
      "code": "state-damaged",
      "hint": "restore the folder from a backup; or set it aside (mv '/state/bird' '/state/bird.damaged') and run the command again with --adopt: it then goes by what Phala's API says",
      "kind": "prerequisite",
      "message": "line 1 is not",
    }
  `);
});

test("a state directory is private, and nothing is left of the proof that it can be written to", async () => {
  const root = await temporaryFolder();
  const directory = stateDirectoryOf(root, "host", "bird");
  await mkdir(directory.path, { recursive: true });
  await chmod(directory.path, 0o755);
  await prepareStateDirectory(directory);
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
  expect(await readdir(directory.path)).toEqual([]);
  const file = path.join(directory.path, "x", "y");
  await mkdir(path.dirname(file));
  await writeFile(file, "old", { mode: 0o644 });
  await replaceStateFile(file, "new");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(path.join(root, "file"), "");
  const inFile = stateDirectoryOf(path.join(root, "file"), "host", "bird");
  expect(await failureOf(prepareStateDirectory(inFile))).toMatchObject({
    code: "state-unwritable",
  });
  expect(await failureOf(replaceStateFile(path.join(root, "file", "x"), ""))).toMatchObject({
    code: "state-unwritable",
  });
});

describe("a hash record", () => {
  const AT = "2026-11-24T19:29:00.000Z";
  const one = { docker_compose_file: "one" };
  const hash = composeHashOf(one);
  const valid = {
    hash_record: 1,
    cluster: "bird",
    api_host: "host",
    basis: { compose_hash: hash, at: AT },
    approved: null,
    app_composes: { [hash]: one },
  };
  const parse = (change: object) =>
    failureOf(() => parseHashRecord(JSON.stringify({ ...valid, ...change }), "r.json"));

  test("that is refused is told by what is wrong with it", async () => {
    expect(await parse({ cluster: "" })).toMatchInlineSnapshot(`
      {
        "code": "hash-record-invalid",
        "hint": "write one where init has been run: tee-cluster hash --export FILE",
        "kind": "input",
        "message": "r.json is not a hash record: cluster: Too small: expected string to have >=1 characters",
      }
    `);
    expect(await parse({ basis: { compose_hash: "x", at: AT } })).toMatchObject({
      message: expect.stringContaining(": basis.compose_hash: ") as string,
    });
    expect(await parse({ hash_record: 2 })).toMatchInlineSnapshot(`
      {
        "code": "hash-record-too-new",
        "hint": "upgrade: npm install -g tee-cluster@latest",
        "kind": "input",
        "message": "r.json was written by a newer tee-cluster (format 2, this one knows 1)",
      }
    `);
    const [name, two] = ["f".repeat(64), { docker_compose_file: "two" }];
    expect(await parse({ app_composes: { [hash]: one, [name]: two } })).toMatchObject({
      message: `r.json was changed: the app-compose under ${name} hashes to ${composeHashOf(two)}`,
    });
    expect(await parse({ app_composes: {} })).toMatchObject({
      message: `r.json was changed: the app-compose of its basis ${hash} is missing`,
    });
    expect(await told(recordOfAnother("r.json", "cluster", "cat", "bird", "--cluster-name")))
      .toMatchInlineSnapshot(`
      {
        "code": "hash-record-of-another",
        "hint": "give the record of bird, or the --cluster-name of cat",
        "kind": "input",
        "message": "r.json is of the cluster cat, this run is about bird",
      }
    `);
  });

  test("is read from its file, and recognized in any version", async () => {
    const file = path.join(await temporaryFolder(), "r.json");
    await writeFile(file, JSON.stringify(valid));
    expect(await readHashRecord(file)).toEqual(valid);
    expect(looksLikeHashRecord(JSON.stringify(valid))).toBe(true);
    expect(looksLikeHashRecord('{"hash_record":9}')).toBe(true);
    expect(looksLikeHashRecord('{"hash_record":"1"}')).toBe(false);
    expect(looksLikeHashRecord("services: {}")).toBe(false);
  });
});

const line = (number: number, previous: string, change: Partial<HistoryLine> = {}): HistoryLine =>
  ({ number, hash: `h${number}`, ended: true, record: { previous }, ...change }) as HistoryLine;

const message = (lines: readonly HistoryLine[], heads: readonly string[] = []) =>
  verifyHistory(lines, heads)?.message;

describe("a history that is not what was appended", () => {
  const FIRST = "0".repeat(64);
  const whole = [line(1, FIRST), line(2, "h1"), line(3, "h2")];

  test.each<[string, readonly HistoryLine[], readonly string[], string | undefined]>([
    ["whole", whole, ["h1", "h3"], undefined],
    [
      "an edited line",
      [line(1, FIRST), line(2, "h1", { record: undefined }), line(3, "h9")],
      [],
      "line 2 was edited: it is not what was written there",
    ],
    [
      "moved lines",
      [line(1, FIRST), line(2, "h3"), line(3, "h1")],
      [],
      "line 2 was written after line 3: lines were moved or repeated",
    ],
    [
      "the first line not the first",
      [line(1, FIRST), line(2, FIRST)],
      [],
      "line 2 was written as the first one: lines were moved, or put before it",
    ],
    [
      "the beginning gone",
      [line(1, "h0")],
      [],
      "line 1 was not written as the first one: what stood before it is gone",
    ],
    [
      "a line gone",
      [line(1, FIRST), line(2, "hx")],
      [],
      "line 2 was not written after line 1: a line between them is gone, or line 1 was replaced",
    ],
    [
      "the end gone",
      whole,
      ["h1", "h3", "h4aaaaaaaaaaaa"],
      "the journal has an approval whose line (SHA-256 h4aaaaaaaaaa…) is not in the history: from line 4 on it was cut off or replaced",
    ],
    [
      "cut off, and it went on",
      whole,
      ["h1", "hx", "h3"],
      "the journal has an approval whose line (SHA-256 hx…) is not in the history: it was cut off before line 2, and went on",
    ],
    [
      "no newline, and the journal knows that it had one",
      [line(1, FIRST, { ended: false })],
      ["h1"],
      "line 1 was edited: the newline after it is missing",
    ],
    [
      "no newline",
      [line(1, FIRST, { ended: false })],
      [],
      "line 1 has no end: it was cut off while it was written, or is being written right now",
    ],
    [
      "a line that a power cut tore, and sealed since",
      [line(1, FIRST, { record: undefined }), line(2, "h1")],
      [],
      undefined,
    ],
  ])("%s", (_, lines, heads, expected) => {
    expect(message(lines, heads)).toBe(expected);
  });
});

test("a history is checked before anything is appended to it", async () => {
  const directory = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  await mkdir(directory.history, { recursive: true });
  expect(await failureOf(openHistory(directory, () => 0).check())).toMatchObject({
    code: "state-unreadable",
  });
});

test("a journal asks its guard before an intent, and before nothing else", async () => {
  const directory = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  await prepareStateDirectory(directory);
  let held = true;
  const guard = (): void => {
    if (!held) throw new Error("the lock is lost");
  };
  const journal = openJournal(directory, () => 0, guard);
  const intent = {
    type: "intent",
    intent: "i",
    action: "delete-cvm",
    name: "x",
    app_id: null,
  } as const;
  await journal.append(intent);
  held = false;
  await expect(journal.append(intent)).rejects.toThrow("the lock is lost");
  await expect(
    journal.append({ type: "run-finished", outcome: "failed", code: null }),
  ).resolves.toBeUndefined();
});
