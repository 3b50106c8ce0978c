/** `tee-cluster destroy`: delete this cluster's CVMs, and no other's. */
import { existsSync } from "node:fs";
import { factsOf } from "../../session/facts.ts";
import { platformChecks } from "../../checks/platform-checks.ts";
import { assertNoFailures, runChecks } from "../../checks/run-checks.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { askMissing } from "../../inputs/ask-missing.ts";
import { inputDefinition } from "../../inputs/table.ts";
import { temporaryRunnersIn, type ClusterCvm } from "../../session/cluster-cvms.ts";
import { deleteCluster, type DeletedCluster } from "./cluster-teardown.ts";
import { CVM_ROLES } from "../../core/domain.ts";
import { assertRunnerNotInUse } from "../../runners/leftovers.ts";
import { withSession } from "../../session/session.ts";
import type { Emit } from "../../core/events.ts";
import { StepRunner } from "../../workflow/step.ts";
import { findKnownCvms } from "../shared/find-cluster.ts";
import { confirmDestruction, assertConfirmed } from "./confirmation.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { directoryOf, readRecord } from "../../session/cluster-session.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import type { DestroyResult } from "./result.ts";
import { dryRunResult, type DryRunResult } from "../shared/result.ts";
import { formatAge } from "../../lib/age.ts";

export async function destroy(
  run: CommandRun<{ readonly temporaryRunner: boolean }>,
): Promise<DestroyResult | DryRunResult> {
  const { emit, clock, flags } = run;
  // In a real cloud only a cluster that was named is deleted.
  const prepared = await prepare(run, { remember: flags.sandbox });
  const cluster = await clusterName(prepared);
  assertConfirmed(cluster, run);
  emit({
    type: "run-started",
    command: "destroy",
    headline: `Looking for the CVMs of the cluster ${cluster}`,
  });
  const { api } = prepared.ports;
  const record = await readRecord(prepared, cluster);
  const all = await withActivity("asking Phala's API", emit, () =>
    findKnownCvms(cluster, record, prepared, { certain: true }),
  );
  const roles = flags.temporaryRunner ? (["temporary-runner"] as const) : CVM_ROLES;
  const found = all.filter(({ role }) => roles.some((wanted) => wanted === role));
  for (const runner of temporaryRunnersIn(found))
    assertRunnerNotInUse(runner, record, { api, clock });
  // Ages by the server's clock.
  const plan = planDestroy(cluster, found, clock.now() + (api.serverClock.skewMs() ?? 0));
  if (flags.dryRun) return plan;
  if (found.length === 0) return nothingToDelete(cluster, prepared);
  await assertCliRuns(prepared);
  await confirmDestruction(plan, api.host, run);
  const steps = new StepRunner(emit, clock);
  return withSession("destroy", cluster, prepared, async ({ deps, record: current }) => {
    const emptied = await withActivity(`deleting the CVMs of ${cluster}`, emit, () =>
      deleteCluster(cluster, roles, current, steps.contextFor(deps)),
    );
    return resultOf(cluster, emptied, steps.warnings);
  });
}

/** Shows a live line meanwhile: `destroy` has no steps. */
async function withActivity<T>(message: string, emit: Emit, work: () => Promise<T>): Promise<T> {
  emit({ type: "activity", message });
  try {
    return await work();
  } finally {
    emit({ type: "activity", message: null });
  }
}

/** Checked under the lock where this machine knows the cluster: another run may be creating a CVM. */
async function nothingToDelete(cluster: string, prepared: Preparation): Promise<DestroyResult> {
  const nothing = resultOf(cluster, { deleted: [], left: [] }, []);
  const { path } = await directoryOf(prepared, cluster);
  return existsSync(path)
    ? withSession("destroy", cluster, prepared, async () => nothing)
    : nothing;
}

/** Asks for it on a terminal; elsewhere `prepare` has required it. */
async function clusterName({ resolution, prompter }: Preparation): Promise<string> {
  const missing =
    resolution.values.clusterName === undefined ? [inputDefinition("clusterName")] : [];
  const { values } = prompter ? await askMissing(missing, resolution, prompter) : resolution;
  if (values.clusterName === undefined) throw new Error("the cluster's name was not resolved");
  return values.clusterName;
}

/** Without phala every deletion would be retried until it times out. */
async function assertCliRuns(prepared: Preparation): Promise<void> {
  const checks = platformChecks.filter(({ id }) => id === "phala-cli");
  assertNoFailures(await runChecks(checks, factsOf(prepared), () => undefined), false);
}

/** @throws ClusterError `cvms-left` (platform). */
function resultOf(
  cluster: string,
  { deleted, left }: DeletedCluster,
  warnings: DestroyResult["warnings"],
): DestroyResult {
  if (left.length > 0)
    throw new ClusterError("platform", "cvms-left", {
      message: [`not everything of the cluster ${cluster} is deleted:`, ...left].join("\n"),
      hint: "run the same command again; it deletes what is left",
    });
  return {
    ok: true,
    command: "destroy",
    cluster,
    deleted: deleted.map(({ cvm, role }) => ({ name: cvm.name, app_id: cvm.appId, role })),
    warnings,
  };
}

/** @param nowMs the server's time. */
function planDestroy(cluster: string, found: readonly ClusterCvm[], nowMs: number): DryRunResult {
  const actions = found.map(({ cvm }) => {
    const created = cvm.createdAt === null ? Number.NaN : Date.parse(cvm.createdAt);
    // In no schema of the API, and mostly absent.
    const age = Number.isNaN(created) ? [] : [`${formatAge(nowMs - created)} old`];
    const detail = [cvm.status, ...age, `app_id ${cvm.appId ?? "unknown"}`].join(", ");
    return { action: "delete" as const, resource: cvm.name, detail };
  });
  return dryRunResult("destroy", cluster, actions);
}
