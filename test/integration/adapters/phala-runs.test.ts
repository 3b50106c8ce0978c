/** How programs are found, started, repeated and cleaned up after; with small programs of the test's own. */
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../helpers/temporary.ts";
import {
  deployment,
  phala,
  program,
  startedSandbox,
  useTemporaryDirectory,
  warmPhala,
} from "./world.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+canary#value";
const NOWHERE = { apiUrl: "http://127.0.0.1:1", apiKey: "phak_unused" };
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const signal = new AbortController().signal;

async function linesOf(file: string): Promise<string[]> {
  return (await readFile(file, "utf8")).trim().split("\n");
}

test("an abort before the start starts nothing", async () => {
  const folder = await temporaryFolder();
  const bin = await program(folder, `echo started > ${folder}/started`);
  const outcome = await phala(NOWHERE, { bin }).deleteCvm(
    "x",
    AbortSignal.abort(new Error("Ctrl-C")),
  );
  expect(outcome).toMatchObject({ kind: "refused", reason: "stopped" });
  expect(await readdir(folder)).toEqual(["phala"]);
});

/** A process that makes a private folder, says where, and waits, or leaves at once. */
async function ownerOfAFolder(
  tmp: string,
  andThen: string,
): Promise<{ folder: string; kill: () => Promise<void> }> {
  const bundle = path.join(await temporaryFolder(), "owner.mjs");
  const contents = `
    import { makePrivateFolder } from "./src/platform/phala/private-folder.ts";
    const folder = await makePrivateFolder();
    process.stdout.write(folder.path + "\\n", () => { ${andThen} });
  `;
  await build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: bundle,
  });
  const child = spawn(process.execPath, [bundle], { env: { ...process.env, TMPDIR: tmp } });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const folder = await new Promise<string>((resolve) =>
    child.stdout.once("data", (text: Buffer) => resolve(text.toString().trim())),
  );
  return { folder, kill: () => (child.kill("SIGKILL"), gone) };
}

test("what a killed run left behind is removed by the next one, and its phala ended; what a live one uses is not", async () => {
  const tmp = await temporaryFolder();
  const wait = "setInterval(() => undefined, 1000)";
  const [killed, alive] = await Promise.all([ownerOfAFolder(tmp, wait), ownerOfAFolder(tmp, wait)]);
  onTestFinished(alive.kill);
  await killed.kill();
  expect((await stat(killed.folder)).isDirectory()).toBe(true);
  const started = { PHALA_CLOUD_API_PREFIX: NOWHERE.apiUrl };
  const orphan = sleeperIn(killed.folder, started);
  const others = [sleeperIn(killed.folder, {}), sleeperIn(alive.folder, started)];
  const bin = await program(await temporaryFolder(), "echo v1.2.3");
  useTemporaryDirectory(tmp);
  await phala(NOWHERE, { bin }).version(signal);
  expect(await readdir(tmp)).toEqual([path.basename(alive.folder)]);
  expect(await orphan.ended).toBe("SIGKILL");
  expect(others.map(({ child }) => child.signalCode)).toEqual([null, null]);
});

