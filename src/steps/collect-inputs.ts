/** Step 2: the inputs, complete and checked; on a terminal the wizard asks for what is missing. */
import { clusterChecks } from "../checks/cluster-checks.ts";
import { previewConfig } from "../session/config-preview.ts";
import { isHashRecorded } from "../session/facts.ts";
import { assertNoFailures, runChecks } from "../checks/run-checks.ts";
import type { ClusterFacts, Facts } from "../session/facts.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { renderHint } from "../core/command-hint.ts";
import { findComposeFiles } from "../inputs/compose-candidates.ts";
import type { Prompter } from "../inputs/prompts.ts";
import type { Answers } from "../inputs/resolve.ts";
import type { ClusterInputs } from "../core/settings.ts";
import { toClusterInputs } from "../inputs/values.ts";
import { runWizard, type Verdict, type WizardOptions } from "../inputs/wizard.ts";
import type { ExistingRegistry } from "../inputs/wizard-outlook.ts";
import type { Emit } from "../core/events.ts";
import type { Adoption } from "../core/domain.ts";
import { ownershipOf } from "../registry/ownership.ts";
import { done, type StepOutcome, type StepRunner } from "../workflow/step.ts";
import { warnOf } from "./verify-prerequisites.ts";

export type CollectInputsInput = {
  readonly resolution: Answers;
  readonly facts: Facts;
  /** Undefined: nobody may be asked, and step 1 has checked everything. */
  readonly prompter: Prompter | undefined;
  /** Fills in what the cluster of the answers was given before. */
  readonly complete: (answers: Answers) => Promise<Answers>;
  readonly clusterFacts: (collected: CollectedInputs) => Promise<ClusterFacts>;
  /** As the flags have it. */
  readonly adoption: Adoption;
  readonly strict: boolean;
  readonly planOnly: boolean;
} & Pick<WizardOptions, "saveTo" | "save" | "writeTemplate" | "nameProblem">;

export type CollectedInputs = {
  readonly inputs: ClusterInputs;
  readonly origins: Answers["origins"];
  readonly adoption: Adoption;
};

type Report = { readonly emit: Emit; readonly steps: StepRunner };

export async function collectInputs(
  input: CollectInputsInput,
  report: Report,
): Promise<StepOutcome<CollectedInputs>> {
  const { prompter, resolution, adoption } = input;
  const collected = prompter
    ? await askFor(input, prompter, report)
    : { inputs: toClusterInputs(resolution.values), origins: resolution.origins, adoption };
  const { clusterName, instanceType } = collected.inputs.cluster;
  return done(collected, `cluster ${clusterName}, ${instanceType}`);
}

async function askFor(
  input: CollectInputsInput,
  prompter: Prompter,
  report: Report,
): Promise<CollectedInputs> {
  const { facts, resolution, strict } = input;
  progress(report, "asking Phala for nodes and instance types");
  const [nodes, instanceTypes, composeFiles] = await Promise.all([
    facts.nodes(),
    facts.instanceTypes(),
    findComposeFiles(),
  ]);
  const adoptionOf = (takeOver: string | undefined): Adoption =>
    takeOver === undefined ? input.adoption : { appId: takeOver };
  const { inputs, origins, takeOver } = await runWizard({
    start: resolution,
    offers: { nodes, instanceTypes, composeFiles },
    prompter,
    planOnly: input.planOnly,
    saveTo: input.saveTo,
    save: input.save,
    writeTemplate: input.writeTemplate,
    complete: (answers) => {
      progress(report, "reading the record of the cluster");
      return input.complete(answers);
    },
    nameProblem: input.nameProblem,
    verify: async (answers, chosen, given) => {
      const collected = { inputs: answers, adoption: adoptionOf(chosen), origins: given };
      return verdictOn(await input.clusterFacts(collected), strict, report);
    },
  });
  return { inputs, origins, adoption: adoptionOf(takeOver) };
}

/** Everything that is wrong with the answers. Passed checks are not listed: the summary follows each time. */
async function verdictOn(facts: ClusterFacts, strict: boolean, report: Report): Promise<Verdict> {
  progress(report, "checking the answers");
  const outcomes = await runChecks(clusterChecks, facts, () => undefined);
  const registry = await existingRegistry(facts);
  try {
    assertNoFailures(outcomes, strict);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { problem: problemOf(error), registry, hashRecorded: false };
  }
  warnOf(outcomes, report.steps);
  const preview = await previewConfig(facts);
  const configChanges = preview.kind === "written" ? preview.changes : [];
  return { problem: undefined, registry, hashRecorded: await isHashRecorded(facts), configChanges };
}

async function existingRegistry(facts: ClusterFacts): Promise<ExistingRegistry | undefined> {
  const found = await facts.registry();
  if (found.kind !== "present") return undefined;
  const { name, appId, createdAt } = found.value;
  const ownership = ownershipOf(found.value, facts.record, facts.adoption);
  return { name, appId, createdAt, ownership };
}

function problemOf({ message, hint, details }: ClusterError): string {
  const several = details.length > 1;
  const problems = several
    ? details.flatMap(({ message: one, remedy }) => [
        ...indented(renderHint(one)),
        ...(remedy === undefined ? [] : indented(renderHint(remedy)).map((line) => `  ${line}`)),
      ])
    : indented(message);
  return [
    "Fix this first:",
    ...problems,
    ...(several || hint === undefined ? [] : ["", "Remedy:", ...indented(hint)]),
  ].join("\n");
}

const indented = (text: string): string[] => text.split("\n").map((line) => `  ${line}`);

function progress({ emit }: Report, message: string): void {
  emit({ type: "step-progress", step: "collect-inputs", message });
}
