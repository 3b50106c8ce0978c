/** What a run is started with: flags as of a command line, and variables. */
import path from "node:path";
import type { AnyCommand } from "../../src/commands/shared/command.ts";
import { readFlags } from "../../src/commands/shared/flags.ts";
import type { CommonFlags } from "../../src/session/dependencies.ts";
import { CLUSTER, type Files } from "./files.ts";
import type { Run } from "./history.ts";

export function commonOf(command: AnyCommand, run: Run): CommonFlags {
  return {
    keys: command.inputs,
    inputs: {},
    json: true,
    config: undefined,
    sandbox: false,
    dryRun: false,
    strict: false,
    adopt: run.adopt,
    yes: true,
  };
}

export function flagsOf(command: AnyCommand, run: Run, word: string | undefined) {
  return { ...readFlags(command.flags, commandLineOf(run, word)), argument: undefined };
}

/** As a command line would give them. */
function commandLineOf(
  { command, rotation, via }: Run,
  word: string | undefined,
): Record<string, unknown> {
  if (command !== "init" && command !== "rotate-hash") return {};
  const approveVia = { approveVia: via };
  if (command === "init") return { ...approveVia, forceUpdate: rotation === "force" };
  switch (rotation) {
    case "keep":
    case "drop":
      return { ...approveVia, [rotation]: word === undefined ? [] : [word] };
    case "force":
      return { ...approveVia, forceUpdate: true };
    case "plain":
      return approveVia;
    default:
      return { ...approveVia, [rotation]: true };
  }
}

export function environmentOf(
  { folder, configFile }: { readonly folder: string; readonly configFile: string },
  run: Run,
  files: Files,
  schema: "v1" | "v2",
): NodeJS.ProcessEnv {
  return {
    HOME: folder,
    TEE_CLUSTER_NAME: CLUSTER,
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    PHALA_API_KEY: "phak_model_0123456789",
    PHALA_API_URL: "https://cloud.model",
    TEE_CLUSTER_STATE_DIR: path.join(folder, "state"),
    TEE_CLUSTER_ORCHESTRATOR_CONFIG: configFile,
    TEE_CLUSTER_RUNNER_COMPOSE: files.path(`runner${run.runner}`),
    TEE_CLUSTER_REGISTRY_COMPOSE: files.path(`registry${run.registry}`),
    TEE_CLUSTER_ORCHESTRATOR_SCHEMA: schema,
    TEE_CLUSTER_TIMEOUT: "3m",
    TEE_CLUSTER_POLL_INTERVAL: "3s",
    TEE_CLUSTER_ATTEST: run.attest,
    TEE_CLUSTER_TRUST_FILE: files.trust,
    TEE_CLUSTER_HASH_FROM: run.hashFrom,
    ...(schema === "v2"
      ? { GATEWAY_KEY_PATH: files.key, GATEWAY_AUTH_COORDINATOR_WALLET: "0xModel" }
      : {}),
  };
}
