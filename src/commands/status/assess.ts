/** Assesses a snapshot against what is known: a status per CVM, the approved list, the drift, the findings. Pure. */
import { compareAppComposes } from "../../app-compose/diff.ts";
import {
  predictAppCompose,
  predictComposeHash,
  type PredictionBasis,
} from "../../app-compose/predict.ts";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import { parseComposeHash } from "../../core/domain.ts";
import type { Capacity, SpawnteeAnswer } from "../../core/ports.ts";
import { diffLines } from "../../lib/line-diff.ts";
import { classifyTemporaryRunner } from "../../runners/leftovers.ts";
import { approvalsOf, isApproved, NOTHING_RECORDED, type Approvals } from "./approvals.ts";
import type { AttestationState } from "./attestation.ts";
import { attestationStatus } from "./attestation-findings.ts";
import { findingsOf } from "./findings.ts";
import { registryIn, type ClusterSnapshot, type InspectedCvm } from "./inspect-cluster.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Assessment, CapacityStatus, CvmStatus, Drift, Refusal } from "./result.ts";

export function assess(
  cluster: string,
  snapshot: ClusterSnapshot,
  knowledge: Knowledge,
  attestation?: AttestationState,
): Assessment {
  const approvals = approvalsIn(snapshot, knowledge);
  const { standing, compose_hashes: hashes, lost, via, recorded_at: at } = approvals;
  const drift = driftOf(knowledge, approvals);
  const references = referencesOf(knowledge, approvals, drift);
  const context = { snapshot, knowledge, approvals, references };
  const cvms = snapshot.cvms.map((inspected) => statusOf(inspected, context));
  return {
    cvms,
    approved_list: { standing, compose_hashes: hashes, lost, via, recorded_at: at },
    drift,
    attestation: attestationStatus(attestation),
    findings: findingsOf({ cluster, snapshot, knowledge, approvals, drift, cvms, attestation }),
  };
}

type Context = {
  readonly snapshot: ClusterSnapshot;
  readonly knowledge: Knowledge;
  readonly approvals: Approvals;
  readonly references: readonly Reference[];
};

function approvalsIn(snapshot: ClusterSnapshot, { record }: Knowledge): Approvals {
  const registry = registryIn(snapshot);
  const appId = registry?.cvm.appId ?? null;
  if (!registry || appId === null) return NOTHING_RECORDED;
  const { operations, skewMs } = snapshot;
  return approvalsOf(record, { appId, operations, startedAtMs: registry.startedAtMs, skewMs });
}

function statusOf(inspected: InspectedCvm, context: Context): CvmStatus {
  const { cvm, role, url, health: answer } = inspected;
  const health = answer?.kind === "answered" ? answer.value : undefined;
  const listed = role === "runner" ? isApproved(context.approvals, cvm.composeHash) : null;
  // The released orchestrator pushes hashes too: one that is not on our list need not be refused.
  const approved = listed === false && context.knowledge.schema === "v2" ? null : listed;
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
    age_seconds: ageOf(inspected, context.snapshot),
    url,
    health: health?.status ?? null,
    mode: health?.mode ?? null,
    uptime_seconds: health?.uptimeSeconds ?? null,
    unanswered: answer && answer.kind !== "answered" ? answer.detail : null,
    capacity: capacityOf(inspected.capacity),
    compose_hash: cvm.composeHash,
    compose_hash_checked: isHashRight(inspected),
    approved,
    refusal: listed === false ? refusalOf(inspected, context.references) : null,
    leftover: leftoverOf(inspected, context),
  };
}

function ageOf({ cvm }: InspectedCvm, { nowMs, skewMs }: ClusterSnapshot): number | null {
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

function isHashRight({ cvm, appCompose }: InspectedCvm): boolean | null {
  if (cvm.composeHash === null) return null;
  if (parseComposeHash(cvm.composeHash) === undefined) return false;
  return appCompose.kind === "present" ? composeHashOf(appCompose.value) === cvm.composeHash : null;
}

/** The temporary runner of a run that is in progress on this machine is in use. */
function leftoverOf(
  { cvm, role }: InspectedCvm,
  { snapshot, knowledge }: Context,
): CvmStatus["leftover"] {
  if (role !== "temporary-runner") return null;
  const { nowMs, skewMs } = snapshot;
  const verdict = classifyTemporaryRunner(cvm, knowledge.record, nowMs + skewMs);
  if (verdict === "none") return null;
  return verdict === "ours" && knowledge.runInProgress ? "in-use" : verdict;
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

/** What a refused runner is compared with: the approved app-composes on record, newest first, then the prediction. */
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

/** An app-compose that a refused one is compared with. */
type Reference = {
  readonly kind: "approved" | "predicted";
  readonly hash: string;
  readonly appCompose: AppCompose;
};

/**
 * How a runner differs from the approved app-compose that it is most like.
 * @param references approved ones first, the newest first; a predicted one counts only where no approved one is
 *   on record.
 */
function refusalOf({ appCompose }: InspectedCvm, references: readonly Reference[]): Refusal {
  const actual = appCompose.kind === "present" ? appCompose.value : undefined;
  const approved = references.filter(({ kind }) => kind === "approved");
  const nearest = actual && nearestOf(actual, approved.length > 0 ? approved : references);
  if (!nearest) return { compared_with: null, differences: [] };
  return {
    compared_with: { kind: nearest.kind, compose_hash: nearest.hash },
    differences: compareAppComposes(actual, nearest.appCompose),
  };
}

/** By differing fields, then by differing lines of the compose file; of equals the first. */
function nearestOf(actual: AppCompose, references: readonly Reference[]): Reference | undefined {
  const [nearest] = references
    .map((reference) => ({ reference, distance: distanceOf(actual, reference.appCompose) }))
    .toSorted(
      (a, b) => a.distance.fields - b.distance.fields || a.distance.lines - b.distance.lines,
    );
  return nearest?.reference;
}

function distanceOf(actual: AppCompose, expected: AppCompose): { fields: number; lines: number } {
  const texts = [expected, actual].map(({ docker_compose_file: text }) => text ?? "");
  const [before = "", after = ""] = texts;
  return {
    fields: compareAppComposes(actual, expected).length,
    lines: diffLines(before, after).length,
  };
}
