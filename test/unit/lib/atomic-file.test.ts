/** The one atomic write: also over a file that is a mount point, another user's, or has another name. */
import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  link,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inspectTarget, writeAtomically } from "../../../src/lib/atomic-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "atomic file-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string): string => path.join(folder, name);
const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

test("the copy from before has the original's bytes and mode, and replaces an older copy", async () => {
  await writeFile(at("o.yml"), "\ufeffold\r\n");
  await writeFile(at("o.yml.bak"), "older");
  await chmod(at("o.yml"), 0o640);
  await writeAtomically(at("o.yml"), "new", { backup: at("o.yml.bak") });
  expect(await readFile(at("o.yml"), "utf8")).toBe("new");
  expect(await readFile(at("o.yml.bak"), "utf8")).toBe("\ufeffold\r\n");
  expect((await stat(at("o.yml.bak"))).mode & 0o7777).toBe(0o640);
  expect((await readdir(folder)).toSorted()).toEqual(["o.yml", "o.yml.bak"]);
});

test("a new file has nothing to keep", async () => {
  await writeAtomically(at("o.yml"), "new", { backup: at("o.yml.bak") });
  expect(await readdir(folder)).toEqual(["o.yml"]);
});

test("where the copy can't be made, nothing is changed", async () => {
  await writeFile(at("o.yml"), "old");
  const nowhere = path.join(folder, "no", "o.yml.bak");
  await expect(writeAtomically(at("o.yml"), "new", { backup: nowhere })).rejects.toThrow("ENOENT");
  expect(await readFile(at("o.yml"), "utf8")).toBe("old");
});

test("a private file stays private, whatever was there", async () => {
  await writeFile(at("s.json"), "old", { mode: 0o644 });
  await writeAtomically(at("s.json"), "new", { forceMode: 0o600 });
  expect((await stat(at("s.json"))).mode & 0o777).toBe(0o600);
});

test("another name of the same file keeps the old text, and is counted beforehand", async () => {
  await writeFile(at("o.yml"), "old");
  await link(at("o.yml"), at("other.yml"));
  expect((await inspectTarget(at("o.yml"))).existing).toMatchObject({
    otherLinks: 1,
    mounted: false,
  });
  await writeAtomically(at("o.yml"), "new");
  expect(await readFile(at("other.yml"), "utf8")).toBe("old");
  expect(await readFile(at("o.yml"), "utf8")).toBe("new");
});

describe.runIf(isRoot)("as root", () => {
  test("the file stays its owner's, and so does the copy", async () => {
    await writeFile(at("o.yml"), "old");
    await chown(at("o.yml"), 1234, 2345);
    await writeAtomically(at("o.yml"), "new", { backup: at("o.yml.bak") });
    for (const name of ["o.yml", "o.yml.bak"])
      expect(await stat(at(name))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  test("a single file that is mounted is found, and written in place with a copy beside it", async () => {
    await writeFile(at("real.yml"), "the old text, longer");
    await writeFile(at("o.yml"), "");
    const module = at("atomic-file.mjs");
    await build({
      entryPoints: ["src/lib/atomic-file.ts"],
      bundle: true,
      platform: "node",
      outfile: module,
      format: "esm",
      logLevel: "error",
    });
    const script = `
      const { inspectTarget, writeAtomically } = await import(${JSON.stringify(module)});
      const file = process.argv[1];
      const { existing } = await inspectTarget(file);
      const refused = await writeAtomically(file, "new").then(() => "written", (error) => error.message);
      await writeAtomically(file, "new", { backup: file + ".bak" });
      console.log(JSON.stringify({ mounted: existing.mounted, refused }));`;
    const inMount = `mount --bind "$1" "$2" && exec "$3" --input-type=module -e "$4" "$2"`;
    const args = [
      "-m",
      "sh",
      "-c",
      inMount,
      "sh",
      at("real.yml"),
      at("o.yml"),
      process.execPath,
      script,
    ];
    const { stdout } = await run("unshare", args);
    expect(JSON.parse(stdout)).toEqual({
      mounted: true,
      refused: `${at("o.yml")} is a mount point and can't be replaced`,
    });
    expect(await readFile(at("real.yml"), "utf8")).toBe("new");
    expect(await readFile(at("o.yml.bak"), "utf8")).toBe("the old text, longer");
    expect((await readdir(folder)).toSorted()).toEqual([
      "atomic-file.mjs",
      "o.yml",
      "o.yml.bak",
      "real.yml",
    ]);
  });
});
