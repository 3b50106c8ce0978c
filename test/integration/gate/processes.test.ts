/** The gate and the processes around it: stops, kills, pipes that stay open, and machines without a `node` on PATH. */
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { processStart } from "../../../src/lib/process-alive.ts";
import { makePrivateFolder } from "../../../src/platform/phala/private-folder.ts";
import { warmPhalaBin } from "../../helpers/phala-bin.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import {
  deployment,
  phala,
  program,
  startedSandbox,
  useTemporaryDirectory,
  warmPhala,
} from "../adapters/world.ts";
import { APP, created, HASH, KEY, linesOf, PROVISIONED, startUpstream } from "./upstream.ts";

const NAME = "bird-registry";
const REQUEST = deployment(NAME, [{ name: "REGISTRY_URL", value: "x" }]);
const PROVISION = "POST /cvms/provision";
const COMMIT = "POST /cvms";
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const never = new AbortController().signal;

test("stopped between provisioning and commit: no commit is forwarded, and nothing was made", async () => {
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: created(NAME) });
  const stop = new AbortController();
  const onProvisioned = async (): Promise<void> => stop.abort(new Error("Ctrl-C"));
  const outcome = await warmPhala(upstream).createCvm(REQUEST, stop.signal, { onProvisioned });
  expect(outcome).toMatchObject({ kind: "refused", reason: "stopped" });
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

test("stopped while the commit is on its way: its answer is waited for, and the CVM is known", async () => {
  const stop = new AbortController();
  const upstream = await startUpstream({
    [PROVISION]: PROVISIONED,
    [COMMIT]: async (response) => {
      stop.abort(new Error("Ctrl-C"));
      await new Promise((resolve) => setTimeout(resolve, 300));
      response.end(JSON.stringify(created(NAME).json));
    },
  });
  expect(await warmPhala(upstream).createCvm(REQUEST, stop.signal)).toMatchObject({
    kind: "ok",
    value: { name: NAME, appId: APP, composeHash: HASH },
  });
});

test("provision only: once the commit is withheld, phala and what it started are ended", async () => {
  const folder = await temporaryFolder();
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: created(NAME) });
  const bin = await program(folder, `sleep 3600 &\n${warmPhalaBin()} "$@"\nsleep 3600`);
  const outcome = await phala(upstream, { bin }).provisionCvm(REQUEST, never);
  expect(outcome).toMatchObject({ kind: "ok", value: { composeHash: HASH } });
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

test("kill -9 of our process: the phala that lives on can change nothing", async () => {
  const folder = await temporaryFolder();
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: created(NAME) });
  // In front of the real CLI: says when it is about to begin, and begins when our process is gone.
  const bin = await program(
    folder,
    `echo $$ > ${folder}/begun
while [ ! -e ${folder}/go ]; do sleep 0.05; done
${warmPhalaBin()} "$@" > ${folder}/output 2>&1
echo ended > ${folder}/ended`,
  );
  const bundle = path.join(folder, "run.mjs");
  const contents = `
    import { createPhalaCli } from "./src/platform/phala/cli.ts";
    import { createHttpClient } from "./src/platform/net/http.ts";
    import { systemClock } from "./src/platform/clock.ts";
    const cli = createPhalaCli({ bin: ${JSON.stringify(bin)}, apiKey: "${KEY}", apiUrl: "${upstream.apiUrl}",
      env: process.env, http: createHttpClient({}), clock: systemClock, onDetail() {} });
    await cli.createCvm(${JSON.stringify(REQUEST)}, new AbortController().signal);
  `;
  const stdin = { contents, resolveDir: ROOT, loader: "ts" } as const;
  await build({ stdin, bundle: true, platform: "node", format: "esm", outfile: bundle });
  const child = spawn(process.execPath, [bundle], { env: { ...process.env, TMPDIR: folder } });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  await expect.poll(() => readdir(folder)).toContain("begun");
  child.kill("SIGKILL");
  await gone;
  await writeFile(path.join(folder, "go"), "");
  await expect.poll(() => readdir(folder)).toContain("ended");
  expect(await readFile(path.join(folder, "output"), "utf8")).toContain('"success": false');
  expect(upstream.received).toEqual([]);
});

/** A request of a CLI that is not the real one. */
const call = (method: string, where: string): string =>
  `fetch(process.env.PHALA_CLOUD_API_PREFIX + "${where}", { method: "${method}", headers: { "x-api-key": process.env.PHALA_CLOUD_API_KEY } })`;

/** A program for Node that makes these requests. */
const script = async (...calls: string[]): Promise<string> => {
  const bin = path.join(await temporaryFolder(), "phala");
  await writeFile(
    bin,
    `#!/usr/bin/env node\n(async () => { ${calls.map((it) => `await ${it};`).join(" ")} })();\n`,
    {
      mode: 0o755,
    },
  );
  return bin;
};

