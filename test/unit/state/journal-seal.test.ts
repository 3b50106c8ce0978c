/** The journal's chain: what a flipped byte, a crash, another program and a journal of 0.1.0 come to. */
import { describe, expect, test } from "vitest";
import { coveredFrom, sealLine } from "../../../src/state/journal-seal.ts";
import { parseJournal, type JournalRecord } from "../../../src/state/journal.ts";

const FILE = "/state/journal.jsonl";
const json = (hash: string, v = 2): string =>
  JSON.stringify({
    v,
    at: "2026-01-01T00:00:00.000Z",
    run: "r",
    type: "verified",
    app_id: "aa",
    hashes: [hash],
  });
const started = JSON.stringify({
  v: 1,
  at: "",
  run: "r",
  type: "run-started",
  command: "init",
  pid: 1,
  host: "h",
});

/** As `appendLine` does it. */
function append(text: string, document: string): string {
  const ended = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const bytes = Buffer.from(ended);
  return `${ended}${sealLine(document, bytes.subarray(coveredFrom(bytes) ?? 0))}\n`;
}

const sealed = (before: string, ...hashes: readonly string[]): string =>
  hashes.reduce((text, hash) => append(text, json(hash)), before);
const read = (text: string | Buffer): readonly JournalRecord[] => [
  ...parseJournal(Buffer.from(text), FILE),
];
const hashesIn = (text: string): string[] =>
  read(text).flatMap((record) => (record.type === "verified" ? record.hashes : []));
const thrownBy = (text: string | Buffer): unknown => {
  try {
    read(text);
    return undefined;
  } catch (error) {
    return error;
  }
};
const damage = (words: string): unknown =>
  expect.objectContaining({
    kind: "prerequisite",
    code: "state-damaged",
    message: expect.stringContaining(words),
  });

describe("a sealed journal", () => {
  const whole = sealed("", "1", "2", "3");

  test("reads back", () => {
    expect(hashesIn(whole)).toEqual(["1", "2", "3"]);
    expect(read(whole).map((record) => record.sealed)).toEqual([undefined, undefined, undefined]);
  });

  test("no byte of it can be changed, but by tearing its end", () => {
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(thrownBy(flipped), `byte ${at}`).toMatchObject({ code: "state-damaged" });
    }
  });

  test("its last newline replaced is no torn line: a whole record stands there", () => {
    expect(thrownBy(`${whole.slice(0, -1)}\u000b`)).toEqual(damage("line 3"));
  });

  test.each([
    [
      "NULs in the place of a line",
      (lines: string[]) => [lines[0], "\0".repeat(90), lines[2]],
      "lines 2 to 3",
    ],
    ["a line that is gone", (lines: string[]) => [lines[0], lines[2]], "line 2"],
    ["the first line gone", (lines: string[]) => [lines[1], lines[2]], "line 1"],
    ["lines that changed places", (lines: string[]) => [lines[1], lines[0], lines[2]], "line 1"],
    [
      "a line that stands twice",
      (lines: string[]) => [lines[0], lines[0], lines[1], lines[2]],
      "line 2",
    ],
    [
      "an unsealed line put in",
      (lines: string[]) => [lines[0], json("x", 1), lines[1]],
      "lines 2 to 3",
    ],
    ["a blank line put in", (lines: string[]) => [lines[0], "", lines[1]], "lines 2 to 3"],
    [
      "an unsealed line at the end",
      (lines: string[]) => [...lines.slice(0, 3), json("x", 1)],
      "line 4",
    ],
    ["NULs as a line at the end", (lines: string[]) => [...lines.slice(0, 3), "\0\0"], "line 4"],
  ])("%s is damage", (_, change, words) => {
    expect(thrownBy(`${change(whole.split("\n")).join("\n")}\n`)).toEqual(damage(words));
  });

  test("the message names the file, and the hint sets the folder aside", () => {
    expect(thrownBy(whole.replace('"1"', '"9"'))).toMatchObject({
      message: `line 1 of ${FILE} is not what was written there, or a line before it is gone`,
      hint: expect.stringContaining("mv '/state' '/state.damaged'"),
    });
  });
});