/** As a `phala` at work, where the variables say so. */
function sleeperIn(cwd: string, variables: Record<string, string>) {
  const child = spawn("sleep", ["60"], { cwd, env: { PATH: process.env["PATH"], ...variables } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", (_, endedBy) => resolve(endedBy)));
  return { child, ended };
}

test("a process that leaves in the middle takes its folder with it", async () => {
  const tmp = await temporaryFolder();
  await ownerOfAFolder(tmp, "process.exit(130)");
  await expect.poll(() => readdir(tmp)).toEqual([]);
});

test("the need of the real home folder is proven before a command is repeated, and remembered", async () => {
  const folder = await temporaryFolder();
  const home = path.join(folder, "home");
  await mkdir(home);
  const answer = JSON.stringify({ success: true, name: "bird-registry", app_id: "aa" });
  const bin = await program(
    folder,
    `echo "$HOME $*" >> ${folder}/calls
[ "$HOME" = "${home}" ] || { echo "no version is set for phala" >&2; exit 126; }
case "$1" in --version) echo v1.1.18+abc ;; *) echo '${answer}' ;; esac`,
  );
  const cli = phala(NOWHERE, { bin, env: { ...process.env, HOME: home } });
  // It claims what never passed the gate.
  const claim = {
    kind: "unclear",
    committed: false,
    message: expect.stringContaining("did not ask the API"),
  };
  expect(await cli.createCvm(deployment("bird-registry"), signal)).toMatchObject(claim);
  expect(await cli.createCvm(deployment("bird-registry"), signal)).toMatchObject(claim);
  const calls = await linesOf(path.join(folder, "calls"));
  const deploys = calls.filter((line) => line.startsWith(`${home} deploy`));
  expect(deploys).toHaveLength(2);
  expect(deploys.every((line) => line.endsWith("--no-dev-os"))).toBe(true);
  // The first command, and the proof that it never started.
  expect(calls.filter((line) => !line.startsWith(home))).toHaveLength(2);
});

test("a command that failed by itself is not repeated, whatever it said", async () => {
  const folder = await temporaryFolder();
  const bin = await program(
    folder,
    `echo "$*" >> ${folder}/calls
case "$1" in --version) echo v1.1.18 ;; *) echo "asdf: command not found" >&2; exit 127 ;; esac`,
  );
  expect(await phala(NOWHERE, { bin }).deleteCvm("x", signal)).toMatchObject({ kind: "refused" });
  expect(await linesOf(path.join(folder, "calls"))).toEqual([
    "cvms delete x --force --json",
    "--version",
  ]);
});

test("a program is found on PATH, and by a path that is relative to where we are", async () => {
  const folder = await temporaryFolder();
  await program(folder, "echo v9.9.9");
  const onPath = phala(NOWHERE, { bin: "phala", env: { PATH: `${folder}:/usr/bin:/bin` } });
  expect(await onPath.version(signal)).toEqual({ kind: "ok", value: "9.9.9" });
  const relative = phala(NOWHERE, {
    bin: path.relative(process.cwd(), path.join(folder, "phala")),
  });
  expect(await relative.version(signal)).toEqual({ kind: "ok", value: "9.9.9" });
  const missing = phala(NOWHERE, { bin: "phala", env: { PATH: path.join(folder, "nothing") } });
  expect(await missing.version(signal)).toEqual({
    kind: "missing",
    message: "phala: no such program",
  });
});

test("a version number in an error message is no version", async () => {
  const bin = await program(await temporaryFolder(), "echo 'needs node 22.0.0'; exit 1");
  expect(await phala(NOWHERE, { bin }).version(signal)).toMatchObject({ kind: "unclear" });
});

test("what the program says is redacted before it is cut", async () => {
  const bin = await program(
    await temporaryFolder(),
    `printf '%0490d' 0 >&2; echo " ${SECRET}" >&2; exit 3`,
  );
  const cli = phala(NOWHERE, { bin, redact: (text) => text.replaceAll(SECRET, "[redacted]") });
  const outcome = await cli.deleteCvm("x", signal);
  expect(outcome.kind === "refused" && outcome.message).toContain("[red");
  expect(outcome.kind === "refused" && outcome.message).not.toContain(SECRET.slice(0, 5));
});

test("phala reads back every value in the form that was chosen for it, and every name in its place", async () => {
  const sandbox = await startedSandbox();
  const pieces = [
    "a",
    " ",
    "'",
    "`",
    '"',
    "#",
    "\\",
    "$X",
    "=",
    "\\n",
    "é",
    "\u2028",
    "{",
    ": ",
    "export ",
  ];
  const values = [
    "",
    ...pieces.flatMap((one) => pieces.map((two) => `x${one}${two}y`)),
    "C:\\",
    "it's\\",
    "'`q",
  ];
  // Names in an order that no sorting makes.
  const environment = values.map((value, index) => ({
    name: `V${(index * 7919) % 1000}_${index}`,
    value,
  }));
  expect(
    await warmPhala(sandbox).createCvm(deployment("bird-values", environment), signal),
  ).toMatchObject({
    kind: "ok",
  });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm?.current.appCompose.allowed_envs).toEqual(environment.map(({ name }) => name));
  expect(cvm && [...sandbox.environment(cvm)]).toEqual(
    environment.map(({ name, value }) => [name, value]),
  );
});

test("nothing to pass on: no environment at all", async () => {
  const sandbox = await startedSandbox();
  expect(await warmPhala(sandbox).createCvm(deployment("bird-empty"), signal)).toMatchObject({
    kind: "ok",
  });
  expect((await sandbox.cloud()).cvms[0]?.current.appCompose.allowed_envs).toEqual([]);
});
