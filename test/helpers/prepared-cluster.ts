/** A cluster that `init` has set up once, copied for each test that begins where `init` ended. */
import { cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../src/sandbox/index.ts";
import { openWorld, type OpenWorld, type World } from "./program.ts";

/** Set by the global setup for all test files. */
const VARIABLE = "TEE_CLUSTER_PREPARED";

/** Runs `init` for `bird-tracker` in a sandbox of its own and keeps cloud, state and config in `folder`. */
export async function prepareCluster(folder: string): Promise<void> {
  const world = await openWorld();
  try {
    const run = await world.run(["init", "--json"]);
    if (run.exitCode !== 0) throw new Error(`init failed: ${run.stdout}${run.stderr}`);
    await mkdir(folder, { recursive: true });
    await Promise.all([
      cp(world.cloudDir, path.join(folder, "cloud"), { recursive: true }),
      cp(world.stateDir, path.join(folder, "state"), { recursive: true }),
      cp(path.join(world.folder, "orchestrator.yml"), path.join(folder, "orchestrator.yml")),
      writeFile(path.join(folder, "host"), new URL(world.sandbox.apiUrl).host),
    ]);
    process.env[VARIABLE] = folder;
  } finally {
    await world.close();
  }
}

/** A world in which `init` has been run, with its journal and its `orchestrator.yml`; gone with the test. */
export async function makePreparedWorld(options: Partial<SandboxOptions> = {}): Promise<World> {
  const world = await openPreparedWorld(options);
  onTestFinished(() => world.close());
  return world;
}

/** The same for whoever closes it: tests that run side by side, and the chaos suite. */
export async function openPreparedWorld(options: Partial<SandboxOptions> = {}): Promise<OpenWorld> {
  const folder = process.env[VARIABLE];
  if (folder === undefined) throw new Error("no prepared cluster: the global setup has not run");
  const world = await openWorld(options, (cloudDir) => copyCloud(path.join(folder, "cloud"), cloudDir));
  const { host } = new URL(world.sandbox.apiUrl);
  const before = await readFile(path.join(folder, "host"), "utf8");
  await cp(path.join(folder, "state"), world.stateDir, { recursive: true });
  const [old = ""] = await readdir(world.stateDir);
  await rename(path.join(world.stateDir, old), path.join(world.stateDir, host.replace(":", "_")));
  const config = await readFile(path.join(folder, "orchestrator.yml"), "utf8");
  await writeFile(path.join(world.folder, "orchestrator.yml"), config.replaceAll(before, host));
  return world;
}

/** The copy takes a port of its own. */
async function copyCloud(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const file = path.join(to, "cloud.json");
  const cloud = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...cloud, port: null }), { mode: 0o600 });
}
