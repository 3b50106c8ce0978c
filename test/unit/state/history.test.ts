/** The history's chain: written by the real module, then changed in every way that a file can be changed. */
import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { beforeEach, expect, test } from "vitest";
import { sha256Hex } from "../../../src/core/compose-hash.ts";
import { cutOffLines, headOf, verifyHistory } from "../../../src/state/history-chain.ts";
import {
  NO_PREVIOUS,
  openHistory,
  operator,
  parseHistory,
  readHistory,
} from "../../../src/state/history.ts";
import { splitLines } from "../../../src/state/line-file.ts";
import { readJournal } from "../../../src/state/journal.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import { stateDirectoryOf, type StateDirectory } from "../../../src/state/state-directory.ts";
import { approvalOf, approve } from "../../helpers/history.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

let directory: StateDirectory;
beforeEach(async () => {
  directory = stateDirectoryOf(await temporaryFolder(), "example.com", "bird-tracker");
});

const THREE = [approvalOf("a"), approvalOf("b", { reason: "über: \n✓" }), approvalOf("d")];

const bytesOf = (): Promise<Buffer> => readFile(directory.history);
const linesOf = async (): Promise<string[]> =>
  (await bytesOf()).toString().split("\n").slice(0, -1);
const write = (data: string | Buffer): Promise<void> => writeFile(directory.history, data);

/** What the verification says, with the journal's heads or with none. */
const verdict = async (heads: readonly string[] = []) =>
  verifyHistory(await readHistory(directory), heads);

test("each line carries the hash of the exact line before it; the file is private", async () => {
  const heads = await approve(directory, THREE);
  const lines = await linesOf();
  expect(lines.map(sha256Hex)).toEqual(heads);
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records.map(({ previous }) => previous)).toEqual([NO_PREVIOUS, heads[0], heads[1]]);
  expect(records[1]).toMatchObject({ v: 1, at: "2026-11-24T19:35:13.000Z", ...THREE[1] });
  expect((await stat(directory.history)).mode & 0o777).toBe(0o600);
  expect(headOf(await readHistory(directory))).toBe(heads[2]);
  expect(await verdict(heads)).toBeUndefined();
});

test("the journal's record carries the head on, and null where there is none", async () => {
  const [head] = await approve(directory, [approvalOf("a")]);
  const records = await readJournal(directory);
  expect(summarizeJournal(records, "bird-tracker").approvals[0]?.historyHead).toBe(head);
  const older = records.map(({ ...record }) => {
    if (record.type === "approved") delete record.history_head;
    return record;
  });
  expect(summarizeJournal(older, "bird-tracker").approvals[0]?.historyHead).toBeNull();
});

test("no file, and no head in the journal: nothing to find fault with", async () => {
  expect(await readHistory(directory)).toEqual([]);
  expect(await verdict()).toBeUndefined();
});

/** Both what the chain says of these bytes alone, and what it says with the journal's heads. */
function isFound(bytes: Buffer, heads: readonly string[]): boolean {
  const lines = parseHistory(splitLines(bytes), directory.history);
  return verifyHistory(lines, []) !== undefined && verifyHistory(lines, heads) !== undefined;
}

test("every change of one byte is found, also without the journal", async () => {
  const heads = await approve(directory, [approvalOf("a"), approvalOf("b", { reason: "ü" })]);
  const whole = await bytesOf();
  const missed: string[] = [];
  for (const [at, byte] of whole.entries()) {
    // A bit, another one at each place; all bits; and what makes a newline of it.
    for (const flip of [1 << (at % 8), 255, byte ^ 0x0a]) {
      const changed = Buffer.from(whole);
      changed[at] = byte ^ flip;
      if (flip !== 0 && !isFound(changed, heads)) missed.push(`byte ${at} xor ${flip}`);
    }
  }
  expect(missed).toEqual([]);
});

test("every byte that goes, or comes, is found, also without the journal", async () => {
  const heads = await approve(directory, [approvalOf("a"), approvalOf("b")]);
  const whole = await bytesOf();
  const missed: number[] = [];
  for (const at of whole.keys()) {
    const [before, after] = [whole.subarray(0, at), whole.subarray(at)];
    const gone = Buffer.concat([before, after.subarray(1)]);
    const more = ["\n", " ", "\0"].map((byte) => Buffer.concat([before, Buffer.from(byte), after]));
    if (![gone, ...more].every((changed) => isFound(changed, heads))) missed.push(at);
  }
  expect(missed).toEqual([]);
});

