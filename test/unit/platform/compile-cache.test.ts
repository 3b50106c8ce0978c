import { chmod, chown, mkdir, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { compileCacheFolder } from "../../../src/platform/compile-cache.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const NODE = "22.1.0";

test("a folder of its own below the user's cache, which nobody else can enter", async () => {
  const home = await temporaryFolder();
  const folder = path.join(home, ".cache", "tee-cluster", "compile-cache");
  expect(compileCacheFolder({ HOME: home }, NODE)).toBe(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  // There by now.
  expect(compileCacheFolder({ HOME: home }, "24.0.0")).toBe(folder);
});

test("XDG_CACHE_HOME counts where it is absolute", async () => {
  const [home, cache] = [await temporaryFolder(), await temporaryFolder()];
  const env = { HOME: home, XDG_CACHE_HOME: cache };
  expect(compileCacheFolder(env, NODE)).toBe(path.join(cache, "tee-cluster", "compile-cache"));
  expect(compileCacheFolder({ HOME: home, XDG_CACHE_HOME: "cache" }, NODE)).toContain(home);
});

test("none with a Node that has no such cache, where it is switched off, without a home", async () => {
  const home = await temporaryFolder();
  for (const version of ["20.19.0", "22.0.9", "21.7.3"])
    expect(compileCacheFolder({ HOME: home }, version)).toBeUndefined();
  const off = { HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" };
  expect(compileCacheFolder(off, NODE)).toBeUndefined();
  expect(compileCacheFolder({}, NODE)).toBeUndefined();
  expect(compileCacheFolder({ HOME: "relative" }, NODE)).toBeUndefined();
});

test("none where others could put code: a folder that they can enter, a link", async () => {
  const home = await temporaryFolder();
  const parent = path.join(home, ".cache", "tee-cluster");
  const folder = path.join(parent, "compile-cache");
  await mkdir(folder, { recursive: true });
  for (const mode of [0o770, 0o707, 0o755]) {
    await chmod(folder, mode);
    expect(compileCacheFolder({ HOME: home }, NODE)).toBeUndefined();
  }
  const other = await temporaryFolder();
  const linked = path.join(other, ".cache", "tee-cluster");
  await mkdir(linked, { recursive: true });
  await chmod(folder, 0o700);
  await symlink(folder, path.join(linked, "compile-cache"));
  expect(compileCacheFolder({ HOME: other }, NODE)).toBeUndefined();
});

test("none below a folder where others could put another in its place", async () => {
  const home = await temporaryFolder();
  const cache = path.join(home, ".cache");
  const folder = path.join(cache, "tee-cluster", "compile-cache");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  for (const above of [home, cache, path.dirname(folder)]) {
    await chmod(above, 0o777);
    expect(compileCacheFolder({ HOME: home }, NODE)).toBeUndefined();
    // As /tmp: only a file's owner may rename it.
    await chmod(above, 0o1777);
    expect(compileCacheFolder({ HOME: home }, NODE)).toBe(folder);
    await chmod(above, 0o755);
  }
});

test.runIf(process.getuid?.() === 0)("none for root in somebody else's home", async () => {
  const home = await temporaryFolder();
  expect(compileCacheFolder({ HOME: home }, NODE)).toBeDefined();
  await chown(path.join(home, ".cache"), 12_345, 12_345);
  expect(compileCacheFolder({ HOME: home }, NODE)).toBeUndefined();
});
