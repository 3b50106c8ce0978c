/** `tee-cluster rotate-hash`: after a compose change, approves the new hash and keeps the running runners. */
import type { HashFrom } from "../../core/settings.ts";
import { clusterFactsOf, factsOf, type ClusterFacts } from "../../session/facts.ts";
import { askMissing } from "../../inputs/ask-missing.ts";
import { missingForCluster } from "../../inputs/required.ts";
import { isSchemaGiven } from "../../inputs/resolve.ts";
import { toClusterInputs } from "../../inputs/values.ts";
import type { Approval } from "../../approval/approval.ts";
import { sameMembers } from "../../approval/approved-list.ts";
import { approveComposeHash } from "../../steps/approve-compose-hash.ts";
import { assertExistingRegistry } from "../../registry/verify-deployed.ts";
import { verifyPrerequisites } from "../../steps/verify-prerequisites.ts";
import { verifyRegistry } from "../../steps/verify-registry.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import { clearLeftoverRunner } from "../../runners/leftovers.ts";
import { claimRegistry } from "../../registry/ownership.ts";
import { withSession } from "../../session/session.ts";
import { done, StepRunner } from "../../workflow/step.ts";
import { assertViaApiPossible, withStepTimes } from "../shared/approval.ts";
import { readRecord } from "../../session/cluster-session.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepareDeployment, withClusterValues } from "../../session/deployment-inputs.ts";
import { hideSecrets, type Preparation } from "../../session/preparation.ts";
import { assertTrustedRunners, attesterFor, planAttestation } from "../shared/attestation.ts";
import { findKnownCvms } from "../shared/find-cluster.ts";
import { attestationResult, registryResult } from "../shared/result.ts";
import type { RotateHashResult, RotatePlanResult } from "./result.ts";
import { confirmRevocation, noteOrchestrator, withRollbackHint } from "./consent.ts";
import { listPolicy, type RotateFlags } from "./list-policy.ts";
import { nextApproval } from "./next-approval.ts";
import { planOf, type LockedRotation, type Rotation, type RotationPlan } from "./rotation.ts";
import { expectFirstRun, expectRuns, runsForHash } from "../shared/expect-runs.ts";
import { chooseDeletion, deleteRunners, runnerResult, warnOfRevocation } from "./revocation.ts";
import { planRotation } from "./plan.ts";
import { noRegistry, inspectCluster } from "./inspect-cluster.ts";

/** A rotation neither creates a registry nor writes the orchestrator's file. */
const UNUSED_CHECKS = [
  "orchestrator-config",
  "orchestrator-config-of-another-cluster",
  "orchestrator-config-content",
  "orchestrator-schema-v1",
  "registry-name",
];

export async function rotateHash(
  run: CommandRun<RotateFlags>,
): Promise<RotateHashResult | RotatePlanResult> {
  const { emit, clock, flags } = run;
  const policy = listPolicy(flags);
  const prepared = await prepareDeployment(run, { remember: true });
  emit({
    type: "run-started",
    command: "rotate-hash",
    headline: "Rotating the approved compose hash",
  });
  const steps = new StepRunner(emit, clock);
  const known = await firstTwoSteps(prepared, steps, flags);
  const { clusterName: cluster } = known.inputs.cluster;
  // A typo in the name is reported as such.
  if ((await known.facts.registry()).kind === "absent")
    await findKnownCvms(cluster, known.facts.record, prepared);
  const attestation = await planAttestation(prepared, flags, steps);
  const rotation = { ...known, prepared, policy, flags, steps, attestMode: attestation.mode };
  if (flags.dryRun) return planRotation(rotation);
  return withSession("rotate-hash", cluster, prepared, async (session) => {
    const attester = await attesterFor(attestation, session, prepared);
    return withStepTimes(steps, cluster, prepared, () =>
      rotate({ ...rotation, session, attester }),
    );
  });
}

/** Checks and inputs; recorded values of the cluster take the place of defaults. */
async function firstTwoSteps(
  prepared: Preparation,
  steps: StepRunner,
  flags: RotateFlags,
): Promise<Pick<Rotation, "inputs" | "facts" | "schemaKnown">> {
  const { emit, prompter } = prepared;
  const start = prepared.resolution;
  // Starting phala takes longer than everything until it is needed.
  if (!prompter && makesHash(start.values.hashFrom, flags)) await expectFirstRun(prepared);
  const given = prompter ? await askMissing(start.missing, start, prompter) : start;
  hideSecrets(prepared, given.values);
  const { resolution, taken, found } = await withClusterValues(given, prepared);
  // A cluster whose name was just typed may be recorded with v2.
  const lacking = missingForCluster(resolution.values);
  const { values } = prompter ? await askMissing(lacking, resolution, prompter) : resolution;
  hideSecrets(prepared, values);
  const complete = toClusterInputs(values);
  const { allowDebugRegistry } = flags;
  const inputs = { ...complete, cluster: { ...complete.cluster, allowDebugRegistry } };
  assertViaApiPossible(flags.approveVia, inputs.cluster);
  const record = await readRecord(prepared, inputs.cluster.clusterName);
  // With a prompt the lookup may be old by now.
  const fresh = prompter ? undefined : found;
  const facts = clusterFactsOf(factsOf(prepared), inputs.cluster, record, true, undefined, fresh);
  // No questions from here on.
  if (!prompter) void expectRunsOfRotation(facts, inputs.hashFrom, flags);
  const report = { emit, steps, strict: flags.strict, without: UNUSED_CHECKS };
  await steps.runWithout("verify-prerequisites", () => verifyPrerequisites(facts, facts, report));
  await steps.runWithout("collect-inputs", async () => {
    const all = [...prepared.taken, ...taken];
    const asBefore = all.length === 0 ? "" : `; as recorded: ${all.join(", ")}`;
    return done(undefined, `cluster ${inputs.cluster.clusterName}${asBefore}`);
  });
  const { orchestratorSchema: origin = "default" } = resolution.origins;
  const schemaKnown =
    record.composeHashes.length > 0 || isSchemaGiven(given) || origin !== "default";
  return { inputs, facts, schemaKnown };
}

