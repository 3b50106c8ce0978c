/** Clusters that `init` has set up once, copied for each test that begins where `init` ended. */
import { cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SandboxOptions } from "../../src/sandbox/index.ts";
import { makeV2Files, v2Environment, V2_FILES } from "./coordinator.ts";
import { closedWithTest, openWorld, type OpenWorld, type World } from "./program.ts";

/** Set by the global setup for all test files. */
const VARIABLE = "TEE_CLUSTER_PREPARED";

/** Of the orchestrator. A registry of v2 knows its coordinator, and takes a list while it runs. */
export type Schema = "v1" | "v2";

/** Sets a cluster of each schema up, in a sandbox of its own, and keeps cloud, state and files in `folder`. */
export async function prepareClusters(folder: string): Promise<void> {
  await Promise.all([
    // By a process of its own, whose end leaves compiled code to every later start.
    prepareCluster(folder, "v1", "runAnew"),
    prepareCluster(folder, "v2", "run"),
  ]);
  process.env[VARIABLE] = folder;
}

async function prepareCluster(into: string, schema: Schema, how: "run" | "runAnew"): Promise<void> {
  const folder = path.join(into, schema);
  const world = await openWorld();
  try {
    if (schema === "v2") {
      await makeV2Files(world.folder);
      Object.assign(world.env, await v2Environment(world.folder));
    }
    const run = await world[how](["init", "--json"]);
    if (run.exitCode !== 0) throw new Error(`init failed: ${run.stdout}${run.stderr}`);
    await mkdir(folder, { recursive: true });
    await Promise.all([
      cp(world.cloudDir, path.join(folder, "cloud"), { recursive: true }),
      cp(world.stateDir, path.join(folder, "state"), { recursive: true }),
      cp(world.folder, path.join(folder, "work"), { recursive: true }),
      writeFile(path.join(folder, "host"), new URL(world.sandbox.apiUrl).host),
    ]);
  } finally {
    await world.close();
  }
}

/** A world in which `init` has been run, with its journal and its `orchestrator.yml`; gone with the test. */
export async function makePreparedWorld(
  options: Partial<SandboxOptions> = {},
  schema: Schema = "v1",
): Promise<World> {
  return closedWithTest(await openPreparedWorld(options, schema));
}

/** The same for whoever closes it: tests that run side by side, and the chaos suite. */
export async function openPreparedWorld(
  options: Partial<SandboxOptions> = {},
  schema: Schema = "v1",
): Promise<OpenWorld> {
  const all = process.env[VARIABLE];
  if (all === undefined) throw new Error("no prepared cluster: the global setup has not run");
  const folder = path.join(all, schema);
  const world = await openWorld(options, (cloudDir) =>
    copyCloud(path.join(folder, "cloud"), cloudDir),
  );
  const { host } = new URL(world.sandbox.apiUrl);
  const before = await readFile(path.join(folder, "host"), "utf8");
  await cp(path.join(folder, "state"), world.stateDir, { recursive: true });
  const old = (await readdir(world.stateDir)).find((name) => name !== "collateral") ?? "";
  await rename(path.join(world.stateDir, old), path.join(world.stateDir, host.replace(":", "_")));
  await renameCollateral(path.join(world.stateDir, "collateral"), before, host);
  const config = await readFile(path.join(folder, "work", "orchestrator.yml"), "utf8");
  await writeFile(path.join(world.folder, "orchestrator.yml"), config.replaceAll(before, host));
  if (schema === "v2") {
    const copy = (name: string): Promise<void> =>
      cp(path.join(folder, "work", name), path.join(world.folder, name));
    await Promise.all(V2_FILES.map(copy));
    Object.assign(world.env, await v2Environment(world.folder));
  }
  return world;
}

/** What is cached of Intel's collateral is kept by where it is from. */
async function renameCollateral(folder: string, before: string, host: string): Promise<void> {
  const [from, to] = [before, host].map((name) => name.replace(":", "_"));
  for (const name of await readdir(folder))
    await rename(path.join(folder, name), path.join(folder, name.replace(from ?? "", to ?? "")));
}

/** The copy takes a port of its own. */
async function copyCloud(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const file = path.join(to, "cloud.json");
  const cloud = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...cloud, port: null }), { mode: 0o600 });
}
