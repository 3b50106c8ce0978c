/**
 * Transcripts: what the real `phala` CLI prints when it runs against the sandbox, made comparable. The ids, ports
 * and times that differ from run to run are replaced by fixed ones of the same form, so that a parser takes them.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startSandbox, type Fault, type Sandbox } from "../../src/sandbox/index.ts";

/** stdout and stderr as printed; `{folder}` stands for the run's working directory. */
export type Transcript = {
  readonly args: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
};

type Scenario = {
  readonly name: string;
  readonly args: readonly string[];
  readonly apiKey?: string;
  readonly faults?: readonly Fault[];
};

/** vitest and the recording script are started in the root of the repository. */
const COMPOSE = path.resolve("fixtures/compose/docker-compose.phala.runner.yml");
const TOO_LARGE = `services: {}\n# ${"x".repeat(201 * 1024)}\n`;

const FILES = ["--compose", "{folder}/compose.yml", "-e", "{folder}/environment", "--json"];
const create = (name: string, ...more: string[]): string[] => [
  "deploy",
  "--name",
  name,
  "--instance-type",
  "tdx.small",
  ...FILES,
  ...more,
];
const update = (id: string): string[] => ["deploy", "--cvm-id", id, ...FILES];
const fault = (method: string, where: string, action: Fault["action"]): Fault[] => [
  { method, path: where, action },
];

/** One after the other in one cloud: a later one may need what an earlier one made. */
const SCENARIOS: readonly Scenario[] = [
  { name: "version", args: ["--version"] },
  { name: "status-ok", args: ["status", "--json"] },
  { name: "status-no-key", args: ["status", "--json"], apiKey: "" },
  { name: "status-bad-key", args: ["status", "--json"], apiKey: "phak_wrong_example_key" },
  { name: "create-ok", args: create("bird-registry") },
  { name: "create-409", args: create("bird-registry") },
  {
    name: "create-too-large",
    args: create("bird-large").map((arg) => arg.replace("compose.yml", "large.yml")),
  },
  { name: "create-bad-name", args: create("bird-ends-") },
  {
    name: "create-422",
    args: create("bird-refused"),
    faults: fault("POST", "/cvms/provision$", { kind: "status", status: 422 }),
  },
  {
    name: "create-unknown-size",
    args: create("bird-huge").map((arg) => arg.replace("tdx.small", "tdx.huge")),
  },
  { name: "create-unknown-node", args: create("bird-nowhere", "--node-id", "99999") },
  { name: "create-bad-key", args: create("bird-nobody"), apiKey: "phak_wrong_example_key" },
  {
    name: "create-html",
    args: create("bird-html"),
    faults: fault("POST", "/cvms/provision$", { kind: "html" }),
  },
  {
    name: "create-connection-lost-afterwards",
    args: create("bird-lost"),
    faults: fault("POST", "/cvms$", { kind: "reset-after" }),
  },
  {
    name: "create-half-json",
    args: create("bird-half"),
    faults: fault("POST", "/cvms$", { kind: "half-json" }),
  },
  { name: "update-ok", args: update("bird-registry") },
  { name: "update-missing", args: update("bird-missing") },
  { name: "delete-ok", args: ["cvms", "delete", "bird-registry", "--force", "--json"] },
  { name: "delete-missing", args: ["cvms", "delete", "bird-registry", "--force", "--json"] },
];

/** Runs every scenario with the given `phala`; the installed one takes about a second of CPU for each. */
export async function recordTranscripts(
  phala = path.resolve("node_modules/.bin/phala"),
): Promise<ReadonlyMap<string, Transcript>> {
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-transcripts-"));
  const sandbox = await startSandbox({
    stateDir: path.join(folder, "cloud"),
    timings: { bootMs: 0 },
  });
  try {
    const cwd = await workingFolder(folder);
    const recorded = new Map<string, Transcript>();
    for (const scenario of SCENARIOS)
      recorded.set(scenario.name, await record(scenario, { phala, sandbox, cwd }));
    return recorded;
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function workingFolder(folder: string): Promise<string> {
  const cwd = path.join(folder, "cwd");
  await mkdir(path.join(cwd, "home"), { recursive: true });
  await writeFile(path.join(cwd, "environment"), "REGISTRY_URL='http://example.invalid'\n", {
    mode: 0o600,
  });
  await writeFile(path.join(cwd, "large.yml"), TOO_LARGE);
  await copyFile(COMPOSE, path.join(cwd, "compose.yml"));
  return cwd;
}

async function record(
  scenario: Scenario,
  {
    phala,
    sandbox,
    cwd,
  }: { readonly phala: string; readonly sandbox: Sandbox; readonly cwd: string },
): Promise<Transcript> {
  sandbox.setFaults(scenario.faults ?? []);
  const args = scenario.args.map((arg) => arg.replaceAll("{folder}", cwd));
  const key = scenario.apiKey ?? sandbox.apiKey;
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: path.join(cwd, "home"),
    ...(key === "" ? {} : { PHALA_CLOUD_API_KEY: key }),
    PHALA_CLOUD_API_PREFIX: `${sandbox.apiUrl}/api/v1`,
    PHALA_DISABLE_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    const child = execFile(phala, args, { cwd, env, timeout: 60_000 }, (_error, stdout, stderr) => {
      const comparable = comparableIn(cwd);
      resolve({
        args: scenario.args,
        stdout: comparable(stdout),
        stderr: comparable(stderr),
        exitCode: child.exitCode,
      });
    });
    child.stdin?.end();
  });
}

/** Replaces what differs from run to run; the same id stays recognisable as the same. */
function comparableIn(folder: string): (text: string) => string {
  const numbers = new Map<string, number>();
  const numbered = (id: string): number => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return number;
  };
  return (text) =>
    text
      .replaceAll(folder, "{folder}")
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:8080")
      .replaceAll(/(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-f])/g, (id) =>
        String(numbered(id)).padStart(id.length, "0"),
      )
      .replaceAll(
        /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g,
        "2026-01-01T00:00:00Z",
      )
      .replaceAll(
        /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
        "00000000-0000-4000-8000-000000000000",
      );
}
