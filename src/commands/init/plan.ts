/** `init --dry-run`: what would be done, resource by resource, without any change. */
import type { ClusterFacts } from "../../session/facts.ts";
import { isHashRecorded } from "../../session/facts.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { renderChange } from "../../orchestrator/config-changes.ts";
import { previewConfig } from "../../session/config-preview.ts";
import type { AttestMode } from "../../core/attestation.ts";
import { registryName } from "../../core/domain.ts";
import type { Warning } from "../../core/events.ts";
import type { HashFrom } from "../../core/settings.ts";
import {
  describeAttestation,
  dryRunResult,
  hashActions,
  type DryRunResult,
  type PlannedAction,
} from "../shared/result.ts";

export async function planInit(
  facts: ClusterFacts,
  warnings: readonly Warning[],
  { mode, hashFrom }: { readonly mode: AttestMode; readonly hashFrom: HashFrom },
): Promise<DryRunResult> {
  const { cluster } = facts;
  const known = await isHashRecorded(facts);
  const names = runnerEnvironmentNamesOf(cluster).join(", ");
  const made = `${cluster.instanceType}, from ${cluster.runnerCompose}, with ${names}`;
  const from = hashFrom === "provision" ? "provisioned" : "temporary-runner";
  const actions = [
    await registryAction(facts, mode),
    ...hashActions(cluster.clusterName, known ? "recorded" : from, made),
    await approvalAction(facts, known, mode),
    await configAction(facts),
  ];
  return dryRunResult("init", cluster.clusterName, actions, warnings);
}

async function registryAction(
  { cluster, registry }: ClusterFacts,
  mode: AttestMode,
): Promise<PlannedAction> {
  const resource = registryName(cluster.clusterName);
  const found = await registry();
  if (found.kind === "present")
    return {
      action: "reuse",
      resource,
      detail: `app_id ${found.value.appId}, ${found.value.status}`,
    };
  const where = cluster.node === undefined ? "on a node chosen by Phala" : `on ${cluster.node}`;
  return {
    action: "create",
    resource,
    detail: `${cluster.instanceType} ${where}, from ${cluster.registryCompose}; ${describeAttestation(mode)}`,
  };
}

/** Whether an update is needed is known only to a real run, which compares everything that it would send. */
async function approvalAction(
  facts: ClusterFacts,
  known: boolean,
  mode: AttestMode,
): Promise<PlannedAction> {
  const { cluster, record } = facts;
  const resource = registryName(cluster.clusterName);
  const found = await facts.registry();
  const last = record.approvals.at(-1);
  // The last list may be that of a registry that was destroyed.
  const given = found.kind === "present" && last?.verified && last.appId === found.value.appId;
  const detail = `APPROVED_COMPOSE_HASH; it restarts, models on it stop; ${describeAttestation(mode)}`;
  if (!known || !given) return { action: "update", resource, detail };
  return {
    action: "none",
    resource,
    detail: "approved already, unless inputs or the registry's compose file changed",
  };
}

async function configAction(facts: ClusterFacts): Promise<PlannedAction> {
  const { orchestratorConfig: resource, orchestratorSchema: schema } = facts.cluster;
  const preview = await previewConfig(facts);
  if (preview.kind === "other-owner") return { action: "none", resource, detail: preview.why };
  const { before, changes } = preview;
  if (before === undefined)
    return { action: "write", resource, detail: `a new file of schema ${schema}` };
  // A new registry gets another address than the one in the file.
  const isNew = (await facts.registry()).kind === "absent";
  const lines = [
    ...changes.map(renderChange),
    ...(isNew ? ["cluster-urls: those of the new registry"] : []),
  ];
  if (lines.length === 0)
    return { action: "none", resource, detail: `up to date, schema ${schema}` };
  return {
    action: "write",
    resource,
    detail: [...lines, `the file from before is kept as ${resource}.bak`].join("; "),
  };
}
