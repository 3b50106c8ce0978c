/** What must hold after a run, as a list of what does not: empty means that every promise was kept. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import type { FailureResult } from "../../src/core/results.ts";
import { orchestratorSchemas } from "../../src/orchestrator/schemas.ts";
import { verifyHistory } from "../../src/state/history-chain.ts";
import { readHistory } from "../../src/state/history.ts";
import { readJournal } from "../../src/state/journal.ts";
import { stateDirectoryOf } from "../../src/state/state-directory.ts";
import { filesWithSecrets, holdsSecret } from "../helpers/leaks.ts";
import { CANARIES, cloudOf, type World } from "../helpers/program.ts";
import { endsAtOnce, type FaultName } from "./faults.ts";
import { foreignCvms, RUNNER_NAME } from "./neighbours.ts";
import { processesOf } from "./processes.ts";
import type { Ended, TerminalState } from "./program-run.ts";
import type { Expectation, Stage } from "./scenarios.ts";

const REGISTRY = "bird-tracker-registry";
const TEMPORARY_RUNNER = "bird-tracker-runner-temp";

/** Of the registry, except the approved list and the gateway's domain, which is empty until it is known. */
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: "AKIACANARY0EXAMPLE00",
  AWS_SECRET_ACCESS_KEY: CANARIES.awsSecret,
  AWS_REGION: "eu-west-1",
  CAPACITY_THRESHOLD: "0.8",
} as const;
const BASE_DOMAIN = "dstack-pha-prod10.phala.network";

type Cloud = Awaited<ReturnType<typeof cloudOf>>;

const must = (holds: boolean, otherwise: string): string[] => (holds ? [] : [otherwise]);

/** What they leave stays until a person looks at it, with the exit code that says so. */
const LASTING: ReadonlyMap<FaultName, number> = new Map([
  // Two registries of one app_id.
  ["fault:replica", 6],
  // Only --force-update goes past an operation that never ends.
  ["fault:operation-stuck", 5],
]);

/** After the run that the fault struck. */
export async function brokenByFault(
  stage: Stage,
  fault: FaultName,
  ended: Ended,
): Promise<string[]> {
  const cloud = await cloudOf(stage.world.sandbox);
  const always = [...(await brokenAlways(stage, fault, cloud)), ...brokenOutput(ended)];
  // A program that was killed has no more say in what it leaves; the next run has.
  if (endsAtOnce(fault)) return always;
  return [
    ...always,
    ...brokenExit(fault, ended),
    ...(ended.exitCode === 0
      ? await brokenGoal(stage, cloud)
      : brokenFailure(stage, cloud, fault, ended)),
    ...(await leftOver(stage)),
  ];
}

/** After a run without a fault. */
export async function brokenByCleanRun(
  stage: Stage,
  fault: FaultName,
  ended: Ended,
): Promise<string[]> {
  const cloud = await cloudOf(stage.world.sandbox);
  if (LASTING.get(fault) === ended.exitCode) return brokenAlways(stage, fault, cloud);
  return [
    ...must(
      ended.exitCode === 0,
      `the clean run ended with ${ended.exitCode}: ${ended.stdout.slice(0, 600)}`,
    ),
    ...(await brokenAlways(stage, fault, cloud)),
    ...brokenOutput(ended),
    ...(await brokenGoal(stage, cloud)),
    ...(await leftOver(stage)),
  ];
}

