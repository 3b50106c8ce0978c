/** Steps 5 to 7 together: the temporary runner never outlives them. */
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import type { ComposeFile } from "../../compose/compose-file.ts";
import { predictComposeHash, findPredictionBasis } from "../../app-compose/predict.ts";
import { parseComposeHash, temporaryRunnerName, type ComposeHash } from "../../core/domain.ts";
import { messageOf } from "../../errors/cluster-error.ts";
import type { HashFrom } from "../../core/settings.ts";
import type { Registry } from "../../registry/registry.ts";
import type { AppComposeStore } from "../../state/app-compose-store.ts";
import { recordedHash, type ClusterRecord } from "../../state/record.ts";
import { findAnomalies } from "../../app-compose/verify.ts";
import { deleteTemporaryRunner } from "../../steps/delete-temporary-runner.ts";
import {
  deployTemporaryRunner,
  type DeployTemporaryRunnerInput,
  type TemporaryRunner,
} from "../../steps/deploy-temporary-runner.ts";
import { readComposeHash, type ReadComposeHashInput } from "../../steps/read-compose-hash.ts";
import type { Emit } from "../../core/events.ts";
import type { CvmIdentity } from "../../core/ports.ts";
import { removeWithReplicas } from "../../runners/remove-cvm.ts";
import { provisionComposeHash, recordProvisioned, type VerifiedHash } from "./provision-hash.ts";
import { done, type Step, type StepDeps, type StepRunner } from "../../workflow/step.ts";

export type ObtainComposeHashInput = {
  readonly registry: Pick<Registry, "url" | "vmUuid">;
  /** See --hash-from. */
  readonly hashFrom: HashFrom;
  /** Deploys a temporary runner even where the hash is recorded: the platform may have changed its app-composes. */
  readonly fresh: boolean;
  /** Asks for confirmation; throws on a no. */
  readonly beforeDeploying?: () => Promise<void>;
} & Omit<DeployTemporaryRunnerInput, "registryUrl"> &
  Omit<ReadComposeHashInput, "runner" | "environmentNames">;

const CLEANUP_LIMIT_MS = 60_000;

/** The runner's compose hash: recorded for the same text and names, or read by steps 5 to 7. */
export async function obtainComposeHash(
  input: ObtainComposeHashInput,
  steps: StepRunner,
  deps: StepDeps,
  emit: Emit,
): Promise<ComposeHash> {
  const names = runnerEnvironmentNamesOf(input.cluster);
  const known = input.fresh
    ? undefined
    : await recordedComposeHash(input.compose, names, input.record, input.store);
  if (known === undefined) {
    if (input.hashFrom !== "provision") await input.beforeDeploying?.();
    return provisionOrDeploy(input, steps, deps, emit);
  }
  await reportKnownAnomalies(known, input, steps, deps);
  steps.pass("deploy-temporary-runner", "reused", "the runner's compose hash is known");
  steps.pass("read-compose-hash", "reused", known);
  steps.pass("delete-temporary-runner", "reused", "there is none");
  return known;
}

/** Repeats the anomalies of the recorded app-compose: `--strict` may be new. Its script counts as known. */
async function reportKnownAnomalies(
  hash: ComposeHash,
  { store, attester }: ObtainComposeHashInput,
  steps: StepRunner,
  deps: StepDeps,
): Promise<void> {
  const [appCompose, scripts] = await Promise.all([store.load(hash), store.knownScripts()]);
  if (appCompose)
    attester?.assertTrustedCode(appCompose, `the runner with ${hash}`, steps.contextFor(deps));
  const anomalies = appCompose ? findAnomalies(appCompose, `the runner with ${hash}`, scripts) : [];
  for (const { code, message } of anomalies) steps.warn(code, message);
}

type Obtained = VerifiedHash | { readonly kind: "runner"; readonly runner: TemporaryRunner };

