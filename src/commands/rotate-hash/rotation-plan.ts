/** What a rotation will do, as one object: `--plan` prints it, a run has it confirmed and applies it. */
import type { ApproveComposeHashInput } from "../../approval/approval.ts";
import { runnersCutOff } from "../../approval/classify-runners.ts";
import { assertSameRunners } from "../../approval/same-runners.ts";
import type { Attester } from "../../registry/attester.ts";
import { wasMadeWithoutSecrets } from "../../registry/withheld-secrets.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { ReadingDeps, StepRunner } from "../../workflow/step.ts";
import { approvalOf, provenanceOf } from "../shared/approval.ts";
import { expectationOf } from "../shared/attestation.ts";
import { confirmRestart } from "./consent.ts";
import { shortens, type RotateFlags } from "./flags.ts";
import type { ClusterState } from "./inspect-cluster.ts";
import type { NextApproval } from "./next-approval.ts";
import { revokedRunners } from "./revocation.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import type { Session } from "../../session/session.ts";
import type { AttestMode } from "../../core/attestation.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import type { ListPolicy } from "../../approval/approved-list.ts";
import type { Preparation } from "../../session/preparation.ts";

export type RotationPlan = {
  /** The cluster, with the runners as they were when the list was made. */
  readonly state: ClusterState;
  readonly next: NextApproval;
  /** Running runners that lose access with the list. */
  readonly cutOff: readonly LiveRunner[];
  /** Running runners of dropped hashes: the revocation lasts once these are deleted. */
  readonly revoked: readonly LiveRunner[];
  /** What step 8 is given. */
  readonly approval: ApproveComposeHashInput;
};

type World = {
  readonly record: ClusterRecord;
  readonly state: ClusterState;
  readonly next: NextApproval;
  readonly deps: ReadingDeps;
};

export async function planOf(
  rotation: Rotation & Pick<Partial<Rotating>, "attester">,
  { record, state: first, next, deps }: World,
): Promise<RotationPlan> {
  const { prepared, flags, steps, inputs, attester } = rotation;
  const state = { ...first, ...next.runners };
  const { live, knownList: known } = next.runners;
  const policy = flags.rollback ? { ...rotation.policy, stay: "none" as const } : rotation.policy;
  const seen = { cluster: inputs.cluster.clusterName, live, known, hashes: next.hashes, policy };
  const approval = approvalOf({
    ...state,
    ...next,
    existed: true,
    record,
    via: flags.rollback ? "restart" : flags.via,
    force: flags.force,
    shortens: shortens(flags),
    secretsWithheld: wasMadeWithoutSecrets(state.registry, record),
    attestation: attester && {
      attester,
      expected: expectationOf(state.registry, state.running, record, state.known.certain),
    },
    provenance: await provenanceOf("rotate-hash", rotation, next.provenance),
    assertSameRunners: () => assertSameRunners(seen, deps),
    beforeRestart: () => confirmRestart(state.registry, prepared, steps),
  });
  return {
    state,
    next,
    cutOff: runnersCutOff(next.hashes, state.atStake),
    revoked: revokedRunners(next.hashes, state, record, flags),
    approval,
  };
}

export type Rotation = {
  readonly prepared: Preparation;
  readonly inputs: ClusterInputs;
  readonly facts: ClusterFacts;
  /** Whether the operator or the record says which orchestrator schema it is. */
  readonly schemaKnown: boolean;
  readonly policy: ListPolicy;
  readonly flags: RotateFlags;
  readonly attestMode: AttestMode;
  readonly steps: StepRunner;
};

/** Under the cluster's lock. */
export type Rotating = Rotation & {
  readonly session: Session;
  /** Undefined with `--attest off`; a plan that is only shown has none either. */
  readonly attester: Attester | undefined;
};
