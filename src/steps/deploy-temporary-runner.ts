/**
 * Step 5: deploy the temporary runner, only to have its compose hash computed by the platform. Its environment
 * has the names of the orchestrator's own runners, in their order: they are part of the hash.
 */
import { cvmSettingsOf } from "../core/settings.ts";
import { temporaryRunnerName } from "../core/domain.ts";
import { runnerEnvironment } from "../compose/environment.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import type { CvmIdentity } from "../core/ports.ts";
import type { ClusterSettings } from "../core/settings.ts";
import { isOwnRunner, runnerInUse } from "../runners/leftovers.ts";
import { removeWithReplicas } from "../runners/remove-cvm.ts";
import type { ClusterRecord } from "../state/record.ts";
import { notCreated } from "../workflow/mutation-outcome.ts";
import { done, type Step } from "../workflow/step.ts";

export type TemporaryRunner = CvmIdentity & { readonly appId: string };

export type DeployTemporaryRunnerInput = {
  readonly cluster: ClusterSettings;
  readonly compose: ComposeFile;
  readonly registryUrl: string;
  readonly nodeId: number | undefined;
  /** As it was before this run. */
  readonly record: ClusterRecord;
};

export const deployTemporaryRunner: Step<DeployTemporaryRunnerInput, TemporaryRunner> = {
  id: "deploy-temporary-runner",
  async run({ cluster, compose, registryUrl, nodeId, record }, context) {
    const name = temporaryRunnerName(cluster.clusterName);
    context.progress(`creating ${name}`);
    const request = {
      name,
      ...cvmSettingsOf(cluster),
      nodeId,
      composeText: compose.text,
      environment: runnerEnvironment(cluster, registryUrl),
    };
    let outcome = await context.mutations.createCvm(request, context.signal);
    // One of an interrupted run of this machine became visible only now.
    if (outcome.kind === "taken" && isOwnRunner(outcome.cvm, record)) {
      await removeWithReplicas(outcome.cvm, context, context.signal, context);
      outcome = await context.mutations.createCvm(request, context.signal);
    }
    context.signal.throwIfAborted();
    if (outcome.kind === "taken") throw runnerInUse(name, outcome.cvm.createdAt);
    if (outcome.kind !== "created")
      throw notCreated(
        name,
        outcome,
        "run the same command again; it removes the temporary runner first if it exists",
      );
    return done(
      { name, appId: outcome.appId, vmUuid: outcome.vmUuid },
      `${name}, app_id ${outcome.appId}`,
    );
  },
};
