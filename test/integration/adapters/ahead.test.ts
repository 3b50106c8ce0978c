/** A `phala` that is started ahead: it knows nothing until it has work, is then as if just started, and is never left. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { PhalaCli } from "../../../src/core/ports.ts";
import type { PhalaCliOptions } from "../../../src/platform/phala/cli.ts";
import { PHALA_PACKAGE_BIN } from "../../helpers/phala-bin.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { holdTimers } from "../../helpers/timers.ts";
import { until } from "../../helpers/until.ts";
import { deployment, phala, program, startedSandbox } from "./world.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SOURCE = path.join(ROOT, "src", "platform", "phala", "preload.ts");
const KEY = "phak_the_real_key";
const API = "http://127.0.0.1:9";
const never = new AbortController().signal;
let preload = "";

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [SOURCE],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
  });
  const folder = path.join(ROOT, "node_modules", ".cache", "preload-under-test");
  await mkdir(folder, { recursive: true });
  preload = path.join(folder, `${process.pid}.js`);
  await writeFile(preload, outputFiles[0]?.contents ?? "");
});

/** Says what it is, as an answer to `phala status`, and to the file `reports`. */
const REPORT = `
  import { appendFileSync, readdirSync, readlinkSync } from "node:fs";
  const links = readdirSync("/proc/self/fd").map((fd) => { try { return readlinkSync("/proc/self/fd/" + fd); } catch { return ""; } });
  const { argv, execArgv, env, pid } = process;
  const sockets = links.filter((link) => link.startsWith("socket:")).length;
  const report = { argv, execArgv, env, pid, sockets, cwd: process.cwd(), atLoading: globalThis.atLoading };
  appendFileSync(new URL("../reports", import.meta.url), JSON.stringify(report) + "\\n");
  console.log(JSON.stringify({ success: true, username: "ada" }));
`;
/** Writes down who loads it, and what it sees then. */
const LIBRARY = `
  import { appendFileSync } from "node:fs";
  globalThis.atLoading = { args: process.argv.slice(2), env: { ...process.env } };
  appendFileSync(new URL("../../loaded", import.meta.url), process.pid + "\\n");
`;

type Report = {
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly sockets: number;
  readonly cwd: string;
  readonly atLoading?: Pick<Report, "env"> & { readonly args: readonly string[] };
};

type Package = {
  readonly bin: string;
  readonly folder: string;
  /** Of those that have loaded its library. */
  loaded(): Promise<readonly number[]>;
  reports(): Promise<readonly Report[]>;
};

/** An npm package `phala`, called through a link as npm makes it. One dependency is there, one is not. */
async function makePackage({
  entry = REPORT,
  library = LIBRARY,
  name = "phala",
} = {}): Promise<Package> {
  const folder = path.join(await temporaryFolder(), "phala");
  const [dist, lib] = [path.join(folder, "dist"), path.join(folder, "node_modules", "lib")];
  await Promise.all([mkdir(dist, { recursive: true }), mkdir(lib, { recursive: true })]);
  const manifest = {
    name,
    version: "1.1.18",
    type: "module",
    bin: { phala: "./dist/index.js" },
    dependencies: { missing: "1", lib: "1" },
  };
  // What is required is not what is imported.
  const exports = { import: "./index.js", require: "./none.cjs" };
  await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
  await writeFile(
    path.join(lib, "package.json"),
    JSON.stringify({ name: "lib", type: "module", exports }),
  );
  await writeFile(path.join(lib, "index.js"), library);
  await writeFile(path.join(dist, "index.js"), `#!/usr/bin/env node\n${entry}`, { mode: 0o755 });
  const bin = path.join(path.dirname(folder), "linked-phala");
  await symlink(path.join(dist, "index.js"), bin);
  const linesOf = async (file: string): Promise<string[]> =>
    (await readFile(path.join(folder, file), "utf8").catch(() => "")).split("\n").filter(Boolean);
  return {
    bin,
    folder,
    loaded: async () => (await linesOf("loaded")).map(Number),
    reports: async () => (await linesOf("reports")).map((line) => JSON.parse(line) as Report),
  };
}

type Tried = { readonly cli: PhalaCli; readonly details: string[]; starts: number };