/** Step 5; with `--hash-from provision` it deploys a temporary runner only where the provisioned hash can't be verified. */
const obtainRunner: Step<ObtainComposeHashInput, Obtained> = {
  id: "deploy-temporary-runner",
  async run(input, context) {
    if (input.hashFrom === "provision") {
      context.progress("provisioning");
      const output = await provisionComposeHash(input, {
        ...context,
        provision: (request, signal) => context.mutations.provisionCvm(request, signal),
      });
      const summary = "the hash is read from a provisioning that is not committed";
      if (output.kind === "verified") return { status: "skipped", output, summary };
      context.note(
        `--hash-from provision: ${output.reason}; a temporary runner is deployed instead`,
      );
      await input.beforeDeploying?.();
    }
    const deploying = { ...input, registryUrl: input.registry.url };
    const deployed = await deployTemporaryRunner.run(deploying, context);
    return { ...deployed, output: { kind: "runner", runner: deployed.output } };
  },
};

/** Provisions; or deploys the temporary runner, reads and checks its compose hash, and deletes it however that ends. */
async function provisionOrDeploy(
  input: ObtainComposeHashInput,
  steps: StepRunner,
  deps: StepDeps,
  emit: Emit,
): Promise<ComposeHash> {
  const { cluster, compose, store, record, allowUnchecked, attester } = input;
  const name = temporaryRunnerName(cluster.clusterName);
  let runner: TemporaryRunner | undefined;
  try {
    const obtained = await steps.run(obtainRunner, input, deps);
    if (obtained.kind === "verified") return await takeProvisioned(obtained, input, steps, deps);
    ({ runner } = obtained);
    const environmentNames = runnerEnvironmentNamesOf(cluster);
    const reading = { runner, compose, environmentNames, store, record, allowUnchecked, attester };
    const hash = await steps.run(readComposeHash, reading, deps);
    await steps.run(deleteTemporaryRunner, runner, deps);
    return hash;
  } catch (error) {
    await cleanUp(runner ?? deps.mutations.ledger.entriesOf(name).at(-1), deps, emit);
    throw error;
  }
}

async function takeProvisioned(
  provisioned: VerifiedHash,
  input: ObtainComposeHashInput,
  steps: StepRunner,
  deps: StepDeps,
): Promise<ComposeHash> {
  const { hash } = provisioned;
  await steps.runWithout("read-compose-hash", async () => {
    await recordProvisioned(input, provisioned, steps.contextFor(deps));
    return done(hash, hash);
  });
  steps.pass("delete-temporary-runner", "skipped", "there is none");
  return hash;
}

/** Only notes its own failure: the caller reports the first one, and the ledger keeps a runner that still exists. */
async function cleanUp(made: CvmIdentity | undefined, deps: StepDeps, emit: Emit): Promise<void> {
  if (made === undefined) return;
  const note = (message: string): void => emit({ type: "cleanup", message });
  note(`deleting ${made.name}`);
  try {
    await removeWithReplicas(made, deps, deps.cleanup.signal(CLEANUP_LIMIT_MS), { note });
    note(`${made.name} is gone`);
  } catch (error) {
    note(messageOf(error));
  }
}

/** The hash that a recorded and checked run read back for exactly this compose text and these names. */
export async function recordedComposeHash(
  compose: ComposeFile,
  environmentNames: readonly string[],
  record: ClusterRecord,
  store: AppComposeStore,
): Promise<ComposeHash | undefined> {
  const known = recordedHash(record, compose.digest, environmentNames);
  const hash = parseComposeHash(known?.hash);
  if (hash === undefined) return undefined;
  const appCompose = await store.load(hash);
  if (appCompose?.docker_compose_file !== compose.text) return undefined;
  // A newer runner may show that the platform has changed its app-composes since.
  const newest = await findPredictionBasis(record, store);
  const stillSo =
    newest && predictComposeHash(newest.appCompose, compose.text, environmentNames) === hash;
  return stillSo ? hash : undefined;
}
