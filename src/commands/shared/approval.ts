/** What `init` and `rotate-hash` hand to step 8. */
import type { Facts } from "../../session/facts.ts";
import type { ComposeFile } from "../../compose/compose-file.ts";
import { registryEnvironment, registrySettings } from "../../compose/environment.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { ClusterInputs, ClusterSettings } from "../../core/settings.ts";
import type { EnvironmentVariable } from "../../core/ports.ts";
import type { ApproveComposeHashInput, ApproveVia, Provenance } from "../../approval/approval.ts";
import type { Registry } from "../../registry/registry.ts";
import { operator } from "../../state/history.ts";
import type { Preparation } from "../../session/preparation.ts";
import { readStepDurations, rememberStepDurations } from "../../state/step-durations.ts";
import type { StepRunner } from "../../workflow/step.ts";

/** What the operator says about an approval: how, and why. */
export type ApprovalFlags = {
  readonly via: ApproveVia;
  /** For the history. */
  readonly reason: string | null;
  /** Update the registry even where nothing differs. */
  readonly force: boolean;
  /** Approve also a hash whose app-compose can't be read. */
  readonly allowUnchecked: boolean;
  /** A hash record that vouches for running runners. */
  readonly record: string | undefined;
  /** Go on with a registry that shows its keys to anyone. */
  readonly allowDebugRegistry: boolean;
};

type ApprovalParts = Omit<
  ApproveComposeHashInput,
  "environment" | "settings" | "gatewayKeyPath" | "allowDebug"
> & { readonly inputs: ClusterInputs };

/** Environment and settings follow from the inputs and the list. */
export function approvalOf({ inputs, ...parts }: ApprovalParts): ApproveComposeHashInput {
  const { registry, compose, hashes } = parts;
  const environment = wholeEnvironment(inputs, registry, compose, hashes);
  const {
    orchestratorSchema,
    gatewayKeyPath,
    allowDebugRegistry: allowDebug = false,
  } = inputs.cluster;
  return {
    ...parts,
    environment,
    settings: registrySettings(compose, environment),
    gatewayKeyPath: orchestratorSchema === "v2" ? gatewayKeyPath : undefined,
    allowDebug,
  };
}

type Approving = {
  readonly facts: Facts;
  readonly flags: ApprovalFlags;
  readonly prepared: Pick<Preparation, "redactor">;
};

/** Who runs this command and why, and which hash it is about. The operator's words are kept without secrets. */
export async function provenanceOf(
  command: string,
  { facts, flags, prepared }: Approving,
  runner: Pick<Provenance, "runnerHash" | "composeDigest">,
): Promise<Provenance> {
  const reason = flags.reason === null ? null : prepared.redactor.redact(flags.reason);
  return { command, who: operator((await facts.account()).username), reason, ...runner };
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
