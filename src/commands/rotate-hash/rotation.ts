/** A rotation once its inputs are known: what its parts hand on to each other. */
import type { ClusterFacts } from "../../session/facts.ts";
import type { AttestMode } from "../../core/attestation.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import type { ListPolicy } from "../../approval/approved-list.ts";
import type { StepRunner } from "../../workflow/step.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import type { RotateFlags } from "./flags.ts";

export type Rotation = {
  readonly inputs: ClusterInputs;
  readonly facts: ClusterFacts;
  /** Whether the operator or the record says which orchestrator schema it is. */
  readonly schemaKnown: boolean;
  readonly policy: ListPolicy;
  readonly flags: RotateFlags;
  readonly attestMode: AttestMode;
  readonly steps: StepRunner;
  readonly dependencies: CommandDependencies;
};
