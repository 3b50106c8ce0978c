import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, test } from "vitest";
import { loadProgram } from "../../../src/platform/load-program.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const ONE = 'exports.say = () => "one"; exports.folder = __dirname;';
const TWO = ONE.replace('"one"', '"two"');
const load = createRequire(import.meta.url);
type Program = { readonly say: () => string; readonly folder: string };

async function programOf(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), "main.cjs");
  await writeFile(file, text);
  return file;
}

/** Loads it and ends its process, as far as the loader sees it. */
function run(file: string, home: string, { command = "hash", code = 0, env = {} } = {}): string {
  const before = process.listeners("exit");
  const program = loadProgram(file, command, { HOME: home, ...env }, load) as Program;
  expect(program.folder).toBe(path.dirname(file));
  const said = program.say();
  for (const listener of process.listeners("exit"))
    if (!before.includes(listener)) {
      process.removeListener("exit", listener);
      listener.call(process, code);
    }
  return said;
}

const folderIn = (home: string): string =>
  path.join(home, ".cache", "tee-cluster", "compile-cache");
const fileIn = (home: string, command = "hash"): string =>
  path.join(folderIn(home), `${command}-${process.version}-${process.arch}.code`);
const sealed = (text: string, code: Buffer): Buffer =>
  Buffer.concat([createHash("sha256").update(text).update(code).digest(), code]);

test("what was compiled is kept for the next start of the same command, and used by it", async () => {
  const [home, one, two] = [await temporaryFolder(), await programOf(ONE), await programOf(TWO)];
  expect(run(one, home)).toBe("one");
  expect((await stat(fileIn(home))).mode & 0o777).toBe(0o600);
  expect(run(two, home, { command: "status" })).toBe("two");
  expect(await readdir(folderIn(home))).toHaveLength(2);
  // V8 runs what it is given for a text of that length: the seal is what keeps the code of another program out.
  const code = (await readFile(fileIn(home, "status"))).subarray(32);
  const six = ONE.replace('"one"', '"six"');
  await writeFile(fileIn(home), sealed(six, code));
  expect(run(await programOf(six), home)).toBe("two");
});

test("the code of another text, damaged code or that of another V8 is not used but replaced", async () => {
  const [home, one, two] = [await temporaryFolder(), await programOf(ONE), await programOf(TWO)];
  run(two, home);
  const ofTwo = await readFile(fileIn(home));
  expect(run(one, home)).toBe("one");
  const good = await readFile(fileIn(home));
  const flipped = Buffer.from(good);
  flipped[good.length - 50]! ^= 0xff;
  const foreign = Buffer.from(good.subarray(32));
  foreign.writeUInt32LE(foreign.readUInt32LE(4) ^ 1, 4);
  for (const bad of [
    ofTwo,
    flipped,
    good.subarray(0, 100),
    Buffer.alloc(0),
    sealed(ONE, foreign),
  ]) {
    await writeFile(fileIn(home), bad);
    // A file of its own each time: what this process has compiled of a file V8 does not look for elsewhere.
    expect(run(await programOf(ONE), home)).toBe("one");
    const now = await readFile(fileIn(home));
    expect(now.equals(sealed(ONE, now.subarray(32)))).toBe(true);
    expect(now.equals(bad)).toBe(false);
  }
});

test("nothing is kept of a run that failed, of an odd command, or where others could put code", async () => {
  const [home, one] = [await temporaryFolder(), await programOf(ONE)];
  run(one, home, { code: 2 });
  expect(await readdir(folderIn(home))).toEqual([]);
  run(one, home, { command: "../../x" });
  expect(await readdir(folderIn(home))).toEqual([path.basename(fileIn(home, "none"))]);
  // Where it can't be put in its place, no half of it stays either.
  await mkdir(fileIn(home, "status"));
  run(one, home, { command: "status" });
  expect(await readdir(folderIn(home))).toHaveLength(2);
  await rmdir(fileIn(home, "status"));
  await chmod(folderIn(home), 0o755);
  run(one, home);
  run(one, home, { env: { NODE_DISABLE_COMPILE_CACHE: "1" } });
  expect(await readdir(folderIn(home))).toHaveLength(1);
});

test("a part that the program asks for is loaded like it, once, and kept apart", async () => {
  const home = await temporaryFolder();
  const file = await programOf(`
    exports.folder = __dirname;
    exports.whole = () => "main";
    exports.say = () => require("./rest.cjs").say() + require("./rest.cjs").times();`);
  const rest =
    'let n = 0; n += 1; exports.times = () => n; exports.say = () => require("./main.cjs").whole() + __filename;';
  await writeFile(path.join(path.dirname(file), "rest.cjs"), rest);
  const said = `main${path.join(path.dirname(file), "rest.cjs")}1`;
  for (const _ of [1, 2]) expect(run(file, home)).toBe(said);
  expect((await readdir(folderIn(home))).toSorted()).toEqual([
    path.basename(fileIn(home)),
    path.basename(fileIn(home)).replace(/code$/, "rest.code"),
  ]);
  // Each with its own seal.
  await writeFile(fileIn(home).replace(/code$/, "rest.code"), await readFile(fileIn(home)));
  expect(run(file, home)).toBe(said);
});

test("Node's own modules are loaded when something of them is first used", async () => {
  const home = await temporaryFolder();
  const asked: string[] = [];
  const spying = Object.assign((name: string): unknown => {
    asked.push(name);
    return load(name);
  }, load);
  const file = await programOf(`
    const os = require("node:os"), again = require("node:os"), path = require("node:path");
    exports.folder = __dirname;
    exports.say = () => typeof os.EOL + Object.keys(again).includes("EOL") + ("EOL" in os) + (os === again);`);
  const program = loadProgram(file, "hash", { HOME: home }, spying) as Program;
  expect(asked).toEqual(["node:path"]);
  expect(program.say()).toBe("stringtruetruetrue");
  expect(new Set(asked)).toEqual(new Set(["node:path", "node:os"]));
});

test("a part beside the program is loaded when something of it is first used, and kept by itself", async () => {
  const home = await temporaryFolder();
  const main = await programOf(
    `const part = require("./part.cjs"); let used = false;
     exports.folder = __dirname; exports.use = () => { used = true; };
     exports.say = () => used ? part.said + require("./part.cjs").said : "unused";`,
  );
  await writeFile(path.join(path.dirname(main), "part.cjs"), 'exports.said = "part";');
  expect(run(main, home)).toBe("unused");
  expect(await readdir(folderIn(home))).toEqual([path.basename(fileIn(home))]);
  const env = { HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" };
  const program = loadProgram(main, "hash", env, load) as Program & { use(): void };
  program.use();
  expect(program.say()).toBe("partpart");
});
