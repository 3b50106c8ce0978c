/** The `phala` CLI as a child process: https://www.npmjs.com/package/phala, measured with 1.1.18. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { CliOutcome, EnvironmentVariable, PhalaCli } from "../ports.ts";
import { runPhala, type PhalaProcessOptions } from "./cli-process.ts";
import * as output from "./cli-output.ts";
import { envFileText } from "./env-file.ts";

/** A create or update makes two requests of 30 s at most each; the rest is its own start-up. */
const MUTATION_LIMIT_MS = 120_000;
const QUERY_LIMIT_MS = 45_000;

export function createPhalaCli(options: PhalaProcessOptions): PhalaCli {
  const query = (args: string[], signal: AbortSignal): Promise<output.CliRun> =>
    runPhala(options, { args: () => args, limitMs: QUERY_LIMIT_MS }, signal);
  const mutate = (
    args: (folder: string) => string[] | Promise<string[]>,
    signal: AbortSignal,
  ): Promise<output.CliRun> => runPhala(options, { args, limitMs: MUTATION_LIMIT_MS }, signal);
  return {
    async version(signal) {
      const run = await query(["--version"], signal);
      signal.throwIfAborted();
      return versionOutcome(run);
    },
    async login(signal) {
      const run = await query(["status", "--json"], signal);
      signal.throwIfAborted();
      return output.outcomeOf(run, output.loginAnswer);
    },
    async createCvm(request, signal) {
      const node = request.nodeId === undefined ? [] : ["--node-id", String(request.nodeId)];
      const which = ["--name", request.name, "--instance-type", request.instanceType, ...node];
      const run = await mutate(async (folder) => deployArgs(folder, which, request), signal);
      return output.outcomeOf(run, output.createdAnswer);
    },
    async updateCvm(request, signal) {
      // No --wait: it only asks whether the CVM is running, which it still is right after the request.
      const run = await mutate(
        async (folder) => deployArgs(folder, ["--cvm-id", request.cvmId], request),
        signal,
      );
      return output.outcomeOf(run, output.updatedAnswer);
    },
    async deleteCvm(cvmId, signal) {
      // Without --force it asks, and hangs for ever with no terminal.
      const run = await mutate(() => ["cvms", "delete", cvmId, "--force", "--json"], signal);
      return output.outcomeOf(run, output.deletedAnswer);
    },
  };
}

type Deployment = { readonly composeText: string; readonly environment: readonly EnvironmentVariable[] };

/** Writes compose and environment file into the run's private folder and names them. */
async function deployArgs(
  folder: string,
  which: readonly string[],
  deployment: Deployment,
): Promise<string[]> {
  const compose = path.join(folder, "docker-compose.yml");
  const environment = path.join(folder, "environment");
  await writeFile(compose, deployment.composeText, { mode: 0o600, flag: "wx" });
  await writeFile(environment, envFileText(deployment.environment), { mode: 0o600, flag: "wx" });
  const variables = deployment.environment.length === 0 ? [] : ["-e", environment];
  return ["deploy", ...which, "--compose", compose, ...variables, "--json"];
}

function versionOutcome(run: output.CliRun): CliOutcome<string> | { kind: "missing"; message: string } {
  if (run.exitCode === null && run.cutOff === undefined) return { kind: "missing", message: run.stderr };
  const version = /(\d+\.\d+\.\d+)/.exec(run.stdout)?.[1];
  if (version !== undefined) return { kind: "ok", value: version };
  const outcome = output.outcomeOf(run, output.updatedAnswer);
  return outcome.kind === "ok" ? { kind: "unclear", message: "phala --version says no version" } : outcome;
}
