/** Writing a file: complete or untouched, whatever is in the way. */
import { execFile } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readWholeText } from "../../../src/orchestrator/read-file.ts";
import { writeFileAtomically } from "../../../src/orchestrator/write-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "write-file-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const at = (...names: string[]): string => path.join(folder, ...names);
const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

test("a new file, with the mode that is asked for and nothing beside it", async () => {
  await writeFileAtomically(at("o.yml"), "ü\r\n", { mode: 0o600 });
  expect(await readFile(at("o.yml"), "utf8")).toBe("ü\r\n");
  expect(await modeOf(at("o.yml"))).toBe(0o600);
  expect(await readdir(folder)).toEqual(["o.yml"]);
});

test("an existing file keeps its mode, also one that the umask would narrow", async () => {
  await writeFile(at("o.yml"), "old");
  await chmod(at("o.yml"), 0o666);
  await writeFileAtomically(at("o.yml"), "new");
  expect(await readFile(at("o.yml"), "utf8")).toBe("new");
  expect(await modeOf(at("o.yml"))).toBe(0o666);
});

test("the old file itself is never written to: whoever has it open reads the old text", async () => {
  await writeFile(at("o.yml"), "old");
  const before = await stat(at("o.yml"));
  await writeFileAtomically(at("o.yml"), "new");
  expect((await stat(at("o.yml"))).ino).not.toBe(before.ino);
});

test.each(["there", "not there yet"])("a link stays a link; its target is %s", async (state) => {
  await mkdir(at("real"));
  if (state === "there") await writeFile(at("real", "o.yml"), "old");
  await symlink("real/o.yml", at("link"));
  await symlink("link", at("link-to-link"));
  await writeFileAtomically(at("link-to-link"), "new");
  expect(await readlink(at("link-to-link"))).toBe("link");
  expect((await lstat(at("link"))).isSymbolicLink()).toBe(true);
  expect(await readFile(at("real", "o.yml"), "utf8")).toBe("new");
  expect(await readdir(at("real"))).toEqual(["o.yml"]);
});

test("a folder in its place is refused and left alone", async () => {
  await mkdir(at("o.yml"));
  await writeFile(at("o.yml", "inside"), "x");
  await expect(writeFileAtomically(at("o.yml"), "new")).rejects.toMatchObject({
    code: "config-not-a-file",
    kind: "conflict",
  });
  expect(await readdir(folder)).toEqual(["o.yml"]);
  expect(await readdir(at("o.yml"))).toEqual(["inside"]);
});

test("a missing folder is named with the command that makes it", async () => {
  await expect(writeFileAtomically(at("no", "o.yml"), "new")).rejects.toMatchObject({
    code: "config-folder-missing",
    kind: "input",
    hint: expect.stringContaining(`mkdir -p '${at("no")}'`),
  });
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ["a file where a folder must be", async () => writeFile(at("no"), "x")],
  ["links in a circle", async () => symlink("no", at("no"))],
])("%s is a conflict", async (_, prepare) => {
  await prepare();
  const file = _.startsWith("links") ? at("no") : at("no", "o.yml");
  await expect(writeFileAtomically(file, "new")).rejects.toMatchObject({
    code: "config-unwritable",
    kind: "conflict",
  });
  expect(await readdir(folder)).toEqual(["no"]);
});

test("writers at the same time: one of the texts, whole", async () => {
  const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
  await Promise.all(texts.map((text) => writeFileAtomically(at("o.yml"), text)));
  expect(texts).toContain(await readFile(at("o.yml"), "utf8"));
  expect(await readdir(folder)).toEqual(["o.yml"]);
});

const RECORD = { code: "hash-record", flag: "--export" } as const;

test("what is in the way is told with the path and the flag for another one", async () => {
  const refusal = async (file: string, role?: typeof RECORD): Promise<unknown> =>
    writeFileAtomically(file, "new", role ? { role } : {}).catch((error: unknown) => error);
  await mkdir(at("folder"));
  expect(await refusal(at("folder"))).toMatchObject({
    message: `${at("folder")} is a folder or not a regular file`,
    hint: "give the path of a file with --orchestrator-config",
  });
  expect(await refusal(at("no", "r.json"), RECORD)).toMatchObject({
    code: "hash-record-folder-missing",
    message: `can't write ${at("no", "r.json")}: the folder ${at("no")} does not exist`,
    hint: `make it with: mkdir -p '${at("no")}', or choose another place with --export`,
  });
  await writeFile(at("file"), "x");
  expect(await refusal(at("file", "r.json"), RECORD)).toMatchObject({
    code: "hash-record-unwritable",
    message: expect.stringMatching(new RegExp(`^can't write ${at("file", "r.json")}: .*ENOTDIR`)),
    hint: "fix that, or choose another place with --export; then run the command again",
  });
});

test("what can't be read is told likewise, and left as it is", async () => {
  await writeFile(at("latin1.yml"), Buffer.from("a: \xfc", "latin1"));
  await expect(readWholeText(at("latin1.yml"), RECORD)).rejects.toMatchObject({
    code: "hash-record-unreadable",
    kind: "conflict",
    message: `can't read ${at("latin1.yml")}: it is not text in UTF-8; it was left as it is`,
    hint: "fix that, or give another file with --export; then run the command again",
  });
  await expect(readWholeText(at("latin1.yml", "x"))).rejects.toMatchObject({
    code: "config-unreadable",
    message: expect.stringContaining("ENOTDIR"),
  });
});

test("what is read to be written back: whole, or refused", async () => {
  await writeFile(at("bom.yml"), "\ufeffa: ü\r\n");
  expect(await readWholeText(at("bom.yml"))).toBe("\ufeffa: ü\r\n");
  expect(await readWholeText(at("nothing.yml"))).toBeUndefined();
  await writeFile(at("latin1.yml"), Buffer.from("a: \xfc", "latin1"));
  await expect(readWholeText(at("latin1.yml"))).rejects.toMatchObject({
    code: "config-unreadable",
  });
  await promisify(execFile)("mkfifo", [at("pipe.yml")]);
  await expect(readWholeText(at("pipe.yml"))).rejects.toMatchObject({ code: "config-not-a-file" });
});