test.each([
  ["an edited line", [0, "1x", 2], 2, "edited"],
  ["the last line edited", [0, 1, "2x"], 3, "edited"],
  ["an edited line with its own digest put right", [0, "1s", 2], 3, "missing"],
  ["the first line gone", [1, 2], 1, "missing"],
  ["a line gone in the middle", [0, 2], 2, "missing"],
  ["two lines swapped", [0, 2, 1], 2, "reordered"],
  ["the first two swapped", [1, 0, 2], 1, "reordered"],
  ["a line twice", [0, 1, 1, 2], 3, "reordered"],
  ["the first line again at the end", [0, 1, 2, 0], 4, "reordered"],
  ["a line of something else", [0, 1, "junk", 2], 3, "edited"],
  ["an empty line at the end", [0, 1, 2, ""], 4, "edited"],
  ["the last line gone", [0, 1], 3, "truncated"],
  ["all but the first gone", [0], 2, "truncated"],
  ["everything gone", [], 1, "truncated"],
] as const)("%s", async (_, order, line, reason) => {
  const heads = await approve(directory, THREE);
  const lines = await linesOf();
  const changed = order.map((what) => {
    if (typeof what === "number") return lines[what] ?? "";
    return /^\d/.test(what) ? edited(lines[Number(what[0])] ?? "", what[1] === "s") : what;
  });
  await write(changed.map((text) => `${text}\n`).join(""));
  expect(await verdict(heads)).toMatchObject({ line, reason });
});

/** Somebody else approved it; with a digest that fits again, as one who knows how would do it. */
function edited(line: string, sealAgain: boolean): string {
  const json = line.replace("acme", "acne").replace(/,"digest":"[0-9a-f]+"\}$/, "}");
  const digest = sealAgain ? sha256Hex(json) : (/"digest":"([0-9a-f]+)"\}$/.exec(line)?.[1] ?? "");
  return `${json.slice(0, -1)},"digest":"${digest}"}`;
}

test("a chain that is whole, but another one than the journal knows", async () => {
  const heads = await approve(directory, THREE);
  await write("");
  await approve(directory, [approvalOf("e"), approvalOf("f"), approvalOf("9")], {
    journaled: false,
  });
  expect(await verdict()).toBeUndefined();
  expect(await verdict(heads)).toMatchObject({ line: 1, reason: "truncated" });
});

test("a chain that was cut off and went on", async () => {
  const heads = await approve(directory, THREE);
  await write(`${(await linesOf()).slice(0, 1).join("\n")}\n`);
  const later = await approve(directory, [approvalOf("e")]);
  expect(await verdict()).toBeUndefined();
  expect(await verdict([...heads, ...later])).toMatchObject({ line: 2, reason: "missing" });
});

test("an entry that the journal does not know of yet: a run was killed between the two", async () => {
  const heads = await approve(directory, [approvalOf("a")]);
  await approve(directory, [approvalOf("b")], { journaled: false });
  expect(await verdict(heads)).toBeUndefined();
});

test("a torn last line is told as torn; the next approval seals it, and the chain holds over it", async () => {
  const heads = await approve(directory, [approvalOf("a")]);
  await appendFile(directory.history, '{"v":1,"at":"2026-11-');
  expect(await verdict(heads)).toMatchObject({ line: 2, reason: "torn" });
  const later = await approve(directory, [approvalOf("b")]);
  const lines = await readHistory(directory);
  expect(verifyHistory(lines, [...heads, ...later])).toBeUndefined();
  expect(cutOffLines(lines)).toEqual([2]);
  expect(lines.map(({ record }) => record?.runner_hash[0])).toEqual(["a", undefined, "b"]);
  // Sealed is sealed: nobody edits the torn line any more either.
  await write((await bytesOf()).toString().replace('"2026-11-\n', '"2026-12-\n'));
  expect(await verdict()).toMatchObject({ line: 2, reason: "edited" });
});

test("a line that only lacks its newline is an entry; whether it was torn, the journal knows", async () => {
  const heads = await approve(directory, [approvalOf("a"), approvalOf("b")]);
  const whole = await bytesOf();
  await write(whole.subarray(0, -1));
  expect(await verdict(heads.slice(0, 1))).toMatchObject({ line: 2, reason: "torn" });
  expect(await verdict(heads)).toMatchObject({ line: 2, reason: "edited" });
  await openHistory(directory, Date.now).append(approvalOf("d"));
  expect(await verdict(heads)).toBeUndefined();
});

test("a torn line that the journal knows whole was cut off by somebody", async () => {
  const heads = await approve(directory, [approvalOf("a"), approvalOf("b")]);
  await write((await bytesOf()).subarray(0, -9));
  expect(await verdict(heads)).toMatchObject({ line: 2, reason: "truncated" });
});

test("an entry of a newer version is refused, not misread", async () => {
  await approve(directory, [approvalOf("a")]);
  const json = (await linesOf())
    .join("")
    .replace('{"v":1', '{"v":2')
    .replace(/,"digest".*/, "}");
  await write(`${json.slice(0, -1)},"digest":"${sha256Hex(json)}"}\n`);
  await expect(readHistory(directory)).rejects.toMatchObject({
    code: "state-too-new",
    kind: "prerequisite",
  });
});

function noEntry(): string {
  throw new Error("uv_os_get_passwd returned ENOENT");
}

test("an operator without a passwd entry (docker -u) is named by the uid", () => {
  expect(operator("ann", noEntry)).toMatchObject({
    login: "ann",
    user: `uid ${process.getuid?.()}`,
  });
  expect(operator(null, () => "root")).toMatchObject({ login: null, user: "root" });
});
