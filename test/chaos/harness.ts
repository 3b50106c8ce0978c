/**
 * One chaos trial: a run of the program in which one thing goes wrong at one request, then a clean run; and what
 * must hold after that.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { orchestratorSchemas } from "../../src/orchestrator/schemas.ts";
import { deployRunner } from "../helpers/orchestrator.ts";
import { CANARIES, cloudOf, COMPOSE_FOLDER, openWorld, type Run, type World } from "../helpers/program.ts";

export const FAULTS = [
  "kill",
  "SIGINT",
  "SIGTERM",
  "reset-before",
  "reset-after",
  "500",
  "429",
  "half-json",
  "html",
  "hang",
] as const;

export type FaultName = (typeof FAULTS)[number];

export type Trial = {
  readonly fault: FaultName;
  /** The request at which it strikes, from 1. */
  readonly point: number;
};

export type TrialReport = Trial & {
  readonly struck: boolean;
  /** What did not hold; empty: survived. */
  readonly broken: readonly string[];
};

/** A CVM of somebody else, in the way on purpose: its name is like ours. */
const FOREIGN = "birdbath";

export async function runTrial(trial: Trial): Promise<TrialReport> {
  let struck = false;
  let strike: (() => void) | undefined;
  const world = await openWorld({
    onRequest: ({ ordinal }) => {
      if (ordinal !== trial.point || struck) return;
      struck = true;
      strike?.();
    },
  });
  try {
    await deployRunner(
      world.sandbox,
      FOREIGN,
      path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml"),
      [],
    );
    world.sandbox.resetRequests();
    struck = false;
    setFault(world, trial);
    const child = world.start(["init", "--json"]);
    strike = () => {
      if (trial.fault === "kill") child.kill("SIGKILL");
      if (trial.fault === "SIGINT" || trial.fault === "SIGTERM") child.kill(trial.fault);
    };
    const { exitCode, signal, stdout, stderr } = await child;
    world.sandbox.setFaults([]);
    const clean = await runUntilClean(world);
    return {
      ...trial,
      struck,
      broken: await brokenPromises(world, trial, { exitCode, signal, stdout, stderr }, clean),
    };
  } finally {
    await world.close();
  }
}

function setFault(world: World, { fault, point }: Trial): void {
  const action = {
    "reset-before": { kind: "reset-before" },
    "reset-after": { kind: "reset-after" },
    "500": { kind: "status", status: 500 },
    "429": { kind: "status", status: 429, retryAfter: 1 },
    "half-json": { kind: "half-json" },
    html: { kind: "html" },
    hang: { kind: "hang" },
    kill: undefined,
    SIGINT: undefined,
    SIGTERM: undefined,
  } as const;
  const chosen = action[fault];
  if (chosen) world.sandbox.setFaults([{ ordinal: point, times: 1, action: chosen }]);
}

/** The next run finishes the work; a child that a kill left behind may still be at it for a moment. */
async function runUntilClean(world: World): Promise<Run> {
  return world.run(["init", "--json"]);
}

async function brokenPromises(world: World, trial: Trial, first: Run, clean: Run): Promise<string[]> {
  const broken: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what);
  };
  const cloud = await cloudOf(world.sandbox);
  must(clean.exitCode === 0, `the clean run ended with ${clean.exitCode}: ${clean.stdout.slice(0, 400)}`);
  if (trial.fault === "SIGINT")
    must([130, 0].includes(first.exitCode ?? -1), `SIGINT ended with ${first.exitCode}`);
  if (trial.fault === "SIGTERM")
    must([143, 0].includes(first.exitCode ?? -1), `SIGTERM ended with ${first.exitCode}`);
  must(cloud.registriesEverMade === 1, `${cloud.registriesEverMade} registries were made`);
  must(!cloud.live.includes("bird-tracker-runner-temp"), "a temporary runner is left");
  must(cloud.live.filter((name) => name.startsWith(FOREIGN)).length === 1, "the foreign CVM was touched");
  must(cloud.approved.length === 1, `${cloud.approved.length} hashes are approved`);
  must(
    cloud.environment["AWS_SECRET_ACCESS_KEY"] === CANARIES.awsSecret,
    "the registry's environment is not whole",
  );
  broken.push(...(await brokenFiles(world)));
  const said = [first, clean].map(({ stdout, stderr }) => stdout + stderr).join("");
  must(!Object.values(CANARIES).some((secret) => said.includes(secret)), "a secret was printed");
  return broken;
}

/** orchestrator.yml is whole, no state file and nothing in the temporary folder holds a secret. */
async function brokenFiles(world: World): Promise<string[]> {
  const text = await readFile(path.join(world.folder, "orchestrator.yml"), "utf8").catch(() => "");
  const whole = orchestratorSchemas.v1.safeParse(parse(text)).success;
  const leaks = await filesWithSecrets([world.stateDir, world.folder, world.env["TMPDIR"] ?? ""]);
  return [
    ...(whole ? [] : ["orchestrator.yml is not whole"]),
    ...leaks.map((file) => `${file} holds a secret`),
  ];
}

export async function filesWithSecrets(folders: readonly string[]): Promise<string[]> {
  const names = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { recursive: true }).catch(() => []);
      return entries.map((entry) => path.join(folder, entry));
    }),
  );
  const leaking: string[] = [];
  for (const file of names.flat()) {
    if (!(await stat(file)).isFile()) continue;
    const text = await readFile(file, "utf8");
    if (Object.values(CANARIES).some((secret) => text.includes(secret))) leaking.push(file);
  }
  return leaking;
}
