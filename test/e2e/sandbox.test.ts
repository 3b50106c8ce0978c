/** `tee-cluster sandbox` as a program: its answer, and what keeps it from starting. */
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SANDBOX_EXAMPLES, startSandbox } from "../../src/sandbox/index.ts";
import { makeWorld, type World } from "../helpers/program.ts";
import { expectValid, type Json } from "../helpers/schemas.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { until } from "../helpers/until.ts";

/** Starts it and waits until it has said something. */
async function started(world: World, args: readonly string[], env: Record<string, string> = {}) {
  const child = world.start(["sandbox", ...args], env);
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.endsWith("\n") || child.exitCode !== null);
  return { child, said: () => said };
}

const account = (url: unknown, key: unknown): Promise<Response> =>
  fetch(`${String(url)}/api/v1/auth/me`, { headers: { "x-api-key": String(key) } });

test("--json: one document once it is up, then it serves until Ctrl-C", async () => {
  const world = await makeWorld();
  // A shell that has the variables of an earlier one: the made-up keys are in its environment, and no secrets.
  const before = { PHALA_API_KEY: "phak_sandbox_of_an_earlier_start" };
  const { child, said } = await started(world, ["--json", "--yes", "--verbose"], before);
  const answer = expectValid("sandbox", said());
  expect(answer["api_key"]).toMatch(/^phak_sandbox_[\w-]{32}$/);
  expect(answer["gateway_url"]).toBe(
    `${String(answer["url"])}/gateway/{app_id}-{port}.{base_domain}`,
  );
  expect((await account(answer["url"], answer["api_key"])).status).toBe(200);
  child.kill("SIGINT");
  const run = await child;
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual(answer);
  expect(run.stderr).toContain("GET /api/v1/auth/me");
});

test("a port that is taken is a conflict", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const world = await makeWorld();
  const run = await world.run(["sandbox", "--json", "--port", String(port)]);
  expect(run.exitCode).toBe(6);
  const { error } = expectValid("failure", run.stdout);
  expect(error).toMatchObject({
    code: "port-taken",
    message: expect.stringContaining(String(port)) as unknown,
  });
  expect(error).toMatchObject({ hint: expect.stringContaining("--port") as unknown });
});

const KEY = "302e-private-key-of-a-cvm";
const CLOUDS: readonly [string, (cloud: string) => Promise<unknown>, string][] = [
  [
    "half a document",
    (cloud) => writeFile(cloud, `{"version": 1, "quoteKey": "${KEY}"`),
    "state-damaged",
  ],
  ["a list", (cloud) => writeFile(cloud, "[]"), "state-damaged"],
  ["no CVMs", (cloud) => writeFile(cloud, `{"version": 1, "quoteKey": "${KEY}"}`), "state-damaged"],
  ["of a newer version", (cloud) => writeFile(cloud, '{"version": 2}'), "state-too-new"],
  ["a folder", (cloud) => mkdir(cloud), "state-unreadable"],
];

test("a cloud file that can't be used is named, with what to do, and left as it is", async () => {
  const world = await makeWorld();
  for (const [about, spoil, code] of CLOUDS) {
    const folder = path.join(await temporaryFolder(), "sandbox-cloud");
    await mkdir(folder);
    const file = path.join(folder, "cloud.json");
    await spoil(file);
    const before = await readFile(file, "utf8").catch(() => "");
    const env = { TEE_CLUSTER_STATE_DIR: path.dirname(folder) };
    const run = await world.run(["sandbox", "--json"], env);
    expect(run.exitCode, about).toBe(3);
    expect(expectValid("failure", run.stdout)["error"], about).toMatchObject({
      code,
      message: expect.stringContaining(file) as unknown,
      hint: expect.stringContaining(`delete ${folder}`) as unknown,
    });
    expect(`${run.stdout}${run.stderr}`, about).not.toContain(KEY.slice(0, 8));
    expect(await readFile(file, "utf8").catch(() => ""), about).toBe(before);
  }
});

