/** What a rotation finds before it changes anything; `--plan` looks at the very same. */
import { command, hint } from "../../core/command-hint.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import { composeFiles } from "../../session/facts.ts";
import type { Session } from "../../session/session.ts";
import { haveWallet, runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { registryName, type ComposeHash, type Cvm } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { recordedHashes } from "../../state/record.ts";
import {
  assertExistingRegistry,
  type ExistingRegistryCheck,
} from "../../registry/verify-deployed.ts";
import { checkForeignUpdates, warnUnknownList } from "../../registry/concurrent-updates.ts";
import { warnDomainDifferences } from "../../registry/domain-differences.ts";
import { registryOf, type Registry } from "../../registry/registry.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import type { ReadingDeps, StepContext } from "../../workflow/step.ts";
import { wholeEnvironment } from "../shared/approval.ts";
import { lookAtRunners, type RunnersNow } from "../shared/look-at-runners.ts";
import type { Rotation } from "./rotation-plan.ts";

export type ClusterState = RunnersNow & {
  readonly registry: Registry;
  /** What the registry runs now, checked against its compose hash. */
  readonly running: AppCompose;
  /** Whether the record is all that the registry was told. */
  readonly complete: boolean;
  /** What is known of the registry: for the check of it right before an update. */
  readonly known: Pick<ExistingRegistryCheck, "record" | "certain" | "knownScripts">;
  /** The registry's newest update when it was looked at; null where it had none. */
  readonly seen: string | null;
  /** The approved list as this machine has it; empty where it has none. */
  readonly recorded: readonly ComposeHash[];
};

/** @throws ClusterError before anything is made: variables that would be lost, runners of another schema. */
export async function inspectCluster(
  rotation: Rotation,
  cvm: Cvm,
  { record, registryStore }: Pick<Session, "record" | "registryStore">,
  context: ReadingDeps & Pick<StepContext, "warn">,
): Promise<ClusterState> {
  const { inputs, facts, flags } = rotation;
  // A rollback's own file, and its list, are those of then.
  const files = flags.rollback ? undefined : await composeFiles(facts);
  const compose = files?.registry;
  const registry = registryOf(cvm, inputs.connection.gatewayUrl, inputs.cluster.spawnteePort);
  const environment = compose && wholeEnvironment(inputs, registry, compose, []);
  const { appId } = registry;
  const walletOptional = inputs.cluster.orchestratorSchema === "v1";
  const [concurrent, knownScripts] = await Promise.all([
    checkForeignUpdates(registry, record, context, flags.force),
    registryStore.knownScripts(),
  ]);
  const { complete, certain, seen } = concurrent;
  const known = { record, certain, knownScripts };
  const standing = { registry, compose, environment, walletOptional, force: flags.force, ...known };
  const running = await assertExistingRegistry(standing, context);
  if (environment) warnUnknownList(registry, record, environment, context);
  if (files) warnDomainDifferences(registry, files, inputs.cluster, context);
  const runners = await lookAtRunners(rotation, { record, appId, complete }, context);
  const { accepted } = runners;
  compareNames(rotation, accepted, context);
  assertLikelySchema(rotation, cvm, running);
  const recorded = recordedHashes(record, appId);
  return { ...runners, registry, running, complete, known, seen, recorded };
}

/** The orchestrator's names are part of a hash: one over other names would let no runner in. */
function compareNames(
  { inputs, schemaKnown }: Rotation,
  live: readonly LiveRunner[],
  context: Pick<StepContext, "warn">,
): void {
  const names = runnerEnvironmentNamesOf(inputs.cluster).join(", ");
  const others = live.filter(
    ({ appCompose }) => (appCompose.allowed_envs ?? []).join(", ") !== names,
  );
  const [other] = others;
  if (other === undefined) return;
  const theirs = (other.appCompose.allowed_envs ?? []).join(", ");
  const message = `the live runner ${other.cvm.name} was deployed with the environment names ${theirs}; with schema ${inputs.cluster.orchestratorSchema} they are ${names}`;
  if (schemaKnown || others.length < live.length)
    return context.warn("runner-names-differ", message);
  throw schemaUnclear(message);
}

/** Only a registry of schema v2 is told its coordinator's wallet. */
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
    hint: "say which config schema the orchestrator has: --orchestrator-schema v1 or v2 (with GATEWAY_AUTH_COORDINATOR_WALLET where it is set)",
  });
}

/** The error for a cluster without a registry. */
export function noRegistry(cluster: string): ClusterError {
  return new ClusterError("prerequisite", "registry-missing", {
    message: `there is no ${registryName(cluster)}: the cluster has not been set up`,
    hint: hint`set it up: ${command("init", "--cluster-name", cluster)}`,
  });
}