const makesHash = (
  hashFrom: HashFrom | undefined,
  { rollback, dryRun }: Rotation["flags"],
): boolean => !rollback && (!dryRun || hashFrom === "provision");

/** Where the list may be pushed, only step 8 decides whether phala runs for an update. */
function expectRunsOfRotation(
  facts: ClusterFacts,
  hashFrom: HashFrom,
  flags: Rotation["flags"],
): Promise<void> {
  const updates =
    !flags.dryRun && (flags.approveVia === "restart" || facts.cluster.gatewayKeyPath === undefined);
  return expectRuns(facts, async () => {
    if (!makesHash(hashFrom, flags)) return 0;
    const runs = await runsForHash(facts, hashFrom);
    if (runs === 0 || (await facts.registry()).kind !== "present") return 0;
    return runs + (updates ? 1 : 0);
  });
}

async function rotate(run: LockedRotation): Promise<RotateHashResult> {
  const { inputs, steps, session, attester } = run;
  const { deps, record } = session;
  const { clusterName } = inputs.cluster;
  const context = steps.contextFor(deps);

  // Before anything that may end the run: it is paid for.
  await clearLeftoverRunner(clusterName, record, context);
  const cvm = await claimRegistry(clusterName, record, context, true);
  if (cvm === undefined) throw noRegistry(clusterName);
  const state = await inspectCluster(run, cvm, context);
  steps.assertNoWarnings(deps);
  await session.registryStore.save(state.running);

  const next = await nextApproval(run, state);
  assertTrustedRunners(attester, next.runners.live, next.hashes, context);
  // So that every hash in the list can be traced to its compose text.
  for (const { appCompose } of next.runners.accepted) await session.store.save(appCompose);
  steps.assertNoWarnings(deps);
  const plan = await planOf(run, state, next);
  const toDelete = await confirmPlan(plan, run);
  return apply(plan, toDelete, run);
}

/** @returns the runners to delete. @throws Cancellation on a no. */
async function confirmPlan(
  { losingAccess, revoked }: RotationPlan,
  { prepared, inputs, flags, steps }: Rotation,
): Promise<readonly LiveRunner[]> {
  await confirmRevocation(losingAccess, prepared, steps);
  const { orchestratorSchema: schema } = inputs.cluster;
  const toDelete = await chooseDeletion(revoked, schema, flags, prepared);
  if (toDelete.length === 0) warnOfRevocation(revoked, schema, steps);
  return toDelete;
}

async function apply(
  plan: RotationPlan,
  toDelete: readonly LiveRunner[],
  run: LockedRotation,
): Promise<RotateHashResult> {
  const { inputs, steps, session, attester } = run;
  const { deps, record } = session;
  const { state, next, approval: approved, losingAccess } = plan;
  const { registry, running, recorded, check } = state;
  const { compose, expendable, hashes } = next;
  const context = steps.contextFor(deps);
  const { environment } = approved;
  await assertExistingRegistry({ ...check, compose, expendable, environment }, context);
  const { approval, mode } = await withRollbackHint(record, registry, async () => {
    const outcome = await steps.run(approveComposeHash, approved, deps);
    const toVerify = { approved, approval: outcome, knownScripts: check.knownScripts };
    return { approval: outcome, ...(await steps.run(verifyRegistry, toVerify, deps)) };
  });
  if (approval.kind === "updated") noteOrchestrator(registry, context);
  const deleted = await deleteRunners(toDelete, deps, context);
  return {
    ok: true,
    command: "rotate-hash",
    cluster: inputs.cluster.clusterName,
    registry: registryResult(registry, mode),
    changed: deleted.length > 0 || hasChanged(approval, recorded, hashes),
    runner_compose_hash: next.provenance.runnerHash,
    previous_compose_hashes: recorded,
    approved_compose_hashes: hashes,
    approved_via: viaOf(approval),
    registry_compose_changed:
      approval.kind === "updated" && running.docker_compose_file !== compose.text,
    runners_cut_off: losingAccess.map(runnerResult),
    runners_deleted: deleted.map(runnerResult),
    attestation: attestationResult(attester),
    steps: steps.reports,
    warnings: steps.warnings,
  };
}

/** Pushing a list again because the registry may have lost it is not a change. */
function hasChanged(
  approval: Approval,
  before: readonly string[],
  after: readonly string[],
): boolean {
  if (approval.kind === "pushed") return approval.forgotten || !sameMembers(before, after);
  return approval.kind === "updated";
}

function viaOf(approval: Approval): "restart" | "api" {
  if (approval.kind === "unchanged") return approval.via;
  return approval.kind === "pushed" ? "api" : "restart";
}
