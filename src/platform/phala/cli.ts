/** The `phala` CLI (npm package `phala` 1.1.18) as a child process. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ClusterError } from "../../errors/cluster-error.ts";
import type {
  CliOutcome,
  CreateCvmRequest,
  Deployment,
  MutationOutcome,
  PhalaCli,
  PhalaMutations,
} from "../../core/ports.ts";
import { PhalaProcess, type PhalaCommand, type PhalaProcessOptions } from "./cli-process.ts";
import { logsCommand, logsOutcome } from "./cli-logs.ts";
import * as output from "./cli-output.ts";
import { envFileText } from "./env-file.ts";
import type { Traffic } from "./gate/gate.ts";
import {
  createOutcome,
  deleteOutcome,
  provisionOutcome,
  refused,
  updateOutcome,
} from "./gate/outcome.ts";
import { installedVersion, locateProgram } from "./program.ts";
import { makePrivateFolder } from "./private-folder.ts";

/** A create or update makes two requests of at most 30 s each; the rest is start-up. */
const MUTATION_LIMIT_MS = 120_000;
const QUERY_LIMIT_MS = 45_000;
const UNWRITABLE = "temporary-directory-unwritable";

export type PhalaCliOptions = PhalaProcessOptions & {
  /** Timeouts in ms, for tests. */
  readonly limits?: { readonly queryMs?: number; readonly mutationMs?: number };
};

/**
 * `version` and `login` throw the signal's reason when aborted. Mutations only throw what a hook threw: their outcome is
 * determined from the gate's traffic once the child has ended.
 */
export function createPhalaCli(options: PhalaCliOptions): PhalaCli {
  const phala = new PhalaProcess(options);
  const { queryMs = QUERY_LIMIT_MS, mutationMs: limitMs = MUTATION_LIMIT_MS } =
    options.limits ?? {};
  const query = async (args: string[], signal: AbortSignal): Promise<output.CliRun> => {
    const operation = { kind: "read" } as const;
    const { run } = await phala.run({ args: () => args, limitMs: queryMs, operation }, signal);
    signal.throwIfAborted();
    return run;
  };
  const locate = (): Promise<string | undefined> => locateProgram(options.bin, options.env["PATH"]);
  const installed = async (): Promise<string | undefined> => {
    const program = await locate();
    return program && (await installedVersion(program));
  };
  return {
    locate,
    version: async (signal) => {
      const version = await installed();
      if (version) return { kind: "ok", value: version };
      return versionOutcome(await query(["--version"], signal));
    },
    isReady: async () => (await installed()) !== undefined && canMakeFolder(),
    expectRuns: (count) => phala.expect(count),
    logs: readLogs(phala, queryMs, options.redact),
    login: async (signal) =>
      output.outcomeOf(await query(["status", "--json"], signal), output.loginAnswer),
    ...mutationsOf(phala, limitMs),
  };
}

type Read<T> = (traffic: Traffic, run: output.CliRun) => MutationOutcome<T>;

function mutationsOf(phala: PhalaProcess, limitMs: number): PhalaMutations {
  const mutate = <T>(
    args: PhalaCommand["args"],
    operation: PhalaCommand["operation"],
    signal: AbortSignal,
    outcome: Read<T>,
  ) => outcomeOf(() => phala.run({ args, operation, limitMs }, signal), outcome);
  return {
    createCvm: (request, signal, hooks = {}) => {
      const operation = { kind: "create", request, hooks } as const;
      return mutate(create(request), operation, signal, createOutcome(request.name));
    },
    provisionCvm: (request, signal, hooks = {}) => {
      const operation = { kind: "provision", request, hooks } as const;
      return mutate(create(request), operation, signal, provisionOutcome);
    },
    // No --wait: it only waits for status running, which is still true right after the request.
    updateCvm: (request, signal, hooks = {}) => {
      const args = deploy(["--cvm-id", request.cvmId], request);
      return mutate(args, { kind: "update", request, hooks }, signal, updateOutcome);
    },
    // Without --force it prompts, and hangs forever without a terminal.
    deleteCvm: (cvmId, signal) => {
      const args = () => ["cvms", "delete", cvmId, "--force", "--json"];
      return mutate(args, { kind: "delete", cvmId }, signal, deleteOutcome);
    },
  };
}

/** Rethrows what a hook threw; everything else is an outcome. */
async function outcomeOf<T>(
  work: () => ReturnType<PhalaProcess["run"]>,
  outcome: Read<T>,
): Promise<MutationOutcome<T>> {
  try {
    const { run, traffic } = await work();
    if (traffic.hookError) throw traffic.hookError.thrown;
    return outcome(traffic, run);
  } catch (error) {
    // The run was not started, so nothing has happened.
    if (!(error instanceof ClusterError) || error.code !== UNWRITABLE) throw error;
    return refused(error.message, "other");
  }
}

const readLogs =
  (phala: PhalaProcess, limitMs: number, redact = (text: string) => text): PhalaCli["logs"] =>
  async (request, signal, onLine) =>
    logsOutcome((await phala.run(logsCommand(request, limitMs, redact, onLine), signal)).run);

function create(request: CreateCvmRequest): PhalaCommand["args"] {
  const node = request.nodeId === undefined ? [] : ["--node-id", String(request.nodeId)];
  return deploy(
    ["--name", request.name, "--instance-type", request.instanceType, ...node],
    request,
  );
}

/** Writes compose and environment file into the run's private folder and passes their paths. */
const deploy =
  (which: readonly string[], { composeText, environment }: Deployment): PhalaCommand["args"] =>
  async (folder) => {
    const args = ["deploy", ...which];
    args.push("--compose", await writePrivate(folder, "docker-compose.yml", composeText));
    if (environment.length > 0)
      args.push("-e", await writePrivate(folder, "environment", envFileText(environment)));
    return [...args, "--json"];
  };

async function canMakeFolder(): Promise<boolean> {
  try {
    await (await makePrivateFolder()).remove();
    return true;
  } catch {
    return false;
  }
}

/** Private from the start: `wx` never reuses a file that someone else may have created. */
async function writePrivate(folder: string, name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text, { mode: 0o600, flag: "wx" });
  return file;
}

/** `v1.1.18+d27a321`: the version is the part before the plus. */
const VERSION_LINE = /^\s*(?:phala[ /@])?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)(?:\+[\w.]+)?\s*$/m;

function versionOutcome(
  run: output.CliRun,
): CliOutcome<string> | { kind: "missing"; message: string } {
  if (run.exitCode === null && run.cutOff === undefined)
    return { kind: "missing", message: run.stderr };
  const version = VERSION_LINE.exec(run.stdout)?.[1];
  if (version !== undefined && run.exitCode === 0) return { kind: "ok", value: version };
  const outcome = output.outcomeOf(run, output.anySuccess);
  return outcome.kind === "ok"
    ? { kind: "unclear", message: "phala --version says no version" }
    : outcome;
}
