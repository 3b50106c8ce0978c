/** Runs the built program as a user would: a process of its own, its own folder, an environment of its own. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { onTestFinished, TestRunner } from "vitest";
import { lifeOf } from "../../src/sandbox/lifecycle.ts";
import type { FailureResult } from "../../src/core/results.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/index.ts";
import { makeOnce } from "../../src/sandbox/make-once.ts";
import { warmPhalaBin } from "./phala-bin.ts";
import { PROGRAM, SHARED_CACHE, WARM_PROGRAM_PORT } from "./program-bin.ts";
import { runWarm } from "./warm.ts";

export { PROGRAM };
export const COMPOSE_FOLDER = fileURLToPath(new URL("../../fixtures/compose", import.meta.url));

/** No real key looks like these. */
export const CANARIES = {
  apiKey: "phak_canary_7f3a9c2e5b",
  awsSecret: "canary/Secret+9Zq7Lm2Xw4Rt6Yb8Nc0Vd1Kf3Hg",
} as const;

/** The first look at an update still finds the old instance; each further one costs both sides CPU and shows nothing. */
export const FAST = { bootMs: 60, updateOldServesMs: 60, updateDownMs: 20, updateBootMs: 20 };

export type Run = {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

export type World = {
  readonly sandbox: Sandbox;
  /** Where the program runs. */
  readonly folder: string;
  readonly stateDir: string;
  /** Where the sandbox keeps its cloud. */
  readonly cloudDir: string;
  readonly env: Record<string, string>;
  /** To its end, in a process that has the program loaded already. */
  run(args: readonly string[], change?: Partial<Record<string, string>>): Promise<Run>;
  /** To its end, in a process of its own: for what hangs on how that starts and ends. */
  runAnew(args: readonly string[], change?: Partial<Record<string, string>>): Promise<Run>;
  start(
    args: readonly string[],
    change?: Partial<Record<string, string>>,
  ): ReturnType<typeof spawn>;
};

export type OpenWorld = World & {
  /** Holds everything else; gone after `close`. */
  readonly base: string;
  close(): Promise<void>;
};

function spawn(args: readonly string[], folder: string, env: Record<string, string | undefined>) {
  return execa("node", [PROGRAM, ...args], {
    cwd: folder,
    env: env as Record<string, string>,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    // A run that cleans up after SIGTERM must not be killed for taking its time on a busy machine.
    forceKillAfterDelay: false,
  });
}

/** The made-up Intel and KMS of the first sandbox of this process, for all others: making one takes as long as `init`. */
let authority: string | undefined;

/** A sandbox in this process, and an environment in which `init --yes` needs no flags; gone with the test. */
export async function makeWorld(options: Partial<SandboxOptions> = {}): Promise<World> {
  return closedWithTest(await openWorld(options));
}

/** @throws Error among tests that run side by side: it would be closed when any of them ends */
export function closedWithTest(world: OpenWorld): World {
  if (TestRunner.getCurrentTest()?.concurrent === true)
    throw new Error("side by side: take a world of openWorld, and close it");
  onTestFinished(() => world.close());
  return world;
}

/**
 * The same for tests that run side by side, where vitest can't tell whose end it is: close it yourself.
 * `fill` may put a cloud into the folder before the sandbox starts.
 */
export async function openWorld(
  options: Partial<SandboxOptions> = {},
  fill: (cloudDir: string) => Promise<void> = async () => undefined,
): Promise<OpenWorld> {
  const base = await mkdtemp(path.join(tmpdir(), "tee-cluster-e2e-"));
  const folder = path.join(base, "here");
  await mkdir(folder);
  await mkdir(path.join(base, "tmp"));
  const cloudDir = path.join(base, "cloud");
  await fill(cloudDir);
  const authorityFile = path.join(cloudDir, "authority.json");
  const shared = authority;
  // One that was copied with its cloud stays.
  if (shared !== undefined) await makeOnce(authorityFile, () => shared);
  const sandbox = await startSandbox({
    stateDir: cloudDir,
    apiKey: CANARIES.apiKey,
    timings: FAST,
    ...options,
  });
  authority ??= await readFile(authorityFile, "utf8");
  const stateDir = path.join(base, "state");
  // What an operator could write down; `--sandbox` alone trusts the made-up Intel without.
  const trustFile = path.join(base, "trust.json");
  await writeFile(trustFile, JSON.stringify(sandbox.trust));
  const cache = process.env[SHARED_CACHE];
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: path.join(base, "home"),
    TMPDIR: path.join(base, "tmp"),
    // What V8 compiled of the program at the start of another test.
    ...(cache !== undefined && { XDG_CACHE_HOME: cache }),
    CI: "true",
    TEE_CLUSTER_NAME: "bird-tracker",
    TEE_CLUSTER_STATE_DIR: stateDir,
    TEE_CLUSTER_GATEWAY_URL: sandbox.gatewayUrl,
    TEE_CLUSTER_REGISTRY_COMPOSE: path.join(COMPOSE_FOLDER, "docker-compose.phala.registry.yml"),
    TEE_CLUSTER_RUNNER_COMPOSE: path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml"),
    TEE_CLUSTER_POLL_INTERVAL: "50ms",
    // Runs out where something hangs, and nowhere else: a test of a wait that runs out sets its own.
    TEE_CLUSTER_TIMEOUT: "180s",
    TEE_CLUSTER_TRUST_FILE: trustFile,
    TEE_CLUSTER_COLLATERAL_URL: sandbox.collateralUrl,
    PHALA_API_URL: sandbox.apiUrl,
    PHALA_API_KEY: CANARIES.apiKey,
    PHALA_BIN: warmPhalaBin(),
    AWS_ACCESS_KEY_ID: "AKIACANARY0EXAMPLE00",
    AWS_SECRET_ACCESS_KEY: CANARIES.awsSecret,
  };
  const start: World["start"] = (args, change = {}) => spawn(args, folder, { ...env, ...change });
  return {
    base,
    sandbox,
    folder,
    stateDir,
    cloudDir,
    env,
    start,
    async close() {
      await sandbox.close();
      await rm(base, { recursive: true, force: true });
    },
    async runAnew(args, change) {
      const { exitCode, signal, stdout, stderr } = await start(args, change);
      return { exitCode, signal, stdout, stderr };
    },
    async run(args, change = {}) {
      const given = Object.entries({ ...env, ...change }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      const line = { args, env: Object.fromEntries(given), folder };
      const run = await runWarm(Number(process.env[WARM_PROGRAM_PORT]), line);
      return { ...run, signal: undefined };
    },
  };
}

/** What a cloud must look like after any run that ended well, whatever happened before it. */
export async function cloudOf(sandbox: Sandbox, cluster = "bird-tracker") {
  const { cvms } = await sandbox.cloud();
  const live = cvms.filter((cvm) => cvm.deletedAt === null);
  const registries = cvms.filter((cvm) => cvm.name === `${cluster}-registry`);
  const registry = live.find((cvm) => cvm.name === `${cluster}-registry`);
  const environment = registry ? Object.fromEntries(sandbox.environment(registry)) : {};
  const approved = (environment["APPROVED_COMPOSE_HASH"] ?? "").split(",").filter(Boolean);
  const runs = registry && lifeOf(registry, Date.now()).instance === registry.pushed?.instance;
  return {
    cvms,
    live: live.map((cvm) => cvm.name),
    registriesEverMade: registries.length,
    registry,
    environment,
    /** As its environment has it. */
    approved,
    /** With what was pushed to the instance that runs. */
    inForce: [...new Set([...approved, ...(runs ? (registry.pushed?.hashes ?? []) : [])])],
  };
}

/** How many CVMs were made. */
export const commitsOf = (sandbox: Sandbox): number =>
  mutationsOf(sandbox).filter((call) => call === "POST /api/v1/cvms").length;

/** The answer of a run that failed with --json. */
export const failureIn = (stdout: string): FailureResult => JSON.parse(stdout) as FailureResult;

export function mutationsOf(sandbox: Sandbox): string[] {
  return sandbox
    .requests()
    .filter((request) => request.mutating)
    .map(({ method, path: where }) => `${method} ${where.replace(/[0-9a-f]{32,40}/g, "ID")}`);
}

/** A changed copy of a shipped compose file, as the environment that makes a run take it. */
export async function withCompose(
  world: Pick<World, "folder">,
  role: "registry" | "runner",
  change: (text: string) => string,
): Promise<Record<string, string>> {
  const text = await readFile(
    path.join(COMPOSE_FOLDER, `docker-compose.phala.${role}.yml`),
    "utf8",
  );
  const file = path.join(world.folder, `${role}.yml`);
  await writeFile(file, change(text));
  return { [`TEE_CLUSTER_${role.toUpperCase()}_COMPOSE`]: file };
}
