/** The journal on disk: what is read back after power cuts, other versions and other people's edits. */
import { appendFile, mkdir, readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { openJournal, readJournal, type JournalEntry } from "../../../src/state/journal.ts";
import { stateDirectoryOf, type StateDirectory } from "../../../src/state/state-directory.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

async function directory(): Promise<StateDirectory> {
  const made = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  await mkdir(made.path, { recursive: true });
  return made;
}

const verified = (hash: string): JournalEntry => ({
  type: "verified",
  app_id: "aa",
  hashes: [hash],
});
const hashesIn = async (from: StateDirectory): Promise<string[]> =>
  (await readJournal(from)).flatMap((record) => (record.type === "verified" ? record.hashes : []));

test("there is none: nothing is known", async () => {
  expect(await readJournal(await directory())).toEqual([]);
});

test("what is appended at once stands in that order, a line each, in a private file", async () => {
  const at = await directory();
  const journal = openJournal(at, () => 0);
  const hashes = Array.from({ length: 20 }, (_, index) => String(index));
  await Promise.all(hashes.map((hash) => journal.append(verified(hash))));
  expect(await hashesIn(at)).toEqual(hashes);
  expect((await readFile(at.journal, "utf8")).split("\n")).toHaveLength(21);
  expect((await stat(at.journal)).mode & 0o777).toBe(0o600);
});

test("a torn last line is left out, and what is appended after it stands on its own", async () => {
  const at = await directory();
  const journal = openJournal(at, () => 0);
  await journal.append(verified("1"));
  await appendFile(at.journal, '{"v":1,"type":"veri');
  expect(await hashesIn(at)).toEqual(["1"]);
  await Promise.all(["2", "3"].map((hash) => journal.append(verified(hash))));
  expect(await hashesIn(at)).toEqual(["1", "2", "3"]);
});

test("one append that fails is told, and holds up no other", async () => {
  const at = await directory();
  const journal = openJournal({ ...at, journal: `${at.path}/missing/journal.jsonl` }, () => 0);
  const failing = journal.append(verified("1"));
  await expect(failing).rejects.toMatchObject({ kind: "prerequisite", code: "state-unwritable" });
  await mkdir(`${at.path}/missing`);
  await journal.append(verified("2"));
});

test.each([
  [
    "a newer version",
    '{"v":3,"at":"","run":"","type":"dream"}',
    "state-too-new",
    "format 3, this one knows 2",
  ],
  ["JSON that is no record", '{"v":1,"type":"dream"}', "state-damaged", "line 2 of"],
  [
    "a record with a field of another kind",
    '{"v":1,"at":7,"run":"","type":"verified"}',
    "state-damaged",
    "line 2",
  ],
])("%s is refused", async (_, line, code, words) => {
  const at = await directory();
  await openJournal(at, () => 0).append(verified("1"));
  await appendFile(at.journal, `${line}\n`);
  await openJournal(at, () => 0).append(verified("2"));
  const reading = readJournal(at);
  await expect(reading).rejects.toMatchObject({ kind: "prerequisite", code });
  await expect(reading).rejects.toThrow(words);
});

test("a file that can't be read is no empty one", async () => {
  const at = await directory();
  await mkdir(at.journal);
  await expect(readJournal(at)).rejects.toMatchObject({ code: "state-unreadable" });
});
