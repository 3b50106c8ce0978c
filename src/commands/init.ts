/** `tee-cluster init`: the ten steps, in the order of the document. */
import { clusterFactsOf, factsOf } from "../checks/facts.ts";
import type { ClusterFacts, Facts } from "../checks/check.ts";
import { readComposeFile, type ComposeFile } from "../compose/compose-file.ts";
import { lintBaseDomain } from "../compose/domains.ts";
import { registryEnvironment, runnerEnvironmentNames } from "../compose/environment.ts";
import type { ComposeHash } from "../domain.ts";
import type { ClusterInputs } from "../inputs/types.ts";
import type { Resolution } from "../inputs/resolve.ts";
import { toClusterInputs } from "../inputs/values.ts";
import type { ExplicitSection } from "../orchestrator/values.ts";
import type { EnvironmentVariable } from "../ports.ts";
import { readJournal } from "../state/journal.ts";
import { summarizeJournal, type ClusterRecord } from "../state/record.ts";
import { stateDirectoryOf, type StateDirectory } from "../state/state-directory.ts";
import { approveComposeHash } from "../steps/approve-compose-hash.ts";
import { clearLeftoverRunner } from "../steps/clear-leftover-runner.ts";
import { collectInputs } from "../steps/collect-inputs.ts";
import { deployRegistry } from "../steps/deploy-registry.ts";
import { checkRegistryCompose } from "../steps/registry-check.ts";
import type { Registry } from "../steps/registry.ts";
import { verifyPrerequisites } from "../steps/verify-prerequisites.ts";
import { verifyRegistry } from "../steps/verify-registry.ts";
import { waitForRegistry } from "../steps/wait-for-registry.ts";
import { writeOrchestratorConfig } from "../steps/write-orchestrator-config.ts";
import { approvedList } from "../workflow/approved-list.ts";
import { liveRunners } from "../workflow/live-runners.ts";
import { claimRegistry } from "../workflow/registry-claim.ts";
import { registrySettings } from "../workflow/registry-settings.ts";
import { withSession, type Session } from "../workflow/session.ts";
import { StepRunner } from "../workflow/step.ts";
import type { CommandDependencies, CommonFlags } from "./dependencies.ts";
import { planInit } from "./init-plan.ts";
import { obtainComposeHash, recordedComposeHash } from "./obtain-compose-hash.ts";
import { hideSecrets, prepare, type Preparation } from "./preparation.ts";
import type { DryRunResult, InitResult } from "./results.ts";

export async function init(
  dependencies: CommandDependencies,
  flags: CommonFlags,
): Promise<InitResult | DryRunResult> {
  const { emit, clock } = dependencies;
  const prepared = await prepare(dependencies, flags, ["connection", "cluster", "aws"]);
  const steps = new StepRunner(emit, clock);
  emit({ type: "run-started", command: "init", headline: "Setting up a TEE cluster" });
  const { inputs, facts } = await firstTwoSteps(prepared, steps, dependencies, flags);
  const explicit = explicitSections(prepared.resolution);
  if (flags.dryRun) return planInit(facts, steps.warnings);
  return withSession(sessionOptions(inputs, prepared, dependencies, flags), (session) =>
    bringUp({ inputs, session, steps, dependencies, flags, facts, explicit }),
  );
}

/** Steps 1 and 2: nothing is made before every input is known and every check has passed. */
async function firstTwoSteps(
  prepared: Preparation,
  steps: StepRunner,
  dependencies: CommandDependencies,
  flags: CommonFlags,
): Promise<{ inputs: ClusterInputs; facts: ClusterFacts }> {
  const { resolution, connection, ports } = prepared;
  const { emit, prompter, signal, env } = dependencies;
  const facts = factsOf(ports, connection, signal, env);
  const factsFor = (inputs: ClusterInputs): Promise<ClusterFacts> =>
    clusterFacts(facts, inputs, prepared, flags);
  const early = prompter ? undefined : await factsFor(toClusterInputs(resolution.values));
  const report = { emit, steps, strict: flags.strict };
  await steps.runWithout("verify-prerequisites", () => verifyPrerequisites(facts, early, report));
  const inputs = await steps.runWithout("collect-inputs", () =>
    collectInputs({ resolution, facts, prompter, clusterFacts: factsFor, strict: flags.strict }, report),
  );
  hideSecrets(dependencies, { awsSecretAccessKey: inputs.aws.secretAccessKey });
  return { inputs, facts: early ?? (await factsFor(inputs)) };
}