test("a phala that asks for something else is refused, and it is reported", async () => {
  const upstream = await startUpstream({
    "DELETE /cvms/other": { status: 204 },
    [COMMIT]: created(NAME),
  });
  for (const unexpected of [
    call("DELETE", "/cvms/other"),
    call("POST", "/cvms"),
    call("POST", "/cvms/bird/stop"),
  ]) {
    const cli = phala(upstream, { bin: await script(unexpected) });
    expect(await cli.deleteCvm("bird", never)).toMatchObject({
      kind: "refused",
      reason: "unexpected-request",
    });
    expect(await cli.createCvm(REQUEST, never)).toMatchObject({
      kind: "refused",
      reason: "unexpected-request",
    });
  }
  const twice = phala(upstream, {
    bin: await script(call("DELETE", "/cvms/bird"), call("DELETE", "/cvms/bird")),
  });
  await twice.deleteCvm("bird", never);
  expect(linesOf(upstream.received)).toEqual(["DELETE /cvms/bird"]);
});

test("without the throwaway key, or outside the random path, nothing passes", async () => {
  const upstream = await startUpstream({ "GET /auth/me": { status: 200, json: {} } });
  const bin = path.join(await temporaryFolder(), "phala");
  const text = `#!/usr/bin/env node
    const prefix = process.env.PHALA_CLOUD_API_PREFIX, key = process.env.PHALA_CLOUD_API_KEY;
    (async () => {
      for (const [url, given] of [[prefix, "phak_guessed"], [new URL(prefix).origin + "/api/v1", key], [prefix + "/../..", key]]) {
        const answer = await fetch(url + "/auth/me", { headers: { "x-api-key": given } });
        if (answer.status !== 401) process.exit(1);
      }
      console.log(JSON.stringify({ success: true, username: "refused three times" }));
    })();`;
  await writeFile(bin, text, { mode: 0o755 });
  expect(await phala(upstream, { bin }).login(never)).toEqual({
    kind: "ok",
    value: { username: "refused three times" },
  });
  expect(upstream.received).toEqual([]);
});

test("no node on PATH: the CLI is started with our own", async () => {
  const sandbox = await startedSandbox();
  const cli = phala(sandbox, { env: { PATH: path.join(await temporaryFolder(), "nothing") } });
  expect(await cli.login(never)).toEqual({ kind: "ok", value: { username: "sandbox" } });
});

test("a relative TMPDIR works", async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "tmp"));
  const home = process.cwd();
  onTestFinished(() => process.chdir(home));
  process.chdir(folder);
  useTemporaryDirectory("tmp");
  const sandbox = await startedSandbox();
  const cli = warmPhala(sandbox, { env: { ...process.env, TMPDIR: "tmp" } });
  expect(await cli.createCvm(REQUEST, never)).toMatchObject({ kind: "ok" });
  // Where the sandbox has its cloud as well.
  const left = (await readdir("tmp")).filter((name) => !name.startsWith("tee-cluster-test-"));
  expect(left).toEqual([]);
});

test("a grandchild that keeps the pipe open neither hangs the run nor keeps it from ending on a stop", async () => {
  const folder = await temporaryFolder();
  // In a session of its own, so that ending the group does not reach it.
  const lingering = `setsid sleep 120 &\necho $! >> ${folder}/pids`;
  onTestFinished(async () => {
    const pids = (await readFile(path.join(folder, "pids"), "utf8")).trim().split("\n").map(Number);
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });
  const bin = await program(folder, `${lingering}\necho v1.2.3`);
  expect(
    await phala({ apiUrl: "http://127.0.0.1:1", apiKey: KEY }, { bin }).version(never),
  ).toEqual({
    kind: "ok",
    value: "1.2.3",
  });
  const hanging = await program(await temporaryFolder(), `${lingering}\nsleep 100`);
  const stop = new AbortController();
  const outcome = phala({ apiUrl: "http://127.0.0.1:1", apiKey: KEY }, { bin: hanging }).deleteCvm(
    "x",
    stop.signal,
  );
  await expect.poll(() => readFile(path.join(folder, "pids"), "utf8")).toMatch(/\d+\n\d+\n/);
  stop.abort(new Error("Ctrl-C"));
  expect(await outcome).toMatchObject({ kind: "refused", reason: "stopped" });
});

test.runIf(process.platform === "linux")(
  "a left-over folder goes although its process id was given again",
  async () => {
    const tmp = await temporaryFolder();
    useTemporaryDirectory(tmp);
    const own = await makePrivateFolder();
    const reused = own.path.replace(`-${processStart(process.pid)}-`, "-1-");
    await mkdir(reused);
    await phala(
      { apiUrl: "http://127.0.0.1:1", apiKey: KEY },
      { bin: await program(tmp, "echo v1.2.3") },
    ).version(never);
    expect(await readdir(tmp)).toEqual(expect.arrayContaining([path.basename(own.path)]));
    expect(await readdir(tmp)).not.toContain(path.basename(reused));
    await own.remove();
  },
);
