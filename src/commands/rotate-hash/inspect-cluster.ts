/** The state of the cluster before a rotation changes anything; `--plan` reads the same. */
import { runnerEnvironmentNamesOf, haveWallet } from "../../compose/environment.ts";
import { command, hint } from "../../core/command-hint.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import { registryName, type ComposeHash, type Cvm } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { checkForeignUpdates, warnUnknownList } from "../../registry/concurrent-updates.ts";
import { registryOf, warnDomainDifferences, type Registry } from "../../registry/registry.ts";
import {
  assertExistingRegistry,
  type ExistingRegistryCheck,
} from "../../registry/verify-deployed.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import { composeFiles } from "../../session/facts.ts";
import { recordedHashes } from "../../state/record.ts";
import type { ReadingDeps, StepContext } from "../../workflow/step.ts";
import { registryCheck, wholeEnvironment } from "../shared/approval.ts";
import { inspectRunners, type InspectedRunners } from "../shared/inspect-runners.ts";
import type { Rotation } from "./rotation.ts";

export type ClusterState = InspectedRunners & {
  readonly registry: Registry;
  /** The app-compose that the registry runs now, checked against its compose hash. */
  readonly running: AppCompose;
  /** Whether the record is all that the registry was told. */
  readonly complete: boolean;
  /** Whether Phala lists the registry's updates, and none is by somebody else. */
  readonly certain: boolean;
  /** The registry's newest update when it was inspected; null where it had none. */
  readonly seen: string | null;
  /** For the check of the registry right before an update. */
  readonly check: Omit<ExistingRegistryCheck, "compose" | "environment">;
  /** The approved list as this machine has it; empty where it has none. */
  readonly recorded: readonly ComposeHash[];
};

/** @throws ClusterError before anything is made: variables that would be lost, runners of another schema. */
export async function inspectCluster(
  rotation: Rotation,
  cvm: Cvm,
  context: ReadingDeps & Pick<StepContext, "warn">,
): Promise<ClusterState> {
  const { inputs, facts, flags, session } = rotation;
  const { record } = session;
  // A rollback restores the earlier compose file and list.
  const files = flags.rollback ? undefined : await composeFiles(facts);
  const compose = files?.registry;
  const registry = registryOf(cvm, inputs.connection.gatewayUrl, inputs.cluster.spawnteePort);
  const environment = compose && wholeEnvironment(inputs, registry, compose, []);
  const concurrent = await checkForeignUpdates(registry, record, context, flags.forceUpdate);
  const check = await registryCheck(rotation, registry, concurrent.certain);
  const running = await assertExistingRegistry({ ...check, compose, environment }, context);
  if (environment) warnUnknownList(registry, record, environment, context);
  if (files) warnDomainDifferences(registry, files, inputs.cluster, context);
  const { appId } = registry;
  const { complete } = concurrent;
  const runners = await inspectRunners(rotation, { record, appId, complete }, context);
  compareNames(rotation, runners.accepted, context);
  assertLikelySchema(rotation, cvm, running);
  const recorded = recordedHashes(record, appId);
  return { ...runners, ...concurrent, registry, running, check, recorded };
}

/** The orchestrator's names are part of a hash: with other names the hash would match no runner. */
function compareNames(
  { inputs, schemaKnown }: Rotation,
  live: readonly LiveRunner[],
  context: Pick<StepContext, "warn">,
): void {
  const names = runnerEnvironmentNamesOf(inputs.cluster).join(", ");
  const others = live.filter(({ appCompose }) => namesIn(appCompose) !== names);
  const [other] = others;
  if (other === undefined) return;
  const message = `the live runner ${other.cvm.name} was deployed with the environment names ${namesIn(other.appCompose)}; with schema ${inputs.cluster.orchestratorSchema} they are ${names}`;
  if (!schemaKnown && others.length === live.length) throw schemaUnclear(message);
  context.warn("runner-names-differ", message);
}

const namesIn = ({ allowed_envs: names = [] }: AppCompose): string => names.join(", ");

/** Only a registry of schema v2 is given its coordinator's wallet. */
function assertLikelySchema(
  { inputs, schemaKnown }: Rotation,
  cvm: Cvm,
  running: AppCompose,
): void {
  const isV1 = inputs.cluster.orchestratorSchema === "v1";
  if (schemaKnown || !isV1 || !haveWallet(running.allowed_envs ?? [])) return;
  throw schemaUnclear(
    `${cvm.name} has the wallet of a coordinator, as with schema v2, but with schema v1 the runners' names are ${runnerEnvironmentNamesOf(inputs.cluster).join(", ")}`,
  );
}

function schemaUnclear(message: string): ClusterError {
  return new ClusterError("input", "orchestrator-schema-unclear", {
    message: `${message}: the hash would be that of no real runner`,
    hint: "give the config schema of the orchestrator: --orchestrator-schema v1 or v2 (with GATEWAY_AUTH_COORDINATOR_WALLET where it is set)",
  });
}

/** The error for a cluster without a registry. */
export function noRegistry(cluster: string): ClusterError {
  return new ClusterError("prerequisite", "registry-missing", {
    message: `there is no ${registryName(cluster)}: the cluster has not been set up`,
    hint: hint`set it up: ${command("init", "--cluster-name", cluster)}`,
  });
}
