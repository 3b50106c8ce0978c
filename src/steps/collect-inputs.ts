/** Step 2: the inputs, complete and checked; on a terminal the wizard asks for what is open. */
import { clusterChecks } from "../checks/cluster-checks.ts";
import { refuseFailures, runChecks } from "../checks/run-checks.ts";
import type { ClusterFacts, Facts } from "../checks/check.ts";
import { ClusterError } from "../errors.ts";
import { findComposeFiles } from "../inputs/compose-candidates.ts";
import type { Prompter } from "../inputs/prompts.ts";
import type { Resolution } from "../inputs/resolve.ts";
import type { ClusterInputs } from "../inputs/types.ts";
import { toClusterInputs } from "../inputs/values.ts";
import { runWizard } from "../inputs/wizard.ts";
import type { Emit } from "../workflow/events.ts";
import { done, type StepOutcome, type StepRunner } from "../workflow/step.ts";
import { warnOf } from "./verify-prerequisites.ts";

export type CollectInputsInput = {
  readonly resolution: Resolution;
  readonly facts: Facts;
  /** Undefined: nobody may be asked, and step 1 has checked everything. */
  readonly prompter: Prompter | undefined;
  readonly clusterFacts: (inputs: ClusterInputs) => Promise<ClusterFacts>;
  readonly strict: boolean;
};

type Report = { readonly emit: Emit; readonly steps: StepRunner };

export async function collectInputs(
  input: CollectInputsInput,
  report: Report,
): Promise<StepOutcome<ClusterInputs>> {
  const { prompter, resolution, facts } = input;
  if (!prompter) {
    const inputs = toClusterInputs(resolution.values);
    return done(inputs, `cluster ${inputs.cluster.clusterName}, ${inputs.cluster.instanceType}`);
  }
  progress(report, "asking Phala what it has on offer");
  const [nodes, instanceTypes, composeFiles] = await Promise.all([
    facts.nodes(),
    facts.instanceTypes(),
    findComposeFiles(),
  ]);
  const verify = async (inputs: ClusterInputs): Promise<string | undefined> =>
    problemOf(await input.clusterFacts(inputs), input.strict, report);
  const offers = { nodes, instanceTypes, composeFiles };
  const inputs = await runWizard({ resolution, offers, prompter, verify });
  return done(inputs, `cluster ${inputs.cluster.clusterName}, ${inputs.cluster.instanceType}`);
}

/** All that speaks against the answers. What passes is not listed: the summary follows, again and again. */
async function problemOf(facts: ClusterFacts, strict: boolean, report: Report): Promise<string | undefined> {
  progress(report, "checking the answers");
  const outcomes = await runChecks(clusterChecks, facts, () => undefined);
  try {
    refuseFailures(outcomes, strict);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return [
      "This must be put right first:",
      ...indented(error.message),
      ...(error.hint === undefined ? [] : ["", "What helps:", ...indented(error.hint)]),
    ].join("\n");
  }
  warnOf(outcomes, report.steps);
  return undefined;
}

const indented = (text: string): string[] => text.split("\n").map((line) => `  ${line}`);

function progress({ emit }: Report, message: string): void {
  emit({ type: "step-progress", step: "collect-inputs", message });
}
