/** From what was seen and what is known to what is said: one status per CVM, the list, the drift, the findings. Pure. */
import { composeHashOf } from "../../core/compose-hash.ts";
import { parseComposeHash } from "../../core/domain.ts";
import type { Capacity, Health, SpawnteeAnswer } from "../../core/ports.ts";
import { classifyTemporaryRunner } from "../../runners/leftovers.ts";
import { approvalsOf, isApproved, NOTHING_RECORDED, type Approvals } from "./approvals.ts";
import type { AttestationLook } from "./attestation.ts";
import { attestationStatus } from "./attestation-findings.ts";
import { findingsOf } from "./findings.ts";
import type { Knowledge } from "./knowledge.ts";
import type { ClusterLook, SeenCvm } from "./inspect-cluster.ts";
import type { ApprovedListStatus, Assessment, CapacityStatus, CvmStatus, Drift } from "./result.ts";
import { explainRefusal, type Reference } from "./refusal.ts";
import {
  predictAppCompose,
  predictComposeHash,
  type PredictionBasis,
} from "../../app-compose/predict.ts";

export function assess(
  cluster: string,
  look: ClusterLook,
  knowledge: Knowledge,
  attestation?: AttestationLook,
): Assessment {
  const approvals = approvalsIn(look, knowledge);
  const drift = driftOf(knowledge, approvals);
  const references = referencesOf(knowledge, approvals, drift);
  const cvms = look.cvms.map((seen) => statusOf(seen, { look, knowledge, approvals, references }));
  return {
    cvms,
    approved_list: approvedListOf(approvals),
    drift,
    attestation: attestationStatus(attestation),
    findings: findingsOf({ cluster, look, knowledge, approvals, drift, cvms, attestation }),
  };
}

function approvalsIn(look: ClusterLook, { record }: Knowledge): Approvals {
  const registry = look.cvms.find(({ role }) => role === "registry");
  const appId = registry?.cvm.appId ?? null;
  if (!registry || appId === null) return NOTHING_RECORDED;
  const { operations, skewMs } = look;
  return approvalsOf(record, { appId, operations, startedAtMs: registry.startedAtMs, skewMs });
}

function approvedListOf(approvals: Approvals): ApprovedListStatus {
  const { standing, compose_hashes: hashes, lost, via, recorded_at: at } = approvals;
  return { standing, compose_hashes: hashes, lost, via, recorded_at: at };
}

type Given = {
  readonly look: ClusterLook;
  readonly knowledge: Knowledge;
  readonly approvals: Approvals;
  readonly references: readonly Reference[];
};

function statusOf(seen: SeenCvm, given: Given): CvmStatus {
  const { cvm, role, url } = seen;
  const health = answerOf(seen.health);
  const listed = role === "runner" ? isApproved(given.approvals, cvm.composeHash) : null;
  // The released orchestrator pushes hashes too: what is not on our list need not be refused.
  const approved = listed === false && given.knowledge.schema === "v2" ? null : listed;
  return {
    name: cvm.name,
    role,
    app_id: cvm.appId,
    vm_uuid: cvm.vmUuid,
    status: cvm.status,
    in_progress: cvm.inProgress,
    node: cvm.nodeName,
    instance_type: cvm.instanceType,
    created_at: cvm.createdAt,
    age_seconds: ageOf(seen, given.look),
    url,
    health: health?.status ?? null,
    mode: health?.mode ?? null,
    uptime_seconds: health?.uptimeSeconds ?? null,
    unanswered: seen.health && seen.health.kind !== "answered" ? seen.health.detail : null,
    capacity: capacityOf(seen.capacity),
    compose_hash: cvm.composeHash,
    compose_hash_checked: isHashRight(seen),
    approved,
    refusal: listed === false ? refusalOf(seen, given.references) : null,
    leftover: leftoverOf(seen, given),
  };
}

function answerOf(answer: SpawnteeAnswer<Health> | undefined): Health | undefined {
  return answer?.kind === "answered" ? answer.value : undefined;
}

function ageOf({ cvm }: SeenCvm, { nowMs, skewMs }: ClusterLook): number | null {
  const created = cvm.createdAt === null ? Number.NaN : Date.parse(cvm.createdAt);
  return Number.isNaN(created) ? null : Math.max(0, Math.round((nowMs + skewMs - created) / 1000));
}

function capacityOf(answer: SpawnteeAnswer<Capacity> | undefined): CapacityStatus | null {
  if (answer?.kind !== "answered") return null;
  const { acceptingNewModels, runningModels, totalMemoryMb } = answer.value;
  return {
    accepting_new_models: acceptingNewModels,
    running_models: runningModels,
    total_memory_mb: totalMemoryMb,
  };
}

function isHashRight({ cvm, appCompose }: SeenCvm): boolean | null {
  if (cvm.composeHash === null) return null;
  if (parseComposeHash(cvm.composeHash) === undefined) return false;
  return appCompose.kind === "present" ? composeHashOf(appCompose.value) === cvm.composeHash : null;
}

function refusalOf(
  { appCompose }: SeenCvm,
  references: readonly Reference[],
): CvmStatus["refusal"] {
  if (appCompose.kind !== "present") return { compared_with: null, differences: [] };
  return explainRefusal(appCompose.value, references);
}

/** A run of this machine that is at work right now has its temporary runner in use. */
function leftoverOf({ cvm, role }: SeenCvm, { look, knowledge }: Given): CvmStatus["leftover"] {
  if (role !== "temporary-runner") return null;
  const { nowMs, skewMs } = look;
  const verdict = classifyTemporaryRunner(cvm, knowledge.record, nowMs + skewMs);
  if (verdict === "none") return null;
  return verdict === "ours" && knowledge.runAtWork ? "in-use" : verdict;
}

/** Null where there is no usable local file. */
function driftOf(knowledge: Knowledge, approvals: Approvals): Drift | null {
  const { local, basis, environmentNames } = knowledge;
  if (local.found.kind !== "file") return null;
  const drift = { runner_compose: local.path };
  if (!basis) return { ...drift, predicted_compose_hash: null, status: "unknown", basis: null };
  const predicted = predictComposeHash(basis.appCompose, local.found.text, environmentNames);
  const approved = isApproved(approvals, predicted);
  return {
    ...drift,
    predicted_compose_hash: predicted,
    status: approved === null ? "unknown" : approved ? "approved" : "not-approved",
    basis: basisOf(basis),
  };
}

function basisOf({ hash, source }: PredictionBasis): Drift["basis"] {
  const at = source.kind === "recorded" ? source.at : null;
  const name = source.kind === "live-runner" ? source.name : null;
  return { kind: source.kind, compose_hash: hash, at, name };
}

/** What a refused runner is held against: the approved app-composes on record, newest first, then the prediction. */
function referencesOf(
  knowledge: Knowledge,
  approvals: Approvals,
  drift: Drift | null,
): readonly Reference[] {
  const { local, basis, recorded, environmentNames } = knowledge;
  const approved = (approvals.compose_hashes ?? []).toReversed().flatMap((hash): Reference[] => {
    const appCompose = recorded.get(hash);
    return appCompose ? [{ kind: "approved", hash, appCompose }] : [];
  });
  const hash = drift?.predicted_compose_hash ?? null;
  if (hash === null || !basis || local.found.kind !== "file") return approved;
  const appCompose = predictAppCompose(basis.appCompose, local.found.text, environmentNames);
  return [...approved, { kind: "predicted", hash, appCompose }];
}