/** However a run ended. */
async function brokenAlways(
  { world, foreign, expected }: Stage,
  fault: FaultName,
  cloud: Cloud,
): Promise<string[]> {
  const most = fault === "fault:replica" ? 2 : 1;
  const ours = new Set([
    REGISTRY,
    TEMPORARY_RUNNER,
    RUNNER_NAME,
    ...foreign.map(({ name }) => name),
  ]);
  const unrecorded = cloud.cvms.filter(({ name }) => !ours.has(name)).map(({ name }) => name);
  const lists = expected.approvedLists.map(String);
  const leaks = await filesWithSecrets([world.stateDir, world.folder]);
  return [
    ...must(cloud.registriesEverMade <= most, `${cloud.registriesEverMade} registries were made`),
    ...must(isDeepStrictEqual(foreignCvms(cloud.cvms), foreign), "a foreign CVM was touched"),
    ...must(unrecorded.length === 0, `made as well: ${unrecorded.join(", ")}`),
    ...must(
      cloud.registry !== undefined || !cloud.live.includes(RUNNER_NAME),
      "a runner has lost its registry",
    ),
    ...must(
      !cloud.registry || lists.includes(String(cloud.inForce)),
      `approved: [${cloud.inForce.join(", ")}]`,
    ),
    ...must(
      !cloud.registry ||
        hasWholeEnvironment(cloud) ||
        (expected.begins === "with nothing" && hasNoSecretsYet(cloud)),
      "the registry's environment is not whole",
    ),
    ...(await brokenConfig(
      world.folder,
      cloud,
      expected.begins === "with nothing" ? "optional" : "required",
    )),
    ...leaks.map((file) => `${file} holds a secret`),
  ];
}

/** After a run that said it was done. */
async function brokenGoal({ world, expected }: Stage, cloud: Cloud): Promise<string[]> {
  const up = cloud.live.filter((name) => name.startsWith("bird-tracker-"));
  return [
    ...must(isDeepStrictEqual(up.toSorted(), expected.live.toSorted()), `up are: ${up.join(", ")}`),
    ...(expected.live.includes(REGISTRY)
      ? [
          ...(await brokenRegistry(expected, cloud, world.sandbox.apiUrl)),
          ...(await brokenHistory(world, expected)),
        ]
      : []),
    ...(await brokenConfig(world.folder, cloud, "required")),
  ];
}

async function brokenRegistry(
  expected: Expectation,
  cloud: Cloud,
  apiUrl: string,
): Promise<string[]> {
  const goal = expected.approvedLists.at(-1) ?? [];
  return [
    ...must(
      isDeepStrictEqual(cloud.inForce, goal),
      `approved: [${cloud.inForce.join(", ")}], not the new list`,
    ),
    ...must(
      cloud.environment["CVM_BASE_DOMAIN"] === BASE_DOMAIN,
      "the registry does not know its domain",
    ),
    ...must(hasWholeEnvironment(cloud), "the registry's environment is not whole"),
    ...must(await isHealthy(apiUrl, cloud), "the registry is not healthy"),
  ];
}

/** The history verifies, and its newest entry is the list that the registry has. */
async function brokenHistory(world: World, expected: Expectation): Promise<string[]> {
  const directory = stateDirectoryOf(
    world.stateDir,
    new URL(world.sandbox.apiUrl).host,
    "bird-tracker",
  );
  const [lines, journal] = await Promise.all([readHistory(directory), readJournal(directory)]);
  const heads = journal.flatMap((record) =>
    record.type === "approved" ? (record.history_head ?? []) : [],
  );
  const problem = verifyHistory(lines, heads);
  const newest = lines.findLast(({ record }) => record !== undefined)?.record?.hashes;
  return [
    ...must(problem === undefined, `history: ${problem?.message}`),
    ...must(
      isDeepStrictEqual(newest, expected.approvedLists.at(-1)),
      `history: the newest entry is [${newest?.join(", ")}]`,
    ),
  ];
}

/** After a run that ended of its own accord with an error, or interrupted. */
function brokenFailure(
  { world, expected }: Stage,
  cloud: Cloud,
  fault: FaultName,
  ended: Ended,
): string[] {
  const told = leftBehind(ended);
  const runnerUp = cloud.live.includes(TEMPORARY_RUNNER);
  // Without phala nothing can be deleted: what is left must be told then.
  const excused = fault === "phala-gone" && told.includes(TEMPORARY_RUNNER);
  const registryMade = cloud.registry !== undefined && expected.begins === "with nothing";
  const touched = world.sandbox.requests().some(({ mutating }) => mutating);
  return [
    ...must(ended.exitCode !== 3 || !touched, "exit code 3 says that nothing was touched"),
    ...must(!runnerUp || excused, "a temporary runner is left"),
    ...must(
      !registryMade || told.includes(REGISTRY),
      "the registry is left behind and not told of",
    ),
  ];
}

