/** Steps 1 and 2 of `init`: nothing is created before every input is known and every check has passed. */
import { clusterFactsOf, factsOf, type ClusterFacts } from "../../session/facts.ts";
import type { HashFrom } from "../../core/settings.ts";
import { nameProblem } from "../../checks/cluster-checks.ts";
import { givenInputs, type Answers } from "../../inputs/resolve.ts";
import { toClusterInputs } from "../../inputs/values.ts";
import { collectInputs, type CollectedInputs } from "../../steps/collect-inputs.ts";
import { verifyPrerequisites } from "../../steps/verify-prerequisites.ts";
import { withKnownInputs } from "../../session/known-inputs.ts";
import type { StepRunner } from "../../workflow/step.ts";
import { readRecord } from "../../session/cluster-session.ts";
import { withClusterValues } from "../../session/deployment-inputs.ts";
import type { ApprovalFlags } from "../shared/approval-flags.ts";
import { keptFiles } from "./kept-files.ts";
import { expectRuns, runsForHash } from "../shared/expect-runs.ts";
import { hideSecrets, type Preparation } from "../../session/preparation.ts";

/** On a terminal the prerequisites are checked before anything is asked; without one all checks run at once. */
export async function firstTwoSteps(
  prepared: Preparation,
  steps: StepRunner,
  { allowDebugRegistry }: Pick<ApprovalFlags, "allowDebugRegistry">,
): Promise<CollectedInputs & { readonly facts: ClusterFacts }> {
  const { emit, prompter, flags } = prepared;
  const { strict, adopt } = flags;
  const completed = prompter ? undefined : await silentlyCompleted(prepared, steps);
  const resolution = completed?.resolution ?? prepared.start;
  const facts = factsOf(prepared);
  const factsFor = async (collected: CollectedInputs): Promise<ClusterFacts> => {
    const cluster = { ...collected.inputs.cluster, allowDebugRegistry };
    const record = await readRecord(prepared, cluster.clusterName);
    const given = givenInputs(collected.origins);
    return clusterFactsOf(facts, cluster, record, collected.adoption, given, completed?.found);
  };
  const complete = prompter ? undefined : toClusterInputs(resolution.values);
  const early =
    complete &&
    (await factsFor({ inputs: complete, adoption: adopt, origins: resolution.origins }));
  // No questions from here on.
  if (early && complete) void expectRunsOfInit(early, complete.hashFrom, flags);
  let checked: ClusterFacts | undefined;
  const report = { emit, steps, strict };
  await steps.runWithout("verify-prerequisites", () => verifyPrerequisites(facts, early, report));
  const kept = await keptFiles(prepared);
  const collected = await steps.runWithout("collect-inputs", () =>
    collectInputs(
      {
        resolution,
        facts,
        prompter,
        complete: (answers) => completedAgain(answers, prepared),
        nameProblem: async (name) => nameProblem(name, await readRecord(prepared, name), facts),
        clusterFacts: async (candidate) => (checked = await factsFor(candidate)),
        adoption: adopt,
        strict,
        planOnly: flags.dryRun,
        ...kept,
      },
      report,
    ),
  );
  const { aws, cluster } = collected.inputs;
  hideSecrets(prepared, {
    awsSecretAccessKey: aws.secretAccessKey,
    registryEnv: cluster.registryEnv,
  });
  const inputs = { ...collected.inputs, cluster: { ...cluster, allowDebugRegistry } };
  if (early) return { ...collected, inputs, facts: early };
  const chosen = withTextsOf(checked, await factsFor(collected));
  void expectRunsOfInit(chosen, inputs.hashFrom, flags);
  return { ...collected, inputs, facts: chosen };
}

/** A new registry is created, and later updated with its list. */
function expectRunsOfInit(
  facts: ClusterFacts,
  hashFrom: HashFrom,
  { dryRun }: Preparation["flags"],
): Promise<void> {
  return expectRuns(facts, async () => {
    if (dryRun || (await facts.registry()).kind !== "absent") return 0;
    return 2 + (await runsForHash(facts, hashFrom));
  });
}

/** After another name or schema was chosen. */
async function completedAgain(answers: Answers, prepared: Preparation): Promise<Answers> {
  const from = { env: prepared.env, stateHost: prepared.stateHost, remember: false };
  const known = await withKnownInputs(answers, from);
  return (await withClusterValues(known.answers, prepared)).resolution;
}

/** Deploys the checked texts: the files may have changed while the operator read the summary. */
function withTextsOf(checked: ClusterFacts | undefined, facts: ClusterFacts): ClusterFacts {
  if (checked === undefined) return facts;
  const { registryCompose, runnerCompose } = checked;
  return { ...facts, registryCompose, runnerCompose };
}

/** Recorded values of an existing cluster take the place of defaults, and are reported. */
async function silentlyCompleted(
  prepared: Preparation,
  steps: StepRunner,
): ReturnType<typeof withClusterValues> {
  const completed = await withClusterValues(prepared.resolution, prepared);
  const taken = [...prepared.taken, ...completed.taken];
  const { clusterName } = completed.resolution.values;
  if (taken.length > 0) steps.note(`as recorded for ${clusterName}: ${taken.join(", ")}`);
  return completed;
}
