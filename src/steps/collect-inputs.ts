/** Step 2: the inputs, complete and checked; on a terminal the wizard asks for what is open. */
import { refuseFailures } from "../checks/run-checks.ts";
import type { ClusterFacts, Facts } from "../checks/check.ts";
import type { Prompter } from "../inputs/prompts.ts";
import type { Resolution } from "../inputs/resolve.ts";
import type { ClusterInputs } from "../inputs/types.ts";
import { toClusterInputs } from "../inputs/values.ts";
import { runWizard } from "../inputs/wizard.ts";
import { messageOf } from "../errors.ts";
import type { Emit } from "../workflow/events.ts";
import { done, type StepOutcome, type StepRunner } from "../workflow/step.ts";
import { verifyCluster, warnOf } from "./verify-prerequisites.ts";

export type CollectInputsInput = {
  readonly resolution: Resolution;
  readonly facts: Facts;
  /** Undefined: nobody may be asked, and step 1 has checked everything. */
  readonly prompter: Prompter | undefined;
  readonly clusterFacts: (inputs: ClusterInputs) => Promise<ClusterFacts>;
  readonly strict: boolean;
};

export async function collectInputs(
  input: CollectInputsInput,
  report: { readonly emit: Emit; readonly steps: StepRunner },
): Promise<StepOutcome<ClusterInputs>> {
  const { prompter, resolution, facts } = input;
  if (!prompter) {
    const inputs = toClusterInputs(resolution.values);
    return done(inputs, `cluster ${inputs.cluster.clusterName}, ${inputs.cluster.instanceType}`);
  }
  const [nodes, instanceTypes] = await Promise.all([facts.nodes(), facts.instanceTypes()]);
  const verify = async (inputs: ClusterInputs): Promise<string | undefined> => {
    const outcomes = await verifyCluster(await input.clusterFacts(inputs), report);
    try {
      refuseFailures(outcomes, input.strict);
      warnOf(outcomes, report.steps);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  const inputs = await runWizard({ resolution, offers: { nodes, instanceTypes }, prompter, verify });
  return done(inputs, `cluster ${inputs.cluster.clusterName}, ${inputs.cluster.instanceType}`);
}