/** In the answer, or on the terminal. */
function leftBehind({ stdout, terminal }: Ended): string[] {
  if (terminal) return [REGISTRY, TEMPORARY_RUNNER].filter((name) => terminal.bytes.includes(name));
  return (JSON.parse(stdout) as FailureResult).left_behind.map(({ name }) => name);
}

/** A new registry is attested before secrets are sent to it; until then it approves nothing. */
function hasNoSecretsYet({ environment, inForce }: Cloud): boolean {
  return !environment["AWS_SECRET_ACCESS_KEY"] && inForce.length === 0;
}

function hasWholeEnvironment({ environment }: Cloud): boolean {
  const values = Object.entries(ENVIRONMENT).every(([name, value]) => environment[name] === value);
  return values && "APPROVED_COMPOSE_HASH" in environment && "CVM_BASE_DOMAIN" in environment;
}

async function isHealthy(apiUrl: string, { registry }: Cloud): Promise<boolean> {
  const answer = await fetch(`${apiUrl}/gateway/${registry?.appId}-9010.${BASE_DOMAIN}/health`);
  const health = answer.ok ? ((await answer.json()) as Record<string, unknown>) : {};
  return health["status"] === "healthy" && health["mode"] === "registry+runner";
}

/** `orchestrator.yml` is whole and leads to this registry, and no half-written file lies beside it. */
async function brokenConfig(
  folder: string,
  cloud: Cloud,
  presence: "required" | "optional",
): Promise<string[]> {
  const names = await readdir(folder);
  const half = names.filter((name) => name.startsWith(".orchestrator"));
  const halves = half.map((name) => `${name} is left`);
  if (!names.includes("orchestrator.yml")) {
    return [...halves, ...must(presence === "optional", "there is no orchestrator.yml")];
  }
  const text = await readFile(path.join(folder, "orchestrator.yml"), "utf8");
  const config: unknown = parse(text);
  const whole = Object.values(orchestratorSchemas).some(
    (schema) => schema.safeParse(config).success,
  );
  // Only a file of schema v1 says which registry it is.
  const isV1 = orchestratorSchemas.v1.safeParse(config).success;
  const ours = cloud.registry === undefined || !isV1 || text.includes(cloud.registry.appId);
  return [...halves, ...must(whole && ours, "orchestrator.yml is not whole")];
}

/** 130 and 143 are for a run that a signal ended; a run that was over by then ends with 0. */
function brokenExit(fault: FaultName, { exitCode, hung }: Ended): string[] {
  const signals: Partial<Record<FaultName, number>> = { SIGINT: 130, SIGTERM: 143 };
  const ends = signals[fault] === undefined ? [0, 3, 4, 5, 6, 7] : [0, signals[fault]];
  const fits = exitCode !== null && ends.includes(exitCode);
  return [...must(!hung, "the run did not end"), ...must(fits, `exit code ${exitCode}`)];
}

function brokenOutput({ stdout, stderr, terminal }: Ended): string[] {
  return [
    ...must(!holdsSecret(stdout + stderr), "a secret was printed"),
    ...(terminal ? brokenTerminal(terminal) : []),
  ];
}

/** Lines are edited and echoed again, Ctrl-C is heard, the cursor is seen, the next prompt stands on a line of its own. */
function brokenTerminal({ settings, bytes }: TerminalState): string[] {
  const on = new Set(settings.split(/\s+/));
  const sane = ["icanon", "echo", "isig", "icrnl", "opost"].filter((setting) => !on.has(setting));
  const cursor = bytes.lastIndexOf("\u001b[?25h") >= bytes.lastIndexOf("\u001b[?25l");
  return [
    ...sane.map((setting) => `the terminal is left without ${setting}`),
    ...must(cursor, "the cursor is left hidden"),
    ...must(bytes.endsWith("\n"), "the last line has no end"),
  ];
}

/** Processes, temporary files and the lock: none of them outlives a run that ended of its own accord. */
async function leftOver({ world }: Stage): Promise<string[]> {
  const temporary = await readdir(world.env["TMPDIR"] ?? "");
  const state = await readdir(world.stateDir, { recursive: true }).catch(() => []);
  const locks = state.filter((name) => name.includes("lock"));
  return [
    ...(await processesOf(world.base)).map((command) => `still running: ${command}`),
    ...[...temporary, ...locks].map((name) => `${name} is left`),
  ];
}
