import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { makeFolder } from "../../../src/lib/make-folder.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const SOURCE = fileURLToPath(new URL("../../../src/lib/make-folder.ts", import.meta.url));

test("what is missing above it is made with the same mode; what is there stays as it is", async () => {
  const there = await temporaryFolder();
  chmodSync(there, 0o755);
  const folder = path.join(there, "a", "b", "c");
  makeFolder(folder, 0o700);
  makeFolder(folder, 0o755);
  const modes = [there, path.join(there, "a"), path.dirname(folder), folder].map(
    (each) => statSync(each).mode & 0o777,
  );
  expect(modes).toEqual([0o755, 0o700, 0o700, 0o700]);
});

test("a link to a folder is one; a file is none, nor a link to nowhere", async () => {
  const there = await temporaryFolder();
  mkdirSync(path.join(there, "real"));
  symlinkSync("real", path.join(there, "link"));
  makeFolder(path.join(there, "link"));
  makeFolder(path.join(there, "link", "more"));
  expect(existsSync(path.join(there, "real", "more"))).toBe(true);
  writeFileSync(path.join(there, "file"), "");
  symlinkSync("/nowhere/at/all", path.join(there, "broken"));
  for (const [name, code] of [
    ["file", "EEXIST"],
    ["file/below", "ENOTDIR"],
    ["broken", "EEXIST"],
    ["broken/below", "EEXIST"],
  ] as const)
    expect(() => makeFolder(path.join(there, name))).toThrow(expect.objectContaining({ code }));
});

test.runIf(process.platform === "linux")(
  "where the system says that nothing is there in a folder that is, it fails and ends",
  async () => {
    const outfile = path.join(await temporaryFolder(), "make-folder.cjs");
    buildSync({ entryPoints: [SOURCE], bundle: true, platform: "node", format: "cjs", outfile });
    const code = `try { require(${JSON.stringify(outfile)}).makeFolder("/proc/none/below"); } catch (error) { console.log(error.code); }`;
    // Ended from outside: nothing within a process ends such a loop.
    const { stdout } = spawnSync(process.execPath, ["-e", code], {
      timeout: 60_000,
      encoding: "utf8",
    });
    expect(stdout).toBe("ENOENT\n");
  },
);