function tried(bin: string, more: Partial<PhalaCliOptions> = {}): Tried {
  const details: string[] = [];
  const seen = { details, starts: 0 };
  const cli = phala(
    { apiUrl: API, apiKey: KEY },
    {
      bin,
      preload,
      env: {
        PATH: process.env["PATH"],
        HOME: "/nowhere",
        LANG: "C.UTF-8",
        AWS_SECRET_ACCESS_KEY: "x",
      },
      onDetail: (line) => details.push(line),
      stopwatch: {
        async measure(_, run) {
          seen.starts += 1;
          return run();
        },
        block: (_, start) => start(),
      },
      ...more,
    },
  );
  onTestFinished(() => cli.expectRuns(0));
  return Object.assign(seen, { cli });
}

/** @returns the process that has loaded its libraries and waits. */
async function waiting({ loaded }: Package, count = 1): Promise<number> {
  await until(async () => (await loaded()).length >= count);
  return (await loaded())[count - 1] ?? 0;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const gone = (pid: number): Promise<void> => until(() => !isAlive(pid));

const OWN = ["HOME", "PHALA_CLOUD_API_KEY", "PHALA_API_KEY", "PHALA_CLOUD_API_PREFIX"];
const without = (env: Report["env"]) =>
  Object.entries(env)
    .filter(([name]) => !OWN.includes(name))
    .toSorted(([a], [b]) => a.localeCompare(b));

test("with its work it is what a plain start is: arguments, environment, folder, open files", async () => {
  const made = await makePackage();
  const { cli } = tried(made.bin);
  expect(await cli.login(never)).toEqual({ kind: "ok", value: { username: "ada" } });
  void cli.expectRuns(1);
  const pid = await waiting(made);
  expect(await cli.login(never)).toEqual({ kind: "ok", value: { username: "ada" } });
  const [plain, ahead] = await made.reports();
  if (!plain || !ahead) throw new Error("two runs, two reports");
  expect([plain.atLoading, ahead.pid]).toEqual([undefined, pid]);
  for (const what of ["argv", "execArgv", "sockets"] as const)
    expect(ahead[what]).toEqual(plain[what]);
  expect(Object.keys(ahead.env).toSorted()).toEqual(Object.keys(plain.env).toSorted());
  expect(without(ahead.env)).toEqual(without(plain.env));
  for (const { env, cwd } of [plain, ahead]) {
    expect(path.dirname(env["HOME"] ?? "")).toBe(cwd);
    expect(env["PHALA_CLOUD_API_PREFIX"]).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/api\/v1$/,
    );
    expect(env["PHALA_API_KEY"]).toMatch(/^phak_[\w-]{32}$/);
  }
  expect(ahead.cwd).not.toBe(plain.cwd);
});

test("before its work it has no key, no gate, no folder and no arguments; its libraries see the rest", async () => {
  const made = await makePackage();
  const { cli, details } = tried(made.bin);
  void cli.expectRuns(1);
  const pid = await waiting(made);
  const shown = async (): Promise<string> =>
    (await readFile(`/proc/${pid}/environ`, "utf8")) +
    (await readFile(`/proc/${pid}/cmdline`, "utf8"));
  const before = await shown();
  for (const secret of ["phak_", "PHALA_CLOUD_API", "PHALA_API_KEY", "127.0.0.1", "HOME=", "AWS_"])
    expect(before).not.toContain(secret);
  const started = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").filter(Boolean);
  expect(started.slice(-2)).toEqual([pathToFileURL(preload).href, made.bin]);
  // Ctrl-C in the terminal is not for it.
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  expect(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]).toBe(String(pid));
  expect(details).toEqual(["phala is started ahead of its next run"]);
  await cli.login(never);
  const [ahead] = await made.reports();
  expect(ahead?.atLoading).toEqual({
    args: [],
    env: Object.fromEntries(without(ahead?.env ?? {})),
  });
});

test("none is there for a program that is not the npm package, nor without the preload", async () => {
  const folder = await temporaryFolder();
  const log = path.join(folder, "starts");
  const bins = [
    await program(folder, `echo started >> ${log}; echo '{"success": true, "username": "ada"}'`),
    (await makePackage({ name: "not-phala" })).bin,
  ];
  for (const bin of bins) {
    const own = tried(bin);
    void own.cli.expectRuns(1);
    expect((await own.cli.login(never)).kind).toBe("ok");
    expect(own.details.filter((line) => line.includes("ahead"))).toEqual([]);
  }
  expect(await readFile(log, "utf8")).toBe("started\n");
  const made = await makePackage();
  const plain = tried(made.bin, { preload: undefined });
  void plain.cli.expectRuns(1);
  await plain.cli.login(never);
  expect(await made.loaded()).toEqual([]);
});