async function clusterFacts(
  facts: Facts,
  { cluster }: ClusterInputs,
  prepared: Preparation,
  flags: CommonFlags,
): Promise<ClusterFacts> {
  const directory = directoryOf(prepared, cluster.clusterName);
  const record = summarizeJournal(await readJournal(directory), cluster.clusterName);
  return clusterFactsOf(facts, cluster, record, flags.adopt);
}

function directoryOf({ connection, stateHost }: Preparation, cluster: string): StateDirectory {
  return stateDirectoryOf(connection.stateDir, stateHost, cluster);
}

function sessionOptions(
  { connection, cluster }: ClusterInputs,
  prepared: Preparation,
  { clock, ledger, signal }: CommandDependencies,
  { strict }: CommonFlags,
): Parameters<typeof withSession>[0] {
  const { timeoutMs, pollIntervalMs } = connection;
  const directory = directoryOf(prepared, cluster.clusterName);
  const limits = { timeoutMs, pollIntervalMs, strict };
  return {
    command: "init",
    cluster: cluster.clusterName,
    directory,
    ...prepared.ports,
    clock,
    ledger,
    signal,
    ...limits,
  };
}

type BringUp = {
  readonly inputs: ClusterInputs;
  readonly session: Session;
  readonly steps: StepRunner;
  readonly dependencies: CommandDependencies;
  readonly flags: CommonFlags;
  readonly facts: ClusterFacts;
  readonly explicit: ReadonlySet<ExplicitSection>;
};

/** Sections of orchestrator.yml that this run was told about: in an existing file the others are the operator's. */
function explicitSections({ origins }: Resolution): ReadonlySet<ExplicitSection> {
  const inputs = { crunches: "crunch", watcher: "watcher", "watcher-interval": "watcherInterval" } as const;
  const sections = Object.keys(inputs) as ExplicitSection[];
  return new Set(sections.filter((section) => (origins[inputs[section]] ?? "default") !== "default"));
}

/** Steps 3 to 10, under the cluster's lock. */
async function bringUp(run: BringUp): Promise<InitResult> {
  const { inputs, session, steps, flags, facts } = run;
  const { bench, record } = session;
  const { cluster } = inputs;
  const [registryFile, runnerFile] = await Promise.all([
    facts.registryCompose(),
    readComposeFile(cluster.runnerCompose),
  ]);
  const nodeId = await nodeIdOf(facts);

  const existing = await claimRegistry(cluster.clusterName, record, bench, flags.adopt);
  await clearLeftoverRunner(cluster.clusterName, record, steps.contextFor(bench));
  const registry = await steps.run(
    deployRegistry,
    { inputs, compose: registryFile, existing, nodeId, record },
    bench,
  );
  const placement = { node: registry.nodeName, baseDomain: registry.baseDomain };
  const domains = lintBaseDomain({ registry: registryFile, runner: runnerFile }, placement);
  for (const { id, severity, message, remedy } of domains) {
    if (severity === "warning") steps.warn(id, `${message}; ${remedy}`);
  }
  await steps.run(waitForRegistry, { registry }, bench);
  const existed = existing !== undefined;
  const check = (environment: readonly EnvironmentVariable[]): Promise<void> =>
    checkRegistryCompose({ registry, compose: registryFile, environment }, existed, steps.contextFor(bench));
  // An existing registry may hold what we can't give back: known before a temporary runner is made.
  if (existed) await check(environmentFor(inputs, registry, registryFile, []));
  const fresh = await composeHash(run, registry, runnerFile, nodeId);
  const approval = await approvalInput(run, registry, registryFile, fresh, existed);
  await check(approval.environment);
  const approved = await steps.run(approveComposeHash, approval, bench);
  const { hashes } = approval;
  const { mode } = await steps.run(verifyRegistry, { registry, approval: approved, hashes }, bench);
  const { path } = await steps.run(
    writeOrchestratorConfig,
    { inputs, registry, explicit: run.explicit },
    bench,
  );
  return resultOf({ inputs, registry, mode, fresh, hashes, path, steps });
}

