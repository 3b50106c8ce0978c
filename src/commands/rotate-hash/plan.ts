/** `rotate-hash --plan`: what a rotation would change, from reads alone and without a temporary runner. */
import type { WarningCode } from "../../errors/catalogue.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import type { AttestMode } from "../../core/attestation.ts";
import { runnerEnvironmentNamesOf, settingsDifference } from "../../compose/environment.ts";
import { registryName, temporaryRunnerName } from "../../core/domain.ts";
import { diffLines } from "../../lib/line-diff.ts";
import { readVerifiedState } from "../../state/verified-state.ts";
import { appComposeStore, registryComposeStore } from "../../state/app-compose-store.ts";
import type { ApproveComposeHashInput } from "../../approval/approval.ts";
import { gatherApprovalFacts } from "../../approval/approval-facts.ts";
import { decide } from "../../approval/decide.ts";
import { readUpdates } from "../../registry/updates.ts";
import { lookupFailed } from "../../workflow/find-cvm.ts";
import type { ReadingDeps } from "../../workflow/step.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { RotatePlanResult } from "./result.ts";
import { predictRotation, type RotationPrediction } from "./predict-rotation.ts";
import type { NextApproval } from "./next-approval.ts";
import { planOf, type RotationPlan, type Rotation } from "./rotation-plan.ts";
import { plannedDeletions, warnOfRevocation } from "./revocation.ts";
import { lastUpdate } from "../../state/record.ts";
import {
  describeAttestation,
  PROVISIONING,
  temporaryRunnerActions,
  type PlannedAction,
} from "../shared/result.ts";
import { warnRevoked } from "./consent.ts";
import { noRegistry, inspectCluster, type ClusterState } from "./inspect-cluster.ts";

/** @throws ClusterError for all that would stop the run before it makes anything. */
export async function planRotation(rotation: Rotation): Promise<RotatePlanResult> {
  const { prepared, inputs, facts, steps } = rotation;
  const { clusterName } = inputs.cluster;
  const found = await facts.registry();
  if (found.kind === "unknown") throw lookupFailed(registryName(clusterName), found.reason);
  if (found.kind === "absent") throw noRegistry(clusterName);
  const deps = readingDeps(prepared);
  const context = {
    ...deps,
    warn: (code: WarningCode, message: string) => steps.warn(code, message),
  };
  const { record } = facts;
  const directory = await directoryOf(prepared, clusterName);
  const stored = await readVerifiedState(directory, clusterName);
  const registryStore = registryComposeStore(directory, stored);
  const state = await inspectCluster(rotation, found.value, { record, registryStore }, context);
  const stores = { store: appComposeStore(directory, stored), registryStore };
  const seen = await predictRotation(rotation, stores, state);
  const { next } = seen;
  const plan = await planOf(rotation, { record, state, next, deps });
  const { cutOff, revoked, approval } = plan;
  steps.assertNoWarnings(deps);
  warnRevoked(cutOff, context);
  if (!rotation.flags.deleteRevoked)
    warnOfRevocation(revoked, inputs.cluster.orchestratorSchema, context);
  return {
    ok: true,
    command: "rotate-hash",
    cluster: clusterName,
    dry_run: true,
    actions: [
      ...hashActions(rotation, seen),
      await approvalAction(approval, deps, rotation.attestMode),
      ...plannedDeletions(revoked, rotation.flags),
    ],
    compose_hash: seen.composeHash,
    approved_compose_hashes: changesOf(state.recorded, next.hashes),
    ...(await changedTexts(rotation, plan, seen.basis)),
    runners: runnersIn(state, next),
    warnings: steps.warnings,
  };
}

/** What of the compose files and the environment names would change. */
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

function runnersIn({ live }: ClusterState, { hashes }: NextApproval): RotatePlanResult["runners"] {
  return live.map(({ cvm: { name, appId }, composeHash }) => ({
    name,
    app_id: appId,
    compose_hash: composeHash,
    accepted: hashes.includes(composeHash),
  }));
}

function readingDeps({ ports, connection, clock, signal, flags }: Preparation): ReadingDeps {
  const { timeoutMs, pollIntervalMs } = connection;
  const { api, spawntee } = ports;
  return { api, spawntee, clock, signal, timeoutMs, pollIntervalMs, strict: flags.strict };
}

function hashActions(
  { inputs }: Rotation,
  { composeHash: { from }, unverified }: RotationPrediction,
): readonly PlannedAction[] {
  const { clusterName, instanceType, runnerCompose } = inputs.cluster;
  if (from === "provisioned") return [PROVISIONING];
  const resource = temporaryRunnerName(clusterName);
  if (from === "restored")
    return [{ action: "none", resource, detail: "an earlier list is restored" }];
  if (from === "recorded")
    return [{ action: "none", resource, detail: "the runner's compose hash is known" }];
  const why = unverified === undefined ? "" : `; --hash-from provision: ${unverified}`;
  return temporaryRunnerActions(clusterName, `${instanceType}, from ${runnerCompose}${why}`);
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