test("two at most, for the runs that are expected; none for one that is not", async () => {
  const made = await makePackage();
  const { cli } = tried(made.bin);
  void cli.expectRuns(3);
  void cli.expectRuns(3);
  await waiting(made, 2);
  // Longer than a third would take that nothing held back.
  await tried((await makePackage()).bin).cli.login(never);
  expect(await made.loaded()).toHaveLength(2);
  await cli.login(never);
  await waiting(made, 3);
  for (let run = 0; run < 3; run += 1) await cli.login(never);
  const loaded = await made.loaded();
  expect(loaded).toHaveLength(3);
  const ran = (await made.reports()).map(({ pid }) => pid);
  expect(ran.slice(0, 3)).toEqual(loaded);
  expect(loaded).not.toContain(ran[3]);
  void cli.expectRuns(2);
  const left = [await waiting(made, 4), await waiting(made, 5)];
  await cli.expectRuns(1);
  expect(left.map(isAlive)).toEqual([true, false]);
  await cli.expectRuns(0);
  expect(left.map(isAlive)).toEqual([false, false]);
});

test.for([
  ["that was killed while it waited", { library: LIBRARY, kill: true }],
  ["that dies while it loads", { library: `${LIBRARY}; process.exit(3);`, kill: false }],
  [
    "that dies as it gets its work",
    { library: `${LIBRARY}; process.chdir = () => process.exit(3);`, kill: false },
  ],
] as const)(
  "one %s is replaced by a plain start, which counts once",
  async ([, { library, kill }]) => {
    const made = await makePackage({ library });
    const world = tried(made.bin);
    void world.cli.expectRuns(1);
    const pid = await waiting(made);
    if (kill) process.kill(pid, "SIGKILL");
    expect(await world.cli.login(never)).toEqual({ kind: "ok", value: { username: "ada" } });
    const reports = await made.reports();
    expect(reports.map((report) => report.atLoading)).toEqual([undefined]);
    expect(reports[0]?.pid).not.toBe(pid);
    expect(world.starts).toBe(1);
    await gone(pid);
  },
);

test("what fails once it has its work has failed: it is not run again", async () => {
  const made = await makePackage({ entry: `${REPORT}; process.exit(1);` });
  const { cli } = tried(made.bin);
  void cli.expectRuns(1);
  await waiting(made);
  await cli.login(never);
  // The second one is a look at the version: whether the program needs the real home.
  expect((await made.reports()).map(({ argv }) => argv[2])).toEqual(["status"]);
});

test("a stop ends it as any other; what keeps its pipe open is not waited for", async () => {
  const endless = await makePackage({ entry: `${REPORT}; setInterval(() => {}, 1000);` });
  const stopped = tried(endless.bin);
  void stopped.cli.expectRuns(1);
  const pid = await waiting(endless);
  const stop = new AbortController();
  const ended = stopped.cli.login(stop.signal).catch((error: Error) => error.message);
  await until(async () => (await endless.reports()).length === 1);
  stop.abort(new Error("Ctrl-C"));
  expect(await ended).toBe("Ctrl-C");
  await gone(pid);

  const detached = `import { spawn } from "node:child_process"; spawn("sleep", ["600"], { stdio: "inherit", detached: true }).unref();`;
  const keeping = await makePackage({ entry: `${detached}${REPORT}` });
  const kept = tried(keeping.bin);
  void kept.cli.expectRuns(1);
  await waiting(keeping);
  expect((await kept.cli.login(never)).kind).toBe("ok");
});

const LOADS_FOR_EVER = `${LIBRARY}; await new Promise((resolve) => setTimeout(resolve, 1e9));`;

test("one that does not get through its loading is replaced by a plain start", async () => {
  const made = await makePackage({ library: LOADS_FOR_EVER });
  const world = tried(made.bin, { beginMs: 50 });
  void world.cli.expectRuns(1);
  const pid = await waiting(made);
  expect(await world.cli.login(never)).toEqual({ kind: "ok", value: { username: "ada" } });
  expect((await made.reports()).map((report) => report.pid === pid)).toEqual([false]);
  await gone(pid);
});

test("one that has begun has the time of any other", async () => {
  const limit = holdTimers(600_000);
  const folder = await temporaryFolder();
  const [begun, go] = [path.join(folder, "begun"), path.join(folder, "go")];
  const made = await makePackage({
    entry: `
      import { existsSync, writeFileSync } from "node:fs";
      writeFileSync(${JSON.stringify(begun)}, "");
      while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 10));
      ${REPORT}`,
  });
  const { cli } = tried(made.bin, { beginMs: 600_000 });
  void cli.expectRuns(1);
  const pid = await waiting(made);
  const outcome = cli.login(never);
  await until(async () => existsSync(begun));
  limit.runOut();
  await writeFile(go, "");
  expect((await outcome).kind).toBe("ok");
  expect((await made.reports()).map((report) => report.pid)).toEqual([pid]);
});