async function nodeIdOf({ cluster, nodes }: ClusterFacts): Promise<number | undefined> {
  if (cluster.node === undefined) return undefined;
  return (await nodes()).find(({ name, id }) => name === cluster.node || String(id) === cluster.node)?.id;
}

/** Steps 5 to 7, or what a recorded run found out for the very same compose text and names. */
async function composeHash(
  run: BringUp,
  registry: Registry,
  compose: ComposeFile,
  nodeId: number | undefined,
): Promise<ComposeHash> {
  const { inputs, session, steps, dependencies } = run;
  const { cluster } = inputs;
  const { bench, record, store } = session;
  const { orchestratorSchema: schema, coordinatorWallet } = cluster;
  const names = runnerEnvironmentNames({ schema, coordinatorWallet });
  const known = await recordedComposeHash(compose, names, record, store);
  if (known === undefined) {
    const input = { cluster, compose, registryUrl: registry.url, nodeId, store, record };
    return obtainComposeHash(input, steps, bench, dependencies.emit);
  }
  steps.pass("deploy-temporary-runner", "reused", "the runner's compose hash is known");
  steps.pass("read-compose-hash", "reused", known);
  steps.pass("delete-temporary-runner", "reused", "there is none");
  return known;
}

type ApprovalInput = Parameters<typeof approveComposeHash.run>[0];

async function approvalInput(
  run: BringUp,
  registry: Registry,
  compose: ComposeFile,
  fresh: ComposeHash,
  existed: boolean,
): Promise<ApprovalInput> {
  const { inputs, session } = run;
  const { cluster, aws } = inputs;
  const hashes = await hashesFor(session.record, registry, fresh, existed, run);
  const baseDomain = cluster.cvmBaseDomain ?? registry.baseDomain;
  const environment = registryEnvironment({
    compose,
    settings: cluster,
    aws,
    approvedHashes: hashes,
    baseDomain,
  });
  const settings = registrySettings(inputs, compose, environment);
  return { registry, compose, environment, hashes, settings, record: session.record };
}

/** The registry's whole environment; its gateway domain is known by now. */
function environmentFor(
  { cluster, aws }: ClusterInputs,
  registry: Registry,
  compose: ComposeFile,
  approvedHashes: readonly string[],
): readonly EnvironmentVariable[] {
  const baseDomain = cluster.cvmBaseDomain ?? registry.baseDomain;
  return registryEnvironment({ compose, settings: cluster, aws, approvedHashes, baseDomain });
}

/** A new registry starts with the new hash alone; an existing one keeps what its runners need. */
async function hashesFor(
  record: ClusterRecord,
  registry: Registry,
  fresh: ComposeHash,
  existed: boolean,
  run: BringUp,
): Promise<readonly ComposeHash[]> {
  if (!existed) return [fresh];
  const live = await liveRunners(run.inputs.cluster.clusterName, run.session.bench);
  const recorded = record.approvals.findLast(({ appId }) => appId === registry.appId)?.hashes ?? [];
  return approvedList({ recorded, live: live.map((runner) => runner.composeHash), fresh });
}

function resultOf(end: {
  readonly inputs: ClusterInputs;
  readonly registry: Registry;
  readonly mode: string;
  readonly fresh: ComposeHash;
  readonly hashes: readonly ComposeHash[];
  readonly path: string;
  readonly steps: StepRunner;
}): InitResult {
  const { inputs, registry, mode, fresh, hashes, path, steps } = end;
  const { name, appId, vmUuid, url, nodeName, baseDomain } = registry;
  return {
    ok: true,
    command: "init",
    cluster: inputs.cluster.clusterName,
    registry: { name, app_id: appId, vm_uuid: vmUuid, url, node: nodeName, base_domain: baseDomain, mode },
    runner_compose_hash: fresh,
    approved_compose_hashes: hashes,
    orchestrator_config: path,
    steps: steps.reports,
    warnings: steps.warnings,
  };
}
