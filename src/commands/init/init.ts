/** `tee-cluster init`: the ten steps, in the order of the document. */
import { composeFiles, nodeIdOf, type ClusterFacts } from "../../session/facts.ts";
import type { ComposePair } from "../../compose/lint.ts";
import type { ComposeHash } from "../../core/domain.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import { isDeepStrictEqual } from "node:util";
import { settingsTexts } from "../../inputs/as-text.ts";
import { givenInputs } from "../../inputs/resolve.ts";
import { recordedHashes } from "../../state/record.ts";
import type { ApproveComposeHashInput } from "../../approval/approval.ts";
import { approveComposeHash } from "../../steps/approve-compose-hash.ts";
import { initialEnvironment } from "../../steps/deploy-registry.ts";
import { assertDeployedRegistry, assertExistingRegistry } from "../../registry/verify-deployed.ts";
import type { Registry } from "../../registry/registry.ts";
import { verifyRegistry } from "../../steps/verify-registry.ts";
import { writeOrchestratorConfig } from "../../steps/write-orchestrator-config.ts";
import { approvedList, ROLLING } from "../../approval/approved-list.ts";
import { ratePerHour } from "../../runners/price.ts";
import { ownerOf } from "../../session/config-preview.ts";
import { withSession } from "../../session/session.ts";
import type { StepId } from "../../core/steps.ts";
import { StepRunner } from "../../workflow/step.ts";
import {
  approvalOf,
  assertViaApiPossible,
  noteRestart,
  registryCheck,
  wholeEnvironment,
  withStepTimes,
} from "../shared/approval.ts";
import { prepareDeployment } from "../../session/deployment-inputs.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { firstTwoSteps } from "./first-two-steps.ts";
import { planInit } from "./plan.ts";
import {
  assertCanWithhold,
  assertTrustedRunners,
  attesterFor,
  planAttestation,
  type AttestationPlan,
} from "../shared/attestation.ts";
import { inspectRunners, vouchedHashes } from "../shared/inspect-runners.ts";
import { obtainComposeHash } from "../shared/obtain-compose-hash.ts";
import { attestationResult, registryResult, type DryRunResult } from "../shared/result.ts";
import { registryUp, type BringUp, type InitFlags, type RegistryUp } from "./registry-up.ts";
import type { InitResult } from "./result.ts";

export async function init(start: CommandRun<InitFlags>): Promise<InitResult | DryRunResult> {
  const { emit, clock, flags } = start;
  const prepared = await prepareDeployment(start);
  const steps = new StepRunner(emit, clock);
  emit({ type: "run-started", command: "init", headline: "Setting up a TEE cluster" });
  const attestation = await planAttestation(prepared, flags, steps);
  const { inputs, origins, adoption, facts } = await firstTwoSteps(prepared, steps, flags);
  const given = givenInputs(origins);
  assertViaApiPossible(flags.approveVia, inputs.cluster);
  // A wrong file is an input error: reported before anything is made, and where no runner needs it.
  await vouchedHashes(flags.record, inputs.cluster.clusterName);
  if ((await facts.registry()).kind === "absent") await assertStarts(attestation, facts, inputs);
  if (flags.dryRun)
    return planInit(facts, steps.warnings, { mode: attestation.mode, hashFrom: inputs.hashFrom });
  const { clusterName } = inputs.cluster;
  const run = { prepared, inputs, steps, flags, facts, adoption, given };
  return withSession("init", clusterName, prepared, async (session) => {
    const attester = await attesterFor(attestation, session, prepared);
    return withStepTimes(steps, clusterName, prepared, () =>
      bringUp({ ...run, session, attester }),
    );
  });
}

async function assertStarts(
  { mode }: AttestationPlan,
  facts: ClusterFacts,
  inputs: ClusterInputs,
): Promise<void> {
  const compose = await facts.registryCompose();
  assertCanWithhold(mode, compose, initialEnvironment({ inputs, compose }));
}

