/** `rotate-hash --plan`: what a rotation would change, without any change and without a temporary runner. */
import type { AppCompose } from "../../core/compose-hash.ts";
import type { AttestMode } from "../../core/attestation.ts";
import { runnerEnvironmentNamesOf, settingsDifference } from "../../compose/environment.ts";
import { registryName } from "../../core/domain.ts";
import { diffLines } from "../../lib/line-diff.ts";
import { readVerifiedState } from "../../state/verified-state.ts";
import { appComposeStore, registryComposeStore } from "../../state/app-compose-store.ts";
import type { ApproveComposeHashInput } from "../../approval/approval.ts";
import { gatherApprovalFacts } from "../../approval/approval-facts.ts";
import { decide } from "../../approval/decide.ts";
import { readUpdates } from "../../registry/updates.ts";
import { lookupFailed } from "../../workflow/find-cvm.ts";
import type { ReadingDeps, StepContext } from "../../workflow/step.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import type { ReadingSession } from "../shared/approval.ts";
import type { RotatePlanResult } from "./result.ts";
import { predictRotation, type RotationPrediction } from "./predict-rotation.ts";
import { planOf, type RotationPlan, type Rotation } from "./rotation.ts";
import { plannedDeletions, runnerResult, warnOfRevocation } from "./revocation.ts";
import { lastUpdate } from "../../state/record.ts";
import {
  describeAttestation,
  dryRunResult,
  hashActions,
  type PlannedAction,
} from "../shared/result.ts";
import { warnRevoked } from "./consent.ts";
import { noRegistry, inspectCluster } from "./inspect-cluster.ts";

/** A rotation that holds no lock and has no journal. */
export type UnlockedRotation = Omit<Rotation, "session" | "attester">;

/** @throws ClusterError for everything that would stop the run before it creates anything. */
export async function planRotation(unlocked: UnlockedRotation): Promise<RotatePlanResult> {
  const { inputs, facts, steps, flags } = unlocked;
  const { clusterName, orchestratorSchema } = inputs.cluster;
  const found = await facts.registry();
  if (found.kind === "unknown") throw lookupFailed(registryName(clusterName), found.reason);
  if (found.kind === "absent") throw noRegistry(clusterName);
  const session = await readSession(unlocked);
  const rotation = { ...unlocked, session, attester: undefined };
  const { deps } = session;
  const warn: StepContext["warn"] = (code, message) => steps.warn(code, message);
  const state = await inspectCluster(rotation, found.value, { ...deps, warn });
  const predicted = await predictRotation(rotation, state);
  const { next, composeHash, basis } = predicted;
  const plan = await planOf(rotation, state, next);
  const { losingAccess, revoked, approval } = plan;
  steps.assertNoWarnings(deps);
  warnRevoked(losingAccess, steps);
  if (!flags.deleteRevoked) warnOfRevocation(revoked, orchestratorSchema, steps);
  const actions = [
    ...actionsForHash(rotation, predicted),
    await approvalAction(approval, deps, rotation.attestMode),
    ...plannedDeletions(revoked, flags),
  ];
  return {
    ...dryRunResult("rotate-hash", clusterName, actions, steps.warnings),
    compose_hash: composeHash,
    approved_compose_hashes: changesOf(state.recorded, next.hashes),
    ...(await changedTexts(rotation, plan, basis)),
    runners: state.live.map((runner) => ({
      ...runnerResult(runner),
      accepted: next.hashes.includes(runner.composeHash),
    })),
  };
}

async function readSession({ prepared, inputs }: UnlockedRotation): Promise<ReadingSession> {
  const { ports, connection, clock, signal, flags } = prepared;
  const { timeoutMs, pollIntervalMs } = connection;
  const { api, spawntee } = ports;
  const { clusterName } = inputs.cluster;
  const directory = await directoryOf(prepared, clusterName);
  const state = await readVerifiedState(directory, clusterName);
  return {
    record: state.record,
    store: appComposeStore(directory, state),
    registryStore: registryComposeStore(directory, state),
    deps: { api, spawntee, clock, signal, timeoutMs, pollIntervalMs, strict: flags.strict },
  };
}

async function changedTexts(
  { inputs, facts }: Rotation,
  { state, next, approval }: RotationPlan,
  basis: AppCompose | undefined,
): Promise<Pick<RotatePlanResult, "compose_changes" | "environment_names">> {
  return {
    compose_changes: {
      registry: diffLines(state.running.docker_compose_file ?? "", next.compose.text),
      runner: basis
        ? diffLines(basis.docker_compose_file ?? "", (await facts.runnerCompose()).text)
        : null,
    },
    environment_names: {
      registry: {
        before: state.running.allowed_envs ?? [],
        after: approval.environment.map(({ name }) => name),
      },
      runner: runnerEnvironmentNamesOf(inputs.cluster),
    },
  };
}

function actionsForHash(
  { inputs }: Rotation,
  { composeHash: { from }, unverified }: RotationPrediction,
): readonly PlannedAction[] {
  const { clusterName, instanceType, runnerCompose } = inputs.cluster;
  const why = unverified === undefined ? "" : `; --hash-from provision: ${unverified}`;
  const isKnown = from !== "predicted" && from !== "unknown";
  const made = `${instanceType}, from ${runnerCompose}${why}`;
  return hashActions(clusterName, isKnown ? from : "temporary-runner", made);
}

async function approvalAction(
  input: ApproveComposeHashInput,
  deps: ReadingDeps,
  mode: AttestMode,
): Promise<PlannedAction> {
  const updates = await readUpdates(input.registry, deps);
  const { action } = decide(await gatherApprovalFacts(input, updates, deps));
  const resource = input.registry.name;
  if (action === "keep")
    return { action: "none", resource, detail: "it approves this list already" };
  if (action === "push")
    return { action: "update", resource, detail: "the list is pushed to it; it keeps running" };
  const last = lastUpdate(input.record, input.registry.appId);
  const differences = last ? settingsDifference(last.settings, input.settings) : [];
  const also = differences.length === 0 ? "" : `; with ${differences.join("; ")}`;
  return {
    action: "update",
    resource,
    detail: `APPROVED_COMPOSE_HASH; it restarts, models on it stop${also}; ${describeAttestation(mode)}`,
  };
}

function changesOf(
  before: readonly string[],
  after: readonly string[],
): RotatePlanResult["approved_compose_hashes"] {
  return {
    before,
    after,
    added: after.filter((hash) => !before.includes(hash)),
    removed: before.filter((hash) => !after.includes(hash)),
  };
}