/** A program that has one started ahead, of the package whose folder and program it is given; with "ends" it then ends. */
const EXPECTS_ONE = `
  import { createPhalaCli } from "./src/platform/phala/cli.ts";
  import { createHttpClient } from "./src/platform/net/http.ts";
  import { systemClock } from "./src/platform/clock.ts";
  import { existsSync, statSync } from "node:fs";
  const [bin, loaded, preload, end] = process.argv.slice(2);
  const cli = createPhalaCli({ bin, apiKey: "${KEY}", apiUrl: "${API}", preload,
    env: process.env, http: createHttpClient({}), clock: systemClock, onDetail() {} });
  void cli.expectRuns(1);
  // The file is there before what is in it.
  const isLoaded = () => existsSync(loaded) && statSync(loaded).size > 0;
  const timer = setInterval(() => end === "ends" && isLoaded() && clearInterval(timer), 20);
`;

test("when our process is killed or ends, one that waits or loads is gone", async () => {
  const bundle = path.join(await temporaryFolder(), "run.mjs");
  const stdin = { contents: EXPECTS_ONE, resolveDir: ROOT, loader: "ts" } as const;
  await build({ stdin, bundle: true, platform: "node", format: "esm", outfile: bundle });
  const cases = [LIBRARY, LOADS_FOR_EVER].flatMap((library) => [
    { library, end: "ends" },
    { library, end: "is killed" },
  ]);
  const found = cases.map(async ({ library, end }) => {
    const made = await makePackage({ library });
    const args = [bundle, made.bin, path.join(made.folder, "loaded"), preload, end];
    const ours = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    const exit = new Promise((resolve) => ours.once("exit", resolve));
    const pid = await waiting(made);
    if (end === "is killed") ours.kill("SIGKILL");
    // What waits does not keep it.
    expect(await exit).toBe(end === "ends" ? 0 : null);
    await gone(pid);
  });
  await Promise.all(found);
});

/** Prints which of these names, or of the homes, anybody asks for. */
const SPY = `
  import os from "node:os";
  const own = ${JSON.stringify(OWN)}, { env } = process;
  const ask = (name) => { if (own.includes(name)) console.log(name); };
  process.env = new Proxy(env, { get: (_, name) => (ask(name), env[name]), has: (_, name) => (ask(name), name in env) });
  for (const name of ["homedir", "userInfo"]) { const real = os[name]; os[name] = (...all) => (console.log(name), real(...all)); }
`;

test("the real phala: its libraries read nothing that it is told later, and it deploys", async () => {
  const folder = await temporaryFolder();
  const [spy, library] = [path.join(folder, "spy.mjs"), path.join(folder, "self-test.mjs")];
  await writeFile(spy, SPY);
  await writeFile(library, "process.env.HOME; process.env.PATH;");
  const asked = async (bin: string, more: readonly string[] = []): Promise<string> => {
    const args = [
      "--experimental-import-meta-resolve",
      "--import",
      spy,
      ...more,
      "--import",
      preload,
      bin,
    ];
    const child = spawn(process.execPath, args, {
      env: { PATH: "/bin" },
      stdio: ["ignore", "pipe", "inherit", "pipe"],
    });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (more_: string) => (text += more_));
    const exit = new Promise((resolve) => child.once("close", resolve));
    (child.stdio[3] as Writable).end(
      `${JSON.stringify({ args: [bin, "--version"], env: {}, cwd: "/nowhere" })}\n`,
    );
    await exit;
    return text;
  };
  // That it would be seen.
  const silent = await makePackage({ entry: "" });
  expect(await asked(silent.bin, ["--import", library])).toBe("HOME\n");
  expect(await asked(PHALA_PACKAGE_BIN)).toBe("");

  const sandbox = await startedSandbox({ timings: { bootMs: 0 } });
  const details: string[] = [];
  const cli = phala(sandbox, {
    bin: PHALA_PACKAGE_BIN,
    preload,
    onDetail: (line) => details.push(line),
  });
  void cli.expectRuns(1);
  const outcome = await cli.createCvm(deployment("bird-registry"), never);
  expect(outcome).toMatchObject({ kind: "ok", value: { name: "bird-registry" } });
  expect(details).toContain("phala is started ahead of its next run");
});