/** Steps 3 to 10, under the cluster's lock. */
async function bringUp(run: BringUp): Promise<InitResult> {
  const { inputs, session, steps, facts, attester } = run;
  const { deps, record, store } = session;
  const files = await composeFiles(facts);
  const nodeId = await nodeIdOf(facts);

  const up = await registryUp(run, files, nodeId);
  const { registry } = up;
  const { cluster, hashFrom } = inputs;
  steps.assertNoWarnings(deps);
  const { allowUncheckedHash: allowUnchecked } = run.flags;
  const runner = { cluster, compose: files.runner, registry, nodeId, hashFrom, fresh: false };
  const obtaining = { ...runner, store, record, allowUnchecked, attester };
  const fresh = await obtainComposeHash(obtaining, steps, deps, run.prepared.emit);
  const approved = await approvalFor(run, files, { ...up, fresh });
  const approval = await steps.run(approveComposeHash, approved, deps);
  const knownScripts = await session.registryStore.knownScripts();
  const { mode } = await steps.run(verifyRegistry, { approved, approval, knownScripts }, deps);
  const config = {
    inputs,
    registry,
    given: run.given,
    directory: session.directory,
    ownerOf: (text: string | undefined) => ownerOf(facts, text),
  };
  const { path } = await steps.run(writeOrchestratorConfig, config, deps);
  await recordSettings(run, registry);
  const instanceType = registry.cvm.instanceType ?? cluster.instanceType;
  return {
    ok: true,
    command: "init",
    changed: !up.existed || approval.kind !== "unchanged" || isDone(steps, CONFIG_STEP),
    cluster: cluster.clusterName,
    registry: registryResult(registry, mode),
    runner_compose_hash: fresh,
    approved_compose_hashes: approved.hashes,
    orchestrator_config: path,
    usd_per_hour: await ratePerHour(instanceType, facts.instanceTypes()),
    attestation: attestationResult(attester),
    steps: steps.reports,
    warnings: steps.warnings,
    notes: steps.notes,
  };
}

/** The defaults of later runs, even without orchestrator.yml. */
async function recordSettings({ inputs, session }: BringUp, { appId }: Registry): Promise<void> {
  const { record, deps } = session;
  const settings = { appId, values: settingsTexts(inputs.cluster, inputs.aws.region) };
  if (isDeepStrictEqual(settings, record.settings)) return;
  await deps.journal.append({ type: "settings", app_id: appId, values: settings.values });
}

/** The input of step 8, after a check of what the registry runs: secrets are sent to it again. */
async function approvalFor(
  run: BringUp,
  files: ComposePair,
  { complete, fresh, ...now }: RegistryUp & { readonly fresh: ComposeHash },
): Promise<ApproveComposeHashInput> {
  const { inputs, session, steps, flags, attester } = run;
  const { deps, record } = session;
  const { registry, existed, certain } = now;
  const { appId } = registry;
  const compose = files.registry;
  const context = steps.contextFor(deps);
  // A new registry starts with the new hash alone; an existing one keeps what its runners need.
  const runners = existed
    ? await inspectRunners({ ...run, policy: ROLLING }, { record, appId, complete }, context)
    : undefined;
  const accepted = runners?.accepted ?? [];
  // So that every hash in the list can be traced to its compose text.
  for (const { appCompose } of accepted) await session.store.save(appCompose);
  const live = accepted.map(({ composeHash }) => composeHash);
  const recorded = existed ? recordedHashes(record, appId) : [];
  const hashes = approvedList({ recorded, live, fresh, policy: ROLLING });
  assertTrustedRunners(attester, runners?.live ?? [], hashes, context);
  const environment = wholeEnvironment(inputs, registry, compose, hashes);
  const check = { ...(await registryCheck(run, registry, certain)), compose, environment };
  const running = existed
    ? await assertExistingRegistry(check, context)
    : await assertDeployedRegistry(check, context);
  await session.registryStore.save(running);
  steps.assertNoWarnings(deps);
  return approvalOf(run, {
    ...now,
    running,
    compose,
    hashes,
    runners,
    command: "init",
    via: flags.approveVia,
    shortens: false,
    restores: null,
    runner: { runnerHash: fresh, composeDigest: files.runner.digest },
    policy: ROLLING,
    // The wizard has asked already.
    beforeRestart: existed ? async () => noteRestart(registry, context) : undefined,
  });
}

const CONFIG_STEP = "write-orchestrator-config";

const isDone = ({ reports }: StepRunner, step: StepId): boolean =>
  reports.some(({ id, status }) => id === step && status === "done");
