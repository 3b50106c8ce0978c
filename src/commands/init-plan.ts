/** `init --dry-run`: what would be done, resource by resource, from reads alone. */
import type { ClusterFacts } from "../checks/check.ts";
import { runnerEnvironmentNames } from "../compose/environment.ts";
import { registryName, temporaryRunnerName } from "../domain.ts";
import type { Warning } from "../workflow/events.ts";
import type { DryRunResult, PlannedAction } from "./results.ts";

export async function planInit(facts: ClusterFacts, warnings: readonly Warning[]): Promise<DryRunResult> {
  const { cluster } = facts;
  const name = registryName(cluster.clusterName);
  const found = await facts.registry();
  const where = cluster.node === undefined ? "on a node that the platform chooses" : `on ${cluster.node}`;
  const { orchestratorSchema: schema, coordinatorWallet } = cluster;
  const names = runnerEnvironmentNames({ schema, coordinatorWallet }).join(", ");
  const registry: PlannedAction =
    found.kind === "present"
      ? { action: "reuse", resource: name, detail: `app_id ${found.value.appId}, ${found.value.status}` }
      : {
          action: "create",
          resource: name,
          detail: `${cluster.instanceType} ${where}, from ${cluster.registryCompose}`,
        };
  const temporary = temporaryRunnerName(cluster.clusterName);
  return {
    ok: true,
    command: "init",
    cluster: cluster.clusterName,
    dry_run: true,
    actions: [
      registry,
      {
        action: "create",
        resource: temporary,
        detail: `${cluster.instanceType}, from ${cluster.runnerCompose}, with ${names}`,
      },
      { action: "delete", resource: temporary, detail: "as soon as its compose hash is read and checked" },
      { action: "update", resource: name, detail: "APPROVED_COMPOSE_HASH; it restarts, models on it stop" },
      {
        action: "write",
        resource: cluster.orchestratorConfig,
        detail: `schema ${cluster.orchestratorSchema}`,
      },
    ],
    warnings,
  };
}
