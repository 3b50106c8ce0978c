/** The hash and the list that a rotation would approve, as far as that can be known without a temporary runner. */
import {
  findPredictionBasis,
  predictComposeHash,
  type PredictionBasis,
} from "../../app-compose/predict.ts";
import { assertChecked } from "../../approval/classify-runners.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import type { ComposeHash } from "../../core/domain.ts";
import { nodeIdOf } from "../../session/facts.ts";
import { recordedComposeHash } from "../shared/obtain-compose-hash.ts";
import { provisionComposeHash } from "../shared/provision-hash.ts";
import type { ClusterState } from "./inspect-cluster.ts";
import { approvalWith, restoredApproval, type NextApproval } from "./next-approval.ts";
import type { RotatePlanResult } from "./result.ts";
import type { Rotation } from "./rotation.ts";

export type RotationPrediction = {
  /** Its list is without the new hash where that can't be known before the run. */
  readonly next: NextApproval;
  readonly composeHash: RotatePlanResult["compose_hash"];
  readonly basis: AppCompose | undefined;
  /** Why a provisioning was not enough; undefined: it was, or none was asked for. */
  readonly unverified: string | undefined;
};

export async function predictRotation(
  rotation: Rotation,
  state: ClusterState,
): Promise<RotationPrediction> {
  const { policy, flags, session } = rotation;
  const { record, store } = session;
  const live = state.live.map(({ cvm: { name }, appCompose }) => ({ name, appCompose }));
  const found = await findPredictionBasis(record, store, live);
  const basis = found?.appCompose;
  if (flags.rollback) {
    const next = await restoredApproval(rotation, state);
    const value = next.hashes.at(-1) ?? null;
    const composeHash = { value, from: "restored" as const, basis: null };
    return { next, composeHash, basis, unverified: undefined };
  }
  await assertChecked(policy, { record, store, live: state.live });
  const { unverified, ...composeHash } = await predictHash(rotation, state, found);
  const next = await approvalWith(composeHash.value ?? undefined, state, state, rotation);
  return { next, composeHash, basis, unverified };
}

type PredictedHash = Omit<RotatePlanResult["compose_hash"], "value"> & {
  readonly value: ComposeHash | null;
  readonly unverified?: string | undefined;
};

/** The hash that was read back before, else the one that Phala provisions as in the run, else a prediction. */
async function predictHash(
  { prepared, inputs, facts, flags, session }: Rotation,
  { registry }: ClusterState,
  basis: PredictionBasis | undefined,
): Promise<PredictedHash> {
  const { record, store } = session;
  const { cluster, hashFrom } = inputs;
  const compose = await facts.runnerCompose();
  const names = runnerEnvironmentNamesOf(cluster);
  const known = flags.fresh ? undefined : await recordedComposeHash(compose, names, record, store);
  if (known) return { value: known, from: "recorded", basis: null };
  let unverified: string | undefined;
  if (hashFrom === "provision") {
    const nodeId = await nodeIdOf(facts);
    const { ports, signal } = prepared;
    const provisioned = await provisionComposeHash(
      { cluster, compose, registry, nodeId, record, store },
      { api: ports.api, signal, provision: (...request) => ports.cli.provisionCvm(...request) },
    );
    if (provisioned.kind === "verified")
      return { value: provisioned.hash, from: "provisioned", basis: null };
    unverified = provisioned.reason;
  }
  if (!basis) return { value: null, from: "unknown", basis: null, unverified };
  const value = predictComposeHash(basis.appCompose, compose.text, names);
  return { value, from: "predicted", basis: describeBasis(basis), unverified };
}

function describeBasis({ hash, source }: PredictionBasis): string {
  return source.kind === "recorded"
    ? `the runner with ${hash} that was read back at ${source.at}`
    : `the live runner ${source.name} with ${hash}`;
}
