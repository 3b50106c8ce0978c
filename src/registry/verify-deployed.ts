/** What the registry runs, read back and checked before secrets are sent to it and after they were. */
import { hint, phala } from "../core/command-hint.ts";
import { composeHashOf, sha256Hex, type AppCompose } from "../core/compose-hash.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { EnvironmentVariable } from "../core/ports.ts";
import type { StepContext } from "../workflow/step.ts";
import { pollTimes } from "../workflow/wait.ts";
import {
  checkAppCompose,
  checkedHash,
  findAnomalies,
  reportAnomalies,
  type Anomaly,
} from "../app-compose/verify.ts";
import { assertNamesKept, namesWithoutList, type RequiredVariables } from "./environment-loss.ts";
import { candidateConfigs } from "./last-known-config.ts";
import { registryGone } from "./health.ts";
import type { Registry } from "./registry.ts";

type Context = Pick<StepContext, "api" | "signal" | "warn" | "strict" | "clock" | "pollIntervalMs">;

export type DeployedRegistry = {
  readonly registry: Registry;
  readonly compose: ComposeFile;
  /** The whole environment, in the order in which it was sent. */
  readonly environment: readonly EnvironmentVariable[];
  /** Digests of pre-launch scripts that registries of this cluster had before. */
  readonly knownScripts: ReadonlySet<string>;
};

export type ExistingRegistryCheck = Omit<RequiredVariables, "environment"> & {
  /** What the update will make it run; undefined: not known yet. */
  readonly compose: ComposeFile | undefined;
  /** The whole environment that the update will send; undefined: not known yet. */
  readonly environment: readonly EnvironmentVariable[] | undefined;
  /** Whether the platform lists the updates, and none is somebody else's. */
  readonly certain: boolean;
  readonly knownScripts: ReadonlySet<string>;
  /** The operator's word (`--force-update`) that it has no variables besides those that can be known. */
  readonly force?: boolean;
};

/**
 * A registry that this run deployed or updated must run exactly our file, with exactly our environment names.
 * @returns its app-compose.
 * @throws ClusterError (verification).
 */
export async function assertDeployedRegistry(
  { registry, compose, environment, knownScripts }: DeployedRegistry,
  context: Context,
): Promise<AppCompose> {
  const { appCompose, composeHash } = await readRegistry(registry, context);
  const anomalies = checkAppCompose(appCompose, {
    name: registry.name,
    composeHash,
    composeText: compose.text,
    environmentNames: environment.map(({ name }) => name),
    knownScripts,
  });
  reportAnomalies(anomalies, context);
  return appCompose;
}

/**
 * A registry that was there before runs what it was given last, and loses no variable by the update that follows:
 * values can't be read back.
 * @returns its app-compose.
 * @throws ClusterError (verification, or input `environment-incomplete`); nothing was sent.
 */
export async function assertExistingRegistry(
  input: ExistingRegistryCheck,
  context: Context,
): Promise<AppCompose> {
  const { registry, environment, knownScripts } = input;
  const { appCompose, composeHash } = await readRegistry(registry, context);
  const hash = checkedHash(registry.name, composeHash);
  if (composeHashOf(appCompose) !== hash)
    throw new ClusterError("verification", "compose-hash-mismatch", {
      message: `the app-compose of ${registry.name} does not hash to the compose hash that Phala's API gives (${hash})`,
      hint: hint`no secret was sent to it; look at it with: ${phala("cvms", "get", registry.name)}`,
    });
  const anomalies = [
    ...unrecordedText(input, appCompose.docker_compose_file ?? ""),
    ...findAnomalies(appCompose, registry.name, knownScripts),
  ];
  reportAnomalies(anomalies, context);
  if (environment) {
    const declared = appCompose.allowed_envs ?? namesWithoutList(input, appCompose, context);
    assertNamesKept({ ...input, environment }, declared);
  }
  return appCompose;
}

/** Two answers may fall on both sides of a moment: an update takes effect, a hash becomes known. */
const LOOKS = 3;

/** What it runs and the hash that the API gives for it, read until they agree; checked by the caller. */
export function readRegistry(registry: Registry, context: Context): Promise<WhatRuns> {
  const agree = ({ appCompose, composeHash }: WhatRuns): boolean =>
    composeHashOf(appCompose) === composeHash;
  return pollTimes(LOOKS, () => readOnce(registry, context), agree, context);
}

type WhatRuns = { readonly appCompose: AppCompose; readonly composeHash: string | null };

async function readOnce(registry: Registry, { api, signal }: Context): Promise<WhatRuns> {
  const cvm = await api.findCvm(registry.vmUuid, signal);
  const composeHash = cvm.kind === "present" ? cvm.value.composeHash : registry.cvm.composeHash;
  // Where the API's own file lacks something, the measured text has it.
  const found = await api.appCompose(registry.vmUuid, signal, composeHash ?? undefined);
  if (cvm.kind === "absent" && found.kind === "absent") throw registryGone(registry);
  if (found.kind !== "present")
    throw new ClusterError("verification", "app-compose-unreadable", {
      message: `could not read what ${registry.name} runs: ${found.kind === "unknown" ? found.reason : "the API has none"}`,
      hint: "nothing was approved; run the same command again",
    });
  return { appCompose: found.value, composeHash };
}

/** What it runs is what it may have been given here, or what it is to run. */
function unrecordedText(
  { registry, compose, record, certain }: ExistingRegistryCheck,
  text: string,
): readonly Anomaly[] {
  const { name } = registry;
  const given = candidateConfigs(registry, record).flatMap(
    ({ composeDigest }) => composeDigest ?? [],
  );
  const digest = sha256Hex(text);
  if (given.includes(digest) || text === compose?.text) return [];
  // Where others have updated it, or it was taken over, a text of theirs is no surprise.
  if (certain && given.length > 0)
    throw new ClusterError("verification", "registry-compose-mismatch", {
      message: `${name} runs a compose file (sha256 ${digest}) that this machine did not give it (${given.join(" or ")}), and Phala lists no update by anybody else`,
      hint: hint`no secret was sent to it; look at what it runs with: ${phala("cvms", "get", name, "--json")}; if that is right, give the same file with --registry-compose`,
    });
  const message = `${name} runs a compose file that no record here has (sha256 ${digest})`;
  return [
    {
      code: "registry-compose-unrecorded",
      message: compose ? `${message}: an update replaces it by ${compose.path}` : message,
    },
  ];
}
