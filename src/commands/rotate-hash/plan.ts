/** `rotate-hash --plan`: what a rotation would change, from reads alone and without a temporary runner. */
import type { WarningCode } from "../../errors/catalogue.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import type { AttestMode } from "../../core/attestation.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { predictComposeHash, type PredictionBasis } from "../../app-compose/predict.ts";
import { registryName, temporaryRunnerName } from "../../core/domain.ts";
import { diffLines } from "../../lib/line-diff.ts";
import type { Session } from "../../session/session.ts";
import { readVerifiedState } from "../../state/verified-state.ts";
import { appComposeStore, registryComposeStore } from "../../state/app-compose-store.ts";
import { lastUpdate, type ClusterRecord } from "../../state/record.ts";
import type { ApproveComposeHashInput } from "../../approval/approval.ts";
import { gatherApprovalFacts } from "../../approval/approval-facts.ts";
import { decide } from "../../approval/decide.ts";
import { wasMadeWithoutSecrets } from "../../registry/withheld-secrets.ts";
import { readUpdates } from "../../registry/updates.ts";
import { approvedList } from "../../approval/approved-list.ts";
import { lookupFailed } from "../../runners/leftovers.ts";
import { assertChecked, runnersCutOff } from "../../approval/classify-runners.ts";
import { findPredictionBasis } from "../../app-compose/prediction-basis.ts";
import { settingsDifference } from "../../compose/registry-settings.ts";
import type { ReadingDeps } from "../../workflow/step.ts";
import { approvalOf, provenanceOf } from "../shared/approval.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import { recordedComposeHash } from "../shared/obtain-compose-hash.ts";
import type { Preparation } from "../../session/preparation.ts";
import { describeAttestation, type PlannedAction } from "../shared/result.ts";
import type { RotatePlanResult } from "./result.ts";
import { warnRevoked } from "./consent.ts";
import type { Rotation } from "./rotation.ts";
import { shortens } from "./flags.ts";
import { plannedDeletions, revokedRunners, warnOfRevocation } from "./revocation.ts";
import { restoredApproval, type NextApproval } from "./next-approval.ts";
import { noRegistry, inspectCluster, type ClusterState } from "./inspect-cluster.ts";

type Foreseen = {
  /** Its list is without the new hash where that can't be known before the run. */
  readonly next: NextApproval;
  readonly composeHash: RotatePlanResult["compose_hash"];
  readonly basis: AppCompose | undefined;
};

/** @throws ClusterError for all that would stop the run before it makes anything. */
export async function planRotation(
  rotation: Rotation,
  prepared: Preparation,
): Promise<RotatePlanResult> {
  const { inputs, facts, steps } = rotation;
  const { clusterName } = inputs.cluster;
  const found = await facts.registry();
  if (found.kind === "unknown") throw lookupFailed(registryName(clusterName), found.reason);
  if (found.kind === "absent") throw noRegistry(clusterName);
  const deps = readingDeps(rotation, prepared);
  const context = {
    ...deps,
    warn: (code: WarningCode, message: string) => steps.warn(code, message),
  };
  const { record } = facts;
  const directory = await directoryOf(prepared, clusterName);
  const stored = await readVerifiedState(directory, clusterName);
  const registryStore = registryComposeStore(directory, stored);
  const scene = await inspectCluster(
    rotation,
    { cvm: found.value, record, registryStore },
    context,
  );
  const stores = { store: appComposeStore(directory, stored), registryStore };
  const seen = await predict(rotation, stores, scene);
  const { next } = seen;
  const input = await plannedApproval(rotation, scene, next, record);
  steps.assertNoWarnings(deps);
  warnRevoked(runnersCutOff(next.hashes, scene.atStake), context);
  const revoked = revokedRunners(next.hashes, scene, record, rotation.flags);
  if (!rotation.flags.deleteRevoked)
    warnOfRevocation(revoked, inputs.cluster.orchestratorSchema, context);
  return {
    ok: true,
    command: "rotate-hash",
    cluster: clusterName,
    dry_run: true,
    actions: [
      ...temporaryRunnerActions(rotation, seen.composeHash),
      await approvalAction(input, deps, rotation.attestMode),
      ...plannedDeletions(revoked, rotation.flags),
    ],
    compose_hash: seen.composeHash,
    approved_compose_hashes: changesOf(scene.recorded, next.hashes),
    ...(await changedTexts(rotation, scene, seen, input)),
    runners: runnersIn(scene, next),
    warnings: steps.warnings,
  };
}

