/** What a run costs, counted by what it starts and asks; and where it says that its time went. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { Timings } from "../../src/core/results.ts";
import { warmPhalaBin } from "../helpers/phala-bin.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { CANARIES, FAST, makeWorld, withCompose, type World } from "../helpers/program.ts";

const PROVISION = ["--hash-from", "provision"];
/** GETs, of which most are looks right before something is sent. */
const MOST_OF_A_RERUN = 21;
const API = /^\/api\/v1\//;
const PARTS = ["ours_ms", "phala_ms", "api_ms", "cloud_ms", "operator_ms", "lock_ms"] as const;

/** A package whose entry writes down that it was started, and has the real phala do the work. */
async function countingPhala(folder: string): Promise<{ bin: string; log: string }> {
  const [root, log] = [path.join(folder, "phala"), path.join(folder, "starts")];
  const bin = path.join(root, "dist", "index.js");
  await mkdir(path.dirname(bin), { recursive: true });
  const manifest = { name: "phala", version: "1.1.18", type: "module" };
  await writeFile(
    path.join(root, "package.json"),
    JSON.stringify({ ...manifest, bin: { phala: "./dist/index.js" } }),
  );
  const lines = [
    "#!/usr/bin/env node",
    'import { spawnSync } from "node:child_process";',
    'import { appendFileSync } from "node:fs";',
    "const args = process.argv.slice(2);",
    `appendFileSync(${JSON.stringify(log)}, args[0] + "\\n");`,
    `const { status } = spawnSync(${JSON.stringify(warmPhalaBin())}, args, { stdio: "inherit" });`,
    "process.exitCode = status ?? 1;",
  ];
  await writeFile(bin, lines.join("\n"), { mode: 0o755 });
  await writeFile(log, "");
  return { bin, log };
}

/** Runs a command, and counts from outside what it says of itself. */
async function counted(
  world: World,
  args: readonly string[],
  change: Partial<Record<string, string>> = {},
) {
  const { bin, log } = await countingPhala(world.folder);
  world.sandbox.resetRequests();
  const run = await world.run([...args, "--json", "--verbose"], { ...change, PHALA_BIN: bin });
  const result = JSON.parse(run.stdout) as { readonly ok: boolean; readonly timings: Timings };
  const starts = (await readFile(log, "utf8")).split("\n").filter(Boolean);
  const requests = world.sandbox.requests().filter(({ path: where }) => API.test(where));
  const ahead = run.stderr.split("phala is started ahead").length - 1;
  return { ...result, run, starts, ahead, requests: requests.length };
}

/** What adds up, whatever the machine does. */
function expectSound({ timings, starts, requests }: Awaited<ReturnType<typeof counted>>): void {
  expect(timings.phala_starts).toBe(starts.length);
  expect(timings.api_requests).toBeGreaterThanOrEqual(requests);
  for (const row of [timings, ...timings.steps])
    expect(PARTS.reduce((sum, part) => sum + row[part], 0)).toBe(row.total_ms);
  for (const part of [...PARTS, "total_ms"] as const)
    expect(timings.steps.reduce((sum, step) => sum + step[part], 0)).toBe(timings[part]);
}

test("init: phala is started for what it makes and for nothing else", async () => {
  // Booted neither when its creation is told nor when phala has ended.
  const slow = { timings: { ...FAST, bootMs: 5_000 } };
  const [deployed, provisioned] = await Promise.all([makeWorld(), makeWorld(slow)]);
  const init = await counted(deployed, ["init"]);
  expect(init.starts).toEqual(["deploy", "deploy", "cvms", "deploy"]);
  expect(init.ahead).toBe(4);
  expectSound(init);
  const waiting = init.timings.steps.find(({ id }) => id === "wait-for-registry");
  expect(waiting).toMatchObject({ phala_ms: 0 });
  const exact = await counted(provisioned, ["init", ...PROVISION]);
  expect(exact.starts).toEqual(["deploy", "deploy", "deploy"]);
  expect(exact.ahead).toBe(3);
  expectSound(exact);
  expect(exact.timings.cloud_ms).toBeGreaterThan(0);
  const deploying = exact.timings.steps.find(({ id }) => id === "deploy-temporary-runner");
  expect(deploying?.phala_ms).toBeGreaterThan(0);
});

test("an init that finds all in order starts no phala, and asks little", async () => {
  const world = await makePreparedWorld();
  const again = await counted(world, ["init"]);
  expect([again.starts, again.ahead]).toEqual([[], 0]);
  expect(again.requests).toBeLessThanOrEqual(MOST_OF_A_RERUN);
  expectSound(again);
});

test("rotate-hash: three starts, two with a provisioning", async () => {
  const world = await makePreparedWorld();
  const change = await withCompose(world, "runner", (text) => `${text}# newer\n`);
  const rotate = await counted(world, ["rotate-hash"], change);
  expect(rotate.starts).toEqual(["deploy", "cvms", "deploy"]);
  expect(rotate.ahead).toBe(3);
  expectSound(rotate);
  const next = await withCompose(world, "runner", (text) => `${text}# newest\n`);
  const plan = await counted(world, ["rotate-hash", "--plan", ...PROVISION], next);
  expect([plan.starts, plan.ahead]).toEqual([["deploy"], 1]);
  const exact = await counted(world, ["rotate-hash", ...PROVISION], next);
  expect([exact.starts, exact.ahead]).toEqual([["deploy", "deploy"], 2]);
  // The first one from what is recorded, before any request.
  expect(exact.run.stderr).toMatch(/^(?:(?!GET )[^])*phala is started ahead[^]*GET /);
});

test("no phala is started ahead of what a plan, a check that fails or a run with nothing to do needs", async () => {
  const [fresh, world] = await Promise.all([makeWorld(), makePreparedWorld()]);
  const change = await withCompose(world, "runner", (text) => `${text}# newer\n`);
  const none = [
    await counted(fresh, ["init", "--dry-run"]),
    await counted(fresh, ["init"], { PHALA_API_KEY: `${CANARIES.apiKey}x` }),
    await counted(world, ["rotate-hash", "--plan"], change),
    await counted(world, ["rotate-hash"]),
  ];
  for (const { starts, ahead } of none) expect([starts, ahead]).toEqual([[], 0]);
});

test("--timings: a table on stderr, below a failure too; the answer stays what it is", async () => {
  const world = await makePreparedWorld();
  const status = await world.run(["status", "--timings"]);
  expect(status.stderr).toMatch(
    /Where the time went:\n +cloud +API +phala +ours +total\n +All of it/,
  );
  expect(status.stdout).not.toContain("Where the time went");
  expect((await world.run(["status"])).stderr).not.toContain("Where the time went");
  const refused = { PHALA_API_KEY: `${CANARIES.apiKey}x` };
  const failed = await world.run(["init", "--timings"], refused);
  expect(failed.exitCode).toBe(3);
  expect(failed.stderr).toMatch(/Code .*[^]*Where the time went:[^]*Verify prerequisites/);
  const document = await counted(world, ["init"], refused);
  expect([document.run.exitCode, document.ok]).toEqual([3, false]);
  expectSound(document);
  expect(document.timings.steps.map(({ id }) => id)).toContain("verify-prerequisites");
});
