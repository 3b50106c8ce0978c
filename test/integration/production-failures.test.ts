/**
 * What went wrong in production for others who wrap the `phala` CLI, each held by a test. Some are held elsewhere:
 *
 * | failure                                         | held by                                                          |
 * | ----------------------------------------------- | ---------------------------------------------------------------- |
 * | text around the JSON                            | unit/phala/transcripts, unit/phala/cli-output                    |
 * | a failed runner left running and paid for       | e2e/safety (the API lies, signals, kill -9), the chaos suite     |
 * | six CVMs provisioned at once                    | here, and e2e/safety (two runs at once, here and elsewhere)      |
 * | an update that dropped secrets                  | here, e2e/init and e2e/rotate-hash (a variable that would be lost) |
 * | a command line with secrets in a log            | here, integration/adapters/isolation, e2e/safety                 |
 */
import { readdir, rm, stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import type { FailureResult } from "../../src/core/results.ts";
import { createHttpClient } from "../../src/platform/net/http.ts";
import { createCloudApi } from "../../src/platform/phala/api.ts";
import type { Fault, SandboxRequest } from "../../src/sandbox/index.ts";
import { createSpawntee } from "../../src/platform/spawntee/client.ts";
import { acquireLock } from "../../src/state/lock.ts";
import { prepareStateDirectory, stateDirectoryOf } from "../../src/state/state-directory.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { waitUntil } from "../../src/workflow/wait.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { CANARIES, cloudOf, mutationsOf, PROGRAM, type World } from "../helpers/program.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const signal = new AbortController().signal;

async function served(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function apiOf(apiUrl: string): ReturnType<typeof createCloudApi> {
  const http = createHttpClient({});
  onTestFinished(() => http.close());
  return createCloudApi({
    apiUrl,
    apiKey: "phak_unused",
    http,
    clock: systemClock,
    onDetail: () => undefined,
  });
}

test("`items` and bare arrays: a page is read, a bare array is no empty list", async () => {
  let body: unknown = {
    items: [{ name: "bird-registry", status: "running" }],
    total: 1,
    page: 1,
    page_size: 100,
    pages: 1,
  };
  const url = await served(createServer((_, response) => response.end(JSON.stringify(body))));
  expect((await apiOf(url).listCvms(signal)).map(({ name }) => name)).toEqual(["bird-registry"]);
  for (const other of [
    [],
    [{ name: "bird-registry", status: "running" }],
    { items: [] },
    { cvms: [], total: 0 },
  ]) {
    body = other;
    await expect(apiOf(url).listCvms(signal), JSON.stringify(other)).rejects.toMatchObject({
      kind: "platform",
    });
  }
});

/** A cluster whose API answers badly from the n-th request of a path on: what step 1 asked went well. */
async function worldThatFails(): Promise<{
  world: World;
  fail: (from: number, what: RegExp, action: Fault["action"]) => void;
}> {
  let plan: { from: number; what: RegExp; action: Fault["action"] } | undefined;
  let count = 0;
  const onRequest = ({ method, path: where }: SandboxRequest): void => {
    if (plan === undefined || method !== "GET" || !plan.what.test(where)) return;
    count += 1;
    if (count === plan.from)
      world.sandbox.setFaults([{ path: plan.what.source, action: plan.action }]);
  };
  const world = await makePreparedWorld({ onRequest });
  return {
    world,
    fail: (from, what, action) => {
      plan = { from, what, action };
      count = 0;
      world.sandbox.setFaults([]);
      world.sandbox.resetRequests();
    },
  };
}

const failureOf = (stdout: string): FailureResult["error"] =>
  (JSON.parse(stdout) as FailureResult).error;

test("a probe error is not `absent`, an API error is no empty cluster, and no URL is made of an empty node name", async () => {
  const { world, fail } = await worldThatFails();
  const before = await cloudOf(world.sandbox);
  const runs: [string, Parameters<typeof fail>, [number, string]][] = [
    [
      "init",
      [3, /\/cvms\/(?!paginated)[^/]+$/, { kind: "status", status: 500 }],
      [4, "lookup-failed"],
    ],
    ["rotate-hash", [2, /\/cvms\/paginated$/, { kind: "status", status: 502 }], [4, "api-failed"]],
    [
      "init",
      [
        3,
        /\/cvms\/[^/]+$/,
        { kind: "lie", fields: { node_info: { name: "" }, gateway: { base_domain: "" } } },
      ],
      // It is waited for, as that of a CVM that is not placed yet.
      [5, "wait-timed-out"],
    ],
  ];
  for (const [command, fault, outcome] of runs) {
    fail(...fault);
    const run = await world.run([command, "--json", "--yes", "--timeout", "2s"]);
    expect([run.exitCode, failureOf(run.stdout).code], run.stdout).toEqual(outcome);
    expect(mutationsOf(world.sandbox)).toEqual([]);
  }
  const after = await cloudOf(world.sandbox);
  expect([after.registriesEverMade, after.live]).toEqual([1, ["bird-tracker-registry"]]);
  expect(after.environment).toEqual(before.environment);
});

test("a limit is wall-clock time: slow answers do not multiply it, as a count of looks would", async () => {
  const slow = createServer((_, response) => void setTimeout(() => response.end("{}"), 250));
  const url = await served(slow);
  const http = createHttpClient({});
  onTestFinished(() => http.close());
  const spawntee = createSpawntee(http, systemClock);
  const started = performance.now();
  // 300 looks of 250 ms, were they counted.
  const limits = { timeoutMs: 600, pollIntervalMs: 2 };
  const wait = waitUntil(
    { ...limits, clock: systemClock, signal },
    {
      what: "a healthy registry",
      look: async () => ({ kind: "not-yet", seen: (await spawntee.health(url, signal)).kind }),
    },
  );
  await expect(wait).rejects.toMatchObject({ kind: "timeout", code: "wait-timed-out" });
  expect(performance.now() - started).toBeLessThan(30_000);
});

test("six runs that start at once: one works, five are told who does", async () => {
  const directory = stateDirectoryOf(await temporaryFolder(), "host", "bird-tracker");
  await prepareStateDirectory(directory);
  const attempts = Array.from({ length: 6 }, (_, index) =>
    acquireLock(directory, {
      command: `run ${index}`,
      ...systemClock,
      signal: new AbortController().signal,
    }),
  );
  const outcomes = await Promise.allSettled(attempts);
  const taken = outcomes.filter(({ status }) => status === "fulfilled");
  const refused = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as unknown] : [],
  );
  expect([taken.length, refused.length]).toEqual([1, 5]);
  for (const reason of refused) {
    expect(reason).toMatchObject({
      code: "run-in-progress",
      message: expect.stringMatching(/run \d \(pid \d+ on /),
    });
  }
});

/** Octal modes of everything below a folder, by what it is. */
async function modesBelow(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const modesOf = async (
    wanted: (entry: (typeof entries)[number]) => boolean,
  ): Promise<string[]> => {
    const places = entries
      .filter(wanted)
      .map(({ parentPath, name }) => path.join(parentPath, name));
    const modes = await Promise.all(
      places.map(async (place) => ((await stat(place)).mode & 0o777).toString(8)),
    );
    return [...new Set(modes)];
  };
  return {
    files: await modesOf((entry) => entry.isFile()),
    folders: await modesOf((entry) => entry.isDirectory()),
  };
}

/**
 * A mode that a file is made with is cut by the umask, one that it is given afterwards is not: under this umask a
 * file that is private from its first moment ends as 0400, one that is made private later as 0600. Only root can
 * work in folders that are made under it.
 */
const isRoot = process.getuid?.() === 0;
const [UMASK, PRIVATE] = isRoot ? (["0200", "400"] as const) : (["0022", "600"] as const);

test("one rotation, looked at from outside: one CVM, no --wait, no secret said, none lost, no file ever readable to others", async () => {
  const environmentFiles: string[] = [];
  const world = await makePreparedWorld({
    onRequest: async ({ method, path: where }) => {
      if (method === "GET" || where.endsWith("/cvms")) return;
      const tmp = world.env["TMPDIR"] ?? "";
      const folders = (await readdir(tmp)).filter((name) => name.startsWith("tee-cluster-"));
      for (const folder of folders) {
        const found = await stat(path.join(tmp, folder, "environment")).catch(() => undefined);
        if (found) environmentFiles.push((found.mode & 0o777).toString(8));
      }
    },
  });
  const { environment } = await cloudOf(world.sandbox);
  await rm(world.stateDir, { recursive: true });
  world.sandbox.resetRequests();
  const args = [
    PROGRAM,
    "rotate-hash",
    "--fresh",
    "--json",
    "--yes",
    "--verbose",
    "--capacity-threshold",
    "0.7",
  ];
  const run = await execa(
    "sh",
    ["-c", `umask ${UMASK}; exec "$0" "$@"`, process.execPath, ...args],
    {
      cwd: world.folder,
      env: world.env,
      extendEnv: false,
      stdin: "ignore",
      reject: false,
    },
  );
  expect(run.exitCode, run.stderr).toBe(0);

  const commands = run.stderr.split("\n").filter((line) => line.trim().startsWith("phala deploy"));
  expect(commands).toEqual([
    expect.stringContaining("--name bird-tracker-runner-temp"),
    expect.stringMatching(/--cvm-id [0-9a-f]{32} /),
  ]);
  expect(commands.join()).not.toContain("--wait");
  expect(mutationsOf(world.sandbox).filter((call) => call === "POST /api/v1/cvms")).toHaveLength(1);

  for (const secret of Object.values(CANARIES))
    expect(`${run.stdout}${run.stderr}`).not.toContain(secret);
  const after = await cloudOf(world.sandbox);
  expect(after.environment).toEqual({ ...environment, CAPACITY_THRESHOLD: "0.7" });
  expect(after.live).toEqual(["bird-tracker-registry"]);

  expect(new Set(environmentFiles)).toEqual(new Set([PRIVATE]));
  const modes = await modesBelow(world.stateDir);
  expect(modes.files).toEqual([PRIVATE]);
  expect(modes.folders.every((mode) => /^[57]00$/.test(mode))).toBe(true);
});
