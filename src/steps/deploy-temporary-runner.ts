/**
 * Step 5: deploy the temporary runner, only to have its compose hash computed by the platform. Its environment
 * has the names of the orchestrator's own runners, in their order: they are part of the hash.
 */
import { temporaryRunnerName } from "../core/domain.ts";
import { runnerEnvironment } from "../compose/environment.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import type { ClusterSettings } from "../core/settings.ts";
import { runnerInUse } from "../runners/leftovers.ts";
import { notCreated } from "../workflow/mutations.ts";
import { done, type Step } from "../workflow/step.ts";

export type TemporaryRunner = {
  readonly name: string;
  readonly appId: string;
  readonly vmUuid: string | null;
};

export type DeployTemporaryRunnerInput = {
  readonly cluster: ClusterSettings;
  readonly compose: ComposeFile;
  readonly registryUrl: string;
  readonly nodeId: number | undefined;
};

export const deployTemporaryRunner: Step<DeployTemporaryRunnerInput, TemporaryRunner> = {
  id: "deploy-temporary-runner",
  async run({ cluster, compose, registryUrl, nodeId }, context) {
    const name = temporaryRunnerName(cluster.clusterName);
    context.progress(`creating ${name}`);
    const outcome = await context.mutations.createCvm(
      {
        name,
        instanceType: cluster.instanceType,
        nodeId,
        composeText: compose.text,
        environment: runnerEnvironment(cluster, registryUrl),
      },
      context.signal,
    );
    context.signal.throwIfAborted();
    if (outcome.kind === "taken") throw runnerInUse(name, outcome.cvm.createdAt);
    if (outcome.kind !== "created") {
      throw notCreated(
        name,
        outcome,
        "run the same command again: it removes the temporary runner first if it is there",
      );
    }
    return done({ name, appId: outcome.appId, vmUuid: outcome.vmUuid }, `${name}, app_id ${outcome.appId}`);
  },
};
