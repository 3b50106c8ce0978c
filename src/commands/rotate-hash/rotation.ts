/** What a rotation works with, and what it will do: `--plan` prints it, a run has it confirmed and applies it. */
import type { ApproveComposeHashInput } from "../../approval/approval.ts";
import type { ListPolicy } from "../../approval/approved-list.ts";
import { runnersLosingAccess } from "../../approval/classify-runners.ts";
import type { AttestMode } from "../../core/attestation.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import type { Attester } from "../../registry/attester.ts";
import { wasMadeWithoutSecrets } from "../../registry/withheld-secrets.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { Session } from "../../session/session.ts";
import type { StepRunner } from "../../workflow/step.ts";
import { approvalOf, type ReadingSession } from "../shared/approval.ts";
import { confirmRestart } from "./consent.ts";
import type { ClusterState } from "./inspect-cluster.ts";
import { shortens, type RotateFlags } from "./list-policy.ts";
import type { NextApproval } from "./next-approval.ts";
import { revokedRunners } from "./revocation.ts";

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
  readonly session: ReadingSession;
  /** Undefined with `--attest off`, and for a plan. */
  readonly attester: Attester | undefined;
};

/** Under the cluster's lock. */
export type LockedRotation = Rotation & { readonly session: Session };

export type RotationPlan = {
  /** The cluster, with the runners as they were when the list was made. */
  readonly state: ClusterState;
  readonly next: NextApproval;
  /** Running runners that lose access with the list. */
  readonly losingAccess: readonly LiveRunner[];
  /** Running runners of dropped hashes: the revocation lasts once these are deleted. */
  readonly revoked: readonly LiveRunner[];
  /** What step 8 is given. */
  readonly approval: ApproveComposeHashInput;
};

export async function planOf(
  rotation: Rotation,
  first: ClusterState,
  next: NextApproval,
): Promise<RotationPlan> {
  const { prepared, flags, steps, session, policy } = rotation;
  const state = { ...first, ...next.runners };
  const { registry, running, certain, seen } = state;
  const { compose, hashes, restores, inputs } = next;
  const approval = await approvalOf(
    { ...rotation, inputs },
    {
      command: "rotate-hash",
      registry,
      running,
      certain,
      seen,
      compose,
      hashes,
      restores,
      existed: true,
      via: flags.rollback ? "restart" : flags.approveVia,
      shortens: shortens(flags),
      secretsWithheld: wasMadeWithoutSecrets(registry, session.record),
      runner: next.provenance,
      runners: next.runners,
      policy: flags.rollback ? { ...policy, stay: "none" } : policy,
      beforeRestart: () => confirmRestart(registry, prepared, steps),
    },
  );
  const losingAccess = runnersLosingAccess(hashes, state.affected);
  const revoked = revokedRunners(hashes, state, session.record, flags);
  return { state, next, losingAccess, revoked, approval };
}
