/** The hash and the list that a rotation would approve, as far as that can be known without a temporary runner. */
import { findPredictionBasis } from "../../app-compose/prediction-basis.ts";
import { predictComposeHash, type PredictionBasis } from "../../app-compose/predict.ts";
import { assertChecked } from "../../approval/classify-runners.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import type { ComposeHash } from "../../core/domain.ts";
import { nodeIdOf } from "../../session/facts.ts";
import type { Session } from "../../session/session.ts";
import { recordedComposeHash } from "../shared/obtain-compose-hash.ts";
import { provisionComposeHash, type ProvisionedHash } from "../shared/provision-hash.ts";
import type { ClusterState } from "./inspect-cluster.ts";
import { approvalWith, restoredApproval, type NextApproval } from "./next-approval.ts";
import type { RotatePlanResult } from "./result.ts";
import type { Rotation } from "./rotation-plan.ts";

export type RotationPrediction = {
  /** Its list is without the new hash where that can't be known before the run. */
  readonly next: NextApproval;
  readonly composeHash: RotatePlanResult["compose_hash"];
  readonly basis: AppCompose | undefined;
  /** Why a provisioning was not enough; absent: it was, or none was asked for. */
  readonly unverified?: string | undefined;
};

type Sources = Pick<Session, "store" | "registryStore">;

/** The list that the run would approve, as far as it can be known. */
export async function predictRotation(
  rotation: Rotation,
  sources: Sources,
  state: ClusterState,
): Promise<RotationPrediction> {
  const { store, registryStore } = sources;
  const { inputs, facts, flags } = rotation;
  const { record } = facts;
  const live = state.live.map(({ cvm: { name }, appCompose }) => ({ name, appCompose }));
  const basis = await findPredictionBasis(record, store, async () => live);
  if (!flags.rollback) return renewed(rotation, sources, state, basis);
  const next = await restoredApproval(inputs, record, registryStore, state);
  const value = next.hashes.at(-1) ?? null;
  const composeHash = { value, from: "restored" as const, basis: null };
  return { next, composeHash, basis: basis?.appCompose };
}

async function renewed(
  rotation: Rotation,
  sources: Sources,
  state: ClusterState,
  basis: PredictionBasis | undefined,
): Promise<RotationPrediction> {
  const { record } = rotation.facts;
  await assertChecked(rotation.policy, { record, store: sources.store, live: state.live });
  const { unverified, ...composeHash } = await hashOf(rotation, sources, state, basis);
  const next = await approvalWith(composeHash.value ?? undefined, state, state.recorded, rotation);
  return { next, composeHash, basis: basis?.appCompose, unverified };
}

/** The best that is known: what was read back before, what Phala provisions, what can be predicted. */
async function hashOf(
  rotation: Rotation,
  sources: Sources,
  state: ClusterState,
  basis: PredictionBasis | undefined,
): Promise<PredictedHash> {
  const { inputs, facts, flags } = rotation;
  const runnerFile = await facts.runnerCompose();
  const names = runnerEnvironmentNamesOf(inputs.cluster);
  const known = flags.fresh
    ? undefined
    : await recordedComposeHash(runnerFile, names, facts.record, sources.store);
  if (known) return { value: known, from: "recorded", basis: null };
  const provisioned = await provision(rotation, sources, state);
  if (provisioned?.kind === "verified")
    return { value: provisioned.hash, from: "provisioned", basis: null };
  const unverified = provisioned?.reason;
  if (!basis) return { value: null, from: "unknown", basis: null, unverified };
  const value = predictComposeHash(basis.appCompose, runnerFile.text, names);
  return { value, from: "predicted", basis: describeBasis(basis), unverified };
}

type PredictedHash = Omit<RotatePlanResult["compose_hash"], "value"> & {
  readonly value: ComposeHash | null;
  readonly unverified?: string | undefined;
};

/** Asks Phala as the run would: nothing is committed. */
async function provision(
  { prepared, inputs, facts }: Rotation,
  { store }: Sources,
  { registry }: ClusterState,
): Promise<ProvisionedHash | undefined> {
  const { cluster, hashFrom } = inputs;
  if (hashFrom !== "provision") return undefined;
  const compose = await facts.runnerCompose();
  const nodeId = await nodeIdOf(facts);
  return provisionComposeHash(
    { cluster, compose, registry, nodeId, record: facts.record, store },
    {
      api: prepared.ports.api,
      signal: prepared.signal,
      provision: (request, signal) => prepared.ports.cli.provisionCvm(request, signal),
    },
  );
}

function describeBasis({ hash, source }: PredictionBasis): string {
  return source.kind === "recorded"
    ? `the runner with ${hash} that was read back at ${source.at}`
    : `the live runner ${source.name} with ${hash}`;
}