describe("what a crash cut off", () => {
  const before = sealed("", "1");

  test.each([
    "{",
    json("x").slice(0, 40),
    json("x").slice(0, -1),
    "\0\0\0\0",
    sealed("", "x").slice(0, -3),
  ])("%j at the end is left out, and stays out when more follows", (torn) => {
    expect(hashesIn(before + torn)).toEqual(["1"]);
    expect(hashesIn(sealed(before + torn, "2", "3"))).toEqual(["1", "2", "3"]);
    expect(hashesIn(sealed(torn, "2"))).toEqual(["2"]);
  });

  test("only the newline: the record counts", () => {
    const open = sealed(before, "2").slice(0, -1);
    expect(hashesIn(open)).toEqual(["1", "2"]);
    expect(hashesIn(sealed(open, "3"))).toEqual(["1", "2", "3"]);
  });

  test("a whole document that was sealed over was written by another program", () => {
    expect(thrownBy(sealed(before + json("x", 1), "2"))).toEqual(damage("line 2"));
  });
});

describe("a journal of 0.1.0", () => {
  const old = `${json("1", 1)}\n${json("2", 1)}\n`;

  test("is read, and marked as not verified", () => {
    expect(read(old).map((record) => record.sealed)).toEqual([false, false]);
    expect(read(sealed(old, "3")).map((record) => record.sealed)).toEqual([
      false,
      false,
      undefined,
    ]);
    expect(read(json("1", 1))).toHaveLength(1);
    expect(read(`\n${old}`)).toHaveLength(2);
  });

  test("is sealed as a whole by the first record behind it", () => {
    expect(thrownBy(sealed(old, "3").replace('["1"]', '["9"]'))).toEqual(damage("lines 1 to 3"));
  });

  test("a line that a crash cut off is left out, at the end and before another run", () => {
    const torn = json("x", 1).slice(0, 50);
    expect(hashesIn(old + torn)).toEqual(["1", "2"]);
    expect(hashesIn(`${old}${torn}\n${started}\n${json("3", 1)}\n`)).toEqual(["1", "2", "3"]);
  });

  const x = json("x", 1);
  test.each([
    ["a flipped byte", `${x.replace('"at"', '"at!')}\n${started}`],
    ["a flipped last byte", `${x.slice(0, -1)}|\n${started}`],
    ["a torn line that no new run follows", `${x.slice(0, 50)}\n${x}`],
    ["a torn line with nothing but a newline behind it", x.slice(0, 50)],
    ["NULs", `\0\0\0\n${started}`],
    ["NULs within a line", `{"v":1,\0\0\0\n${started}`],
    ["something else before a new run", `hello\n${started}`],
  ])("%s in the middle is damage", (_, lines) => {
    expect(thrownBy(`${old}${lines}\n`)).toEqual(damage("line 3"));
  });

  test("its last newline replaced is damage", () => {
    expect(thrownBy(`${old.slice(0, -1)}!`)).toEqual(damage("line 2"));
  });
});

describe("a newer format", () => {
  const newer = json("x", 3);
  test.each([
    ["sealed", append(sealed("", "1"), newer)],
    ["unsealed, at the end", `${sealed("", "1")}${newer}\n`],
    ["unsealed, sealed over", sealed(`${sealed("", "1")}${newer}\n`, "2")],
    ["alone", `${newer}\n`],
  ])("%s is for the newer program", (_, text) => {
    expect(thrownBy(text)).toMatchObject({
      code: "state-too-new",
      message: expect.stringContaining("format 3, this"),
    });
  });

  test("a flipped version is damage", () => {
    const flipped = sealed("", "1").replace('"v":2', '"v":3');
    expect(thrownBy(flipped)).toEqual(damage("line 1"));
  });
});

test("a record that is sealed and not one of ours is damage too", () => {
  expect(thrownBy(append("", '{"v":2,"type":"dream"}'))).toEqual(damage("line 1 of"));
});

test("where the last seal's digits begin", () => {
  const two = Buffer.from(sealed("", "1", "2"));
  expect(coveredFrom(two)).toBe(two.length - 67);
  expect(coveredFrom(two.subarray(0, -1))).toBe(two.length - 67);
  expect(coveredFrom(Buffer.from(`${two.toString()}torn`))).toBe(two.length - 67);
  expect(coveredFrom(Buffer.from("none"))).toBeUndefined();
  const spoilt = Buffer.from(two.toString().replace(/"\}\n$/, '"}x\n'));
  expect(coveredFrom(spoilt)).toBe(Buffer.from(sealed("", "1")).length - 67);
  expect(coveredFrom(Buffer.from(`,"digest":"${"g".repeat(64)}"}`))).toBeUndefined();
});