test("a state folder that is none: also where a command brings its own sandbox", async () => {
  const world = await makeWorld();
  const file = path.join(world.folder, "a-file");
  await writeFile(file, "kept");
  const env = { TEE_CLUSTER_STATE_DIR: file };
  for (const args of [["sandbox"], ["init", "--sandbox", "--yes"]]) {
    const run = await world.run([...args, "--json"], env);
    expect(run.exitCode, args[0]).toBe(3);
    expect(expectValid("failure", run.stdout), args[0]).toMatchObject({
      command: args[0],
      error: { code: "state-unwritable", message: expect.stringContaining(file) as unknown },
    });
  }
  const none = await world.run(["init", "--sandbox", "--yes", "--json", "--state-dir", ""]);
  expect([none.exitCode, none.stdout]).toEqual([2, expect.stringContaining("--state-dir")]);
  expect(await readFile(file, "utf8")).toBe("kept");
  expect(await readdir(world.folder)).toEqual(["a-file"]);
});

test("start, status, stop, reset: one in the background, which curl can ask and --sandbox uses, with example keys", async () => {
  const world = await makeWorld();
  const told = async (...args: string[]) => {
    const run = await world.run(["sandbox", ...args, "--json"]);
    expect([run.exitCode, run.stderr]).toEqual([0, expect.any(String)]);
    return expectValid("sandbox", run.stdout);
  };
  const said = async (action: string) => (await world.run(["sandbox", action])).stdout;
  onTestFinished(async () => void (await world.run(["sandbox", "stop"])));
  expect(await told("status")).toMatchObject({ running: false, url: null });
  expect(await said("stop")).toContain("# the sandbox is not running; start it:");
  // It leaves a process behind, which is the program again.
  const { stdout } = await world.runAnew(["sandbox", "start", "--fault", "small-pages=3"]);
  const pairs = stdout.split("\n").map((line) => /^export (\w+)='([^']*)'$/.exec(line)?.slice(1));
  const variables = Object.fromEntries(pairs.filter((pair) => pair !== undefined)) as Json;
  const up = await told("start");
  expect(up).toMatchObject({ running: true });
  expect(await told("status")).toEqual(up);
  expect(variables).toMatchObject({ PHALA_API_URL: up["url"], PHALA_API_KEY: up["api_key"] });
  expect((await account(up["url"], up["api_key"])).status).toBe(200);

  // Whatever keys of real accounts the environment has.
  const args = ["init", "--sandbox", "--yes", "--hash-from", "provision"];
  const init = await world.run(args, { TEE_CLUSTER_GATEWAY_URL: "" });
  expect([init.exitCode, init.stderr]).toEqual([
    0,
    expect.stringContaining("AWS_SECRET_ACCESS_KEY"),
  ]);
  const headers = { "x-api-key": String(up["api_key"]) };
  const asked = await fetch(`${String(up["url"])}/__sandbox/cloud`, { headers });
  expect(await asked.json()).toMatchObject({ live: [{ name: "bird-tracker-registry" }] });

  expect(await said("stop")).toContain("# the sandbox is stopped, and keeps what it has");
  await expect(account(up["url"], up["api_key"])).rejects.toThrow("fetch failed");
  const environment = await environmentIn(path.join(world.stateDir, "sandbox-cloud"));
  expect(environment?.get("AWS_ACCESS_KEY_ID")).toBe(SANDBOX_EXAMPLES.awsAccessKeyId);
  expect(environment?.get("AWS_SECRET_ACCESS_KEY")).toBe(SANDBOX_EXAMPLES.awsSecretAccessKey);
  expect(await said("reset")).toContain("# the sandbox is stopped and empty");
  expect(await readdir(world.stateDir)).not.toContain("sandbox-cloud");
  expect((await world.run(["sandbox", "dance"])).exitCode).toBe(2);
  expect((await world.run(["sandbox", "--fault", "nonsense"])).exitCode).toBe(2);
});

/** Of the registry in this cloud. */
async function environmentIn(stateDir: string): Promise<ReadonlyMap<string, string> | undefined> {
  const sandbox = await startSandbox({ stateDir });
  onTestFinished(() => sandbox.close());
  const { cvms } = await sandbox.cloud();
  const registry = cvms.find(({ name }) => name.endsWith("-registry"));
  return registry && sandbox.environment(registry);
}