/** What of the compose files and the environment names would change. */
async function changedTexts(
  { inputs, facts }: Rotation,
  scene: ClusterState,
  { next, basis }: Foreseen,
  input: ApproveComposeHashInput,
): Promise<Pick<RotatePlanResult, "compose_changes" | "environment_names">> {
  return {
    compose_changes: {
      registry: diffLines(scene.running.docker_compose_file ?? "", next.compose.text),
      runner: basis
        ? diffLines(basis.docker_compose_file ?? "", (await facts.runnerCompose()).text)
        : null,
    },
    environment_names: {
      registry: {
        before: scene.running.allowed_envs ?? [],
        after: input.environment.map(({ name }) => name),
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

/** What step 8 would be given. */
async function plannedApproval(
  rotation: Rotation,
  scene: ClusterState,
  next: NextApproval,
  record: ClusterRecord,
): Promise<ApproveComposeHashInput> {
  return approvalOf({
    ...scene,
    ...next,
    existed: true,
    record,
    via: rotation.flags.rollback ? "restart" : rotation.flags.via,
    force: rotation.flags.force,
    shortens: shortens(rotation.flags),
    secretsWithheld: wasMadeWithoutSecrets(scene.registry, record),
    attestation: undefined,
    provenance: await provenanceOf("rotate-hash", rotation, next.provenance),
  });
}

function readingDeps(
  { dependencies, flags }: Rotation,
  { ports, connection }: Preparation,
): ReadingDeps {
  const { clock, signal } = dependencies;
  const { timeoutMs, pollIntervalMs } = connection;
  const { api, spawntee } = ports;
  return { api, spawntee, clock, signal, timeoutMs, pollIntervalMs, strict: flags.strict };
}

/** The list that the run would approve, as far as it can be known. */
async function predict(
  rotation: Rotation,
  { store, registryStore }: Pick<Session, "store" | "registryStore">,
  scene: ClusterState,
): Promise<Foreseen> {
  const { inputs, facts, policy, flags } = rotation;
  const { record } = facts;
  const live = scene.live.map(({ cvm: { name }, appCompose }) => ({ name, appCompose }));
  const basis = await findPredictionBasis(record, store, async () => live);
  if (flags.rollback) {
    const next = await restoredApproval(inputs, record, registryStore, scene);
    const composeHash = {
      value: next.hashes.at(-1) ?? null,
      from: "restored" as const,
      basis: null,
    };
    return { next, composeHash, basis: basis?.appCompose };
  }
  await assertChecked(policy, { record, store, live: scene.live });
  const runnerFile = await facts.runnerCompose();
  const names = runnerEnvironmentNamesOf(inputs.cluster);
  const known = flags.fresh
    ? undefined
    : await recordedComposeHash(runnerFile, names, record, store);
  const fresh = known ?? (basis && predictComposeHash(basis.appCompose, runnerFile.text, names));
  const hashes = approvedList({
    recorded: scene.recorded,
    live: scene.accepted.map(({ composeHash }) => composeHash),
    fresh,
    policy,
  });
  const composeHash = {
    value: fresh ?? null,
    from: known ? ("recorded" as const) : fresh ? ("predicted" as const) : ("unknown" as const),
    basis: known || !basis ? null : describeBasis(basis),
  };
  const provenance = { runnerHash: fresh ?? "", composeDigest: runnerFile.digest };
  const compose = await facts.registryCompose();
  const next = {
    hashes,
    runners: scene,
    compose,
    provenance,
    inputs,
    restores: null,
    expendable: [],
  };
  return { next, composeHash, basis: basis?.appCompose };
}

function describeBasis({ hash, source }: PredictionBasis): string {
  return source.kind === "recorded"
    ? `the runner with ${hash} that was read back at ${source.at}`
    : `the live runner ${source.name} with ${hash}`;
}

function temporaryRunnerActions(
  { inputs }: Rotation,
  { from }: RotatePlanResult["compose_hash"],
): PlannedAction[] {
  const resource = temporaryRunnerName(inputs.cluster.clusterName);
  if (from === "restored")
    return [{ action: "none", resource, detail: "an earlier list is restored" }];
  if (from === "recorded")
    return [{ action: "none", resource, detail: "the runner's compose hash is known" }];
  const made = `${inputs.cluster.instanceType}, from ${inputs.cluster.runnerCompose}`;
  return [
    { action: "create", resource, detail: made },
    { action: "delete", resource, detail: "as soon as its compose hash is read and checked" },
  ];
}

async function approvalAction(
  input: ApproveComposeHashInput,
  deps: ReadingDeps,
  mode: AttestMode,
): Promise<PlannedAction> {
  const updates = await readUpdates(input.registry, deps);
  const { action } = decide(await gatherApprovalFacts(input, updates, deps));
  const resource = input.registry.name;
  if (action === "keep") {
    return { action: "none", resource, detail: "it approves this list already" };
  }
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
