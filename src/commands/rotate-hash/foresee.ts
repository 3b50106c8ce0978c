/** The hash and the list that a rotation would approve, as far as that can be known without a temporary runner. */
import { findPredictionBasis } from "../../app-compose/prediction-basis.ts";
import { predictComposeHash, type PredictionBasis } from "../../app-compose/predict.ts";
import { approvedList } from "../../approval/approved-list.ts";
import { assertChecked } from "../../approval/classify-runners.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import type { AppCompose } from "../../core/compose-hash.ts";
import { nodeIdOf } from "../../session/facts.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { Session } from "../../session/session.ts";
import { recordedComposeHash } from "../shared/obtain-compose-hash.ts";
import { provisionComposeHash, type ProvisionedHash } from "../shared/provision-hash.ts";
import type { ClusterState } from "./inspect-cluster.ts";
import { restoredApproval, type NextApproval } from "./next-approval.ts";
import type { RotatePlanResult } from "./result.ts";
import type { Rotation } from "./rotation.ts";

export type Foreseen = {
  /** Its list is without the new hash where that can't be known before the run. */
  readonly next: NextApproval;
  readonly composeHash: RotatePlanResult["compose_hash"];
  readonly basis: AppCompose | undefined;
  /** Why a provisioning was not enough; absent: it was, or none was asked for. */
  readonly unverified?: string | undefined;
};

type Sources = Pick<Session, "store" | "registryStore"> & Pick<Preparation, "ports">;

/** The list that the run would approve, as far as it can be known. */
export async function foresee(
  rotation: Rotation,
  sources: Sources,
  scene: ClusterState,
): Promise<Foreseen> {
  const { store, registryStore } = sources;
  const { inputs, facts, policy, flags } = rotation;
  const { record } = facts;
  const live = scene.live.map(({ cvm: { name }, appCompose }) => ({ name, appCompose }));
  const basis = await findPredictionBasis(record, store, async () => live);
  if (flags.rollback) {
    const next = await restoredApproval(inputs, record, registryStore, scene);
    const value = next.hashes.at(-1) ?? null;
    const composeHash = { value, from: "restored" as const, basis: null };
    return { next, composeHash, basis: basis?.appCompose };
  }
  await assertChecked(policy, { record, store, live: scene.live });
  const runnerFile = await facts.runnerCompose();
  const names = runnerEnvironmentNamesOf(inputs.cluster);
  const known = flags.fresh
    ? undefined
    : await recordedComposeHash(runnerFile, names, record, store);
  const provisioned = known ? undefined : await provision(rotation, sources, scene);
  const exact = known ?? (provisioned?.kind === "verified" ? provisioned.hash : undefined);
  const fresh = exact ?? (basis && predictComposeHash(basis.appCompose, runnerFile.text, names));
  const hashes = approvedList({
    recorded: scene.recorded,
    live: scene.accepted.map(({ composeHash }) => composeHash),
    fresh,
    policy,
  });
  const from = known ? "recorded" : exact ? "provisioned" : fresh ? "predicted" : "unknown";
  const composeHash = {
    value: fresh ?? null,
    from,
    basis: exact || !basis ? null : describeBasis(basis),
  } as const;
  const provenance = { runnerHash: fresh ?? "", composeDigest: runnerFile.digest };
  const compose = await facts.registryCompose();
  const made = { hashes, runners: scene, compose, provenance, inputs };
  const unverified = provisioned?.kind === "unverified" ? provisioned.reason : undefined;
  return {
    next: { ...made, restores: null, expendable: [] },
    composeHash,
    basis: basis?.appCompose,
    unverified,
  };
}

/** Asks Phala as the run would: nothing is committed. */
async function provision(
  { inputs, facts, dependencies }: Rotation,
  { store, ports }: Sources,
  { registry }: ClusterState,
): Promise<ProvisionedHash | undefined> {
  const { cluster, hashFrom } = inputs;
  if (hashFrom !== "provision") return undefined;
  const compose = await facts.runnerCompose();
  const nodeId = await nodeIdOf(facts);
  return provisionComposeHash(
    { cluster, compose, registry, nodeId, record: facts.record, store },
    {
      api: ports.api,
      signal: dependencies.signal,
      provision: (request, signal) => ports.cli.provisionCvm(request, signal),
    },
  );
}

function describeBasis({ hash, source }: PredictionBasis): string {
  return source.kind === "recorded"
    ? `the runner with ${hash} that was read back at ${source.at}`
    : `the live runner ${source.name} with ${hash}`;
}
