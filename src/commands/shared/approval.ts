/** What `init` and `rotate-hash` hand to step 8, and how they check an existing registry. */
import type { ApproveComposeHashInput, ApproveVia, Provenance } from "../../approval/approval.ts";
import { assertSameRunners, type SeenRunners } from "../../approval/same-runners.ts";
import type { ComposeFile } from "../../compose/compose-file.ts";
import { registryEnvironment, registrySettings } from "../../compose/environment.ts";
import type { EnvironmentVariable } from "../../core/ports.ts";
import type { ClusterInputs, ClusterSettings } from "../../core/settings.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { Attester } from "../../registry/attester.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ExistingRegistryCheck } from "../../registry/verify-deployed.ts";
import type { Facts } from "../../session/facts.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { Session } from "../../session/session.ts";
import { operator } from "../../state/history.ts";
import { readStepDurations, rememberStepDurations } from "../../state/step-durations.ts";
import type { ReadingDeps, StepContext, StepRunner } from "../../workflow/step.ts";
import type { ApprovalFlags } from "./approval-flags.ts";
import { attestationOf } from "./attestation.ts";
import type { InspectedRunners } from "./inspect-runners.ts";

/** A session, or what `--plan` reads without one. */
export type ReadingSession = Pick<Session, "record" | "store" | "registryStore"> & {
  readonly deps: ReadingDeps;
};

type ApprovalRun = {
  readonly inputs: ClusterInputs;
  readonly facts: Facts;
  readonly flags: ApprovalFlags;
  readonly prepared: Pick<Preparation, "redactor">;
  readonly session: Pick<ReadingSession, "record" | "registryStore" | "deps">;
  /** Undefined with `--attest off`, and for a plan. */
  readonly attester: Attester | undefined;
};

type ApprovalParts = Pick<
  ApproveComposeHashInput,
  | "registry"
  | "running"
  | "existed"
  | "compose"
  | "hashes"
  | "seen"
  | "shortens"
  | "restores"
  | "secretsWithheld"
  | "beforeRestart"
  | "via"
> & {
  readonly command: string;
  /** Whether the platform lists the updates, and none is by somebody else. */
  readonly certain: boolean;
  /** The newest hash of the list and its compose file. */
  readonly runner: Pick<Provenance, "runnerHash" | "composeDigest">;
  /** Those that the list was made for; undefined for a new registry. */
  readonly runners: InspectedRunners | undefined;
  readonly policy: SeenRunners["policy"];
};

/** The input of step 8: environment, settings and attestation follow from the run and the list. */
export async function approvalOf(
  run: ApprovalRun,
  { command, certain, runner, runners, policy, ...parts }: ApprovalParts,
): Promise<ApproveComposeHashInput> {
  const { inputs, flags, session } = run;
  const { registry, running, compose, hashes, existed } = parts;
  const { clusterName, orchestratorSchema, gatewayKeyPath, allowDebugRegistry } = inputs.cluster;
  const environment = wholeEnvironment(inputs, registry, compose, hashes);
  return {
    ...parts,
    environment,
    settings: registrySettings(compose, environment),
    record: session.record,
    force: flags.forceUpdate,
    gatewayKeyPath: orchestratorSchema === "v2" ? gatewayKeyPath : undefined,
    allowDebug: allowDebugRegistry ?? false,
    provenance: await provenanceOf(command, run, runner),
    attestation: attestationOf(run, { registry, running, certain: certain && existed }),
    assertSameRunners:
      runners &&
      (() =>
        assertSameRunners(
          { cluster: clusterName, live: runners.live, known: runners.knownList, hashes, policy },
          session.deps,
        )),
  };
}

/** Who approves, why, and which hash: for the history, without secrets. */
export async function provenanceOf(
  command: string,
  run: {
    readonly facts: Facts;
    readonly flags: Pick<ApprovalFlags, "reason" | "allowUncheckedHash">;
    readonly prepared: Pick<Preparation, "redactor">;
  },
  runner: Pick<Provenance, "runnerHash" | "composeDigest">,
): Promise<Provenance> {
  const { facts, flags, prepared } = run;
  const who = operator((await facts.account()).username);
  const unchecked = flags.allowUncheckedHash ? "--allow-unchecked-hash" : "";
  const reasons = [flags.reason?.trim() ?? "", unchecked].filter((text) => text !== "");
  const reason = reasons.length === 0 ? null : prepared.redactor.redact(reasons.join("; "));
  return { command, who, reason, ...runner };
}

/** The check of an existing registry, without what the update will send. */
export async function registryCheck(
  { inputs, flags, session }: Pick<ApprovalRun, "inputs" | "flags" | "session">,
  registry: Registry,
  certain: boolean,
): Promise<Omit<ExistingRegistryCheck, "compose" | "environment">> {
  return {
    registry,
    certain,
    record: session.record,
    walletOptional: inputs.cluster.orchestratorSchema === "v1",
    force: flags.forceUpdate,
    knownScripts: await session.registryStore.knownScripts(),
  };
}

/** The registry's whole environment; its gateway domain is known by now. */
export function wholeEnvironment(
  { cluster, aws }: ClusterInputs,
  registry: Registry,
  compose: ComposeFile,
  approvedHashes: readonly string[],
): readonly EnvironmentVariable[] {
  const baseDomain = cluster.cvmBaseDomain ?? registry.baseDomain;
  return registryEnvironment({ compose, settings: cluster, aws, approvedHashes, baseDomain });
}

/** @throws ClusterError (input) where the registry can't be asked while it runs. */
export function assertViaApiPossible(
  via: ApproveVia,
  { orchestratorSchema }: ClusterSettings,
): void {
  if (via !== "api" || orchestratorSchema === "v2") return;
  throw new ClusterError("input", "invalid-inputs", {
    message: `--approve-via api needs --orchestrator-schema v2: only its registries take a list while they run`,
    hint: "give --orchestrator-schema v2 and --gateway-key-path, or approve by an update with --approve-via restart",
  });
}

export function noteRestart({ name }: Registry, context: Pick<StepContext, "note">): void {
  context.note(`${name} is updated and restarts: the models on it stop until it is healthy again`);
}

/** Runs the steps that wait for the platform, and keeps how long each took. */
export async function withStepTimes<T>(
  steps: StepRunner,
  cluster: string,
  { connection, stateHost }: Pick<Preparation, "connection" | "stateHost">,
  body: () => Promise<T>,
): Promise<T> {
  const { stateDir } = connection;
  steps.compareWith({ cluster, durations: await readStepDurations(stateDir, stateHost) });
  try {
    return await body();
  } finally {
    await rememberStepDurations(stateDir, stateHost, steps.reports);
  }
}
