/** What a rotation finds before it changes anything; `--plan` looks at the very same. */
import type { AppCompose } from "../../app-compose.ts";
import type { ComposeFile } from "../../compose/compose-file.ts";
import { haveWallet, runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { registryName, type ComposeHash, type Cvm } from "../../domain.ts";
import { ClusterError } from "../../errors.ts";
import type { ClusterInputs } from "../../inputs/types.ts";
import { recordedHashes, type ClusterRecord } from "../../state/record.ts";
import { checkRegistryCompose } from "../../steps/registry-check.ts";
import { heedOtherUpdates, sayUnknownList } from "../../steps/neighbours.ts";
import { registryOf, type Registry } from "../../steps/registry.ts";
import { liveRunners, type LiveRunner } from "../../workflow/live-runners.ts";
import { acceptedRunners } from "../../workflow/next-list.ts";
import type { ReadingBench, StepContext } from "../../workflow/step.ts";
import { wholeEnvironment } from "../shared/approval.ts";

export type Survey = {
  readonly registry: Registry;
  /** What the registry runs now, checked against its compose hash. */
  readonly running: AppCompose;
  readonly live: readonly LiveRunner[];
  /** Those that the registry lets in now. */
  readonly accepted: readonly LiveRunner[];
  /** The registry's newest update when it was looked at; null where it had none. */
  readonly seen: string | null;
  /** The approved list as this machine has it; empty where it has none. */
  readonly recorded: readonly ComposeHash[];
};

export type SurveyInput = {
  readonly cvm: Cvm;
  readonly inputs: ClusterInputs;
  /** The registry's compose file; undefined for a rollback, whose file is not known yet. */
  readonly compose: ComposeFile | undefined;
  readonly record: ClusterRecord;
  /** Whether the operator or the record says which schema it is; else the live runners are asked. */
  readonly schemaKnown: boolean;
};

/** @throws ClusterError before anything is made: variables that would be lost, runners of another schema. */
export async function survey(
  input: SurveyInput,
  context: ReadingBench & Pick<StepContext, "warn">,
): Promise<Survey> {
  const { cvm, inputs, compose, record } = input;
  const registry = registryOf(cvm, inputs.connection.gatewayUrl, inputs.cluster.spawnteePort);
  const environment = compose && wholeEnvironment(inputs, registry, compose, []);
  const { appId } = registry;
  const mayLackWallet = inputs.cluster.orchestratorSchema === "v1";
  const [running, live, neighbours] = await Promise.all([
    checkRegistryCompose({ registry, compose, environment, record, mayLackWallet }, true, context),
    liveRunners(inputs.cluster.clusterName, context),
    heedOtherUpdates(registry, record, context),
  ]);
  const { complete, seen } = neighbours;
  if (environment) sayUnknownList(registry, record, environment, context);
  const accepted = acceptedRunners(live, { record, appId, complete }, (code, message) =>
    context.warn(code, message),
  );
  compareNames(input, accepted, context);
  refuseUnlikelySchema(input, running);
  return { registry, running, live, accepted, seen, recorded: recordedHashes(record, appId) };
}

/** The orchestrator's names are part of a hash: one over other names would let no runner in. */
function compareNames(
  { inputs, schemaKnown }: SurveyInput,
  live: readonly LiveRunner[],
  context: Pick<StepContext, "warn">,
): void {
  const names = runnerEnvironmentNamesOf(inputs.cluster).join(", ");
  const others = live.filter(({ appCompose }) => (appCompose.allowed_envs ?? []).join(", ") !== names);
  const [other] = others;
  if (other === undefined) return;
  const theirs = (other.appCompose.allowed_envs ?? []).join(", ");
  const message = `the live runner ${other.cvm.name} was deployed with the environment names ${theirs}; with schema ${inputs.cluster.orchestratorSchema} they are ${names}`;
  if (schemaKnown || others.length < live.length) return context.warn("runner-names-differ", message);
  throw schemaUnclear(message);
}

/** Only a registry of schema v2 is told its coordinator's wallet. */
function refuseUnlikelySchema({ inputs, schemaKnown, cvm }: SurveyInput, running: AppCompose): void {
  const isV1 = inputs.cluster.orchestratorSchema === "v1";
  if (schemaKnown || !isV1 || !haveWallet(running.allowed_envs ?? [])) return;
  throw schemaUnclear(
    `${cvm.name} is told the wallet of a coordinator, as those of schema v2 are, and with schema v1 the runners' names are ${runnerEnvironmentNamesOf(inputs.cluster).join(", ")}`,
  );
}

function schemaUnclear(message: string): ClusterError {
  return new ClusterError({
    kind: "input",
    code: "orchestrator-schema-unclear",
    message: `${message}: the hash would be that of no real runner`,
    hint: "say which config schema the orchestrator has: --orchestrator-schema v1 or v2 (with GATEWAY_AUTH_COORDINATOR_WALLET where it is set)",
  });
}

/** The error for a cluster without a registry. */
export function noRegistry(cluster: string): ClusterError {
  return new ClusterError({
    kind: "prerequisite",
    code: "registry-missing",
    message: `there is no ${registryName(cluster)}: the cluster has not been set up`,
    hint: `set it up: tee-cluster init --cluster-name ${cluster}`,
  });
}
