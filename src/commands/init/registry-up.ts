/** Steps 3 and 4 of `init`, and the types that its parts share. */
import type { ComposePair } from "../../compose/lint.ts";
import type { Adoption } from "../../core/domain.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import type { InputKey } from "../../inputs/table.ts";
import type { Attester } from "../../registry/attester.ts";
import {
  checkForeignUpdates,
  warnUnknownList,
  type ConcurrentUpdates,
} from "../../registry/concurrent-updates.ts";
import { claimRegistry } from "../../registry/ownership.ts";
import {
  warnDomainDifferences,
  warnUnchangedSettings,
  type Registry,
} from "../../registry/registry.ts";
import { assertExistingRegistry } from "../../registry/verify-deployed.ts";
import { firstEnvironment, wasMadeWithoutSecrets } from "../../registry/withheld-secrets.ts";
import { clearLeftoverRunner } from "../../runners/leftovers.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import type { Session } from "../../session/session.ts";
import { deployRegistry, initialEnvironment } from "../../steps/deploy-registry.ts";
import { waitForRegistry } from "../../steps/wait-for-registry.ts";
import type { StepRunner } from "../../workflow/step.ts";
import { registryCheck, wholeEnvironment } from "../shared/approval.ts";
import type { ApprovalFlags, AttestFlags } from "../shared/approval-flags.ts";
import { attestationOf } from "../shared/attestation.ts";

export type InitFlags = ApprovalFlags & AttestFlags;

export type BringUp = {
  readonly inputs: ClusterInputs;
  readonly session: Session;
  readonly steps: StepRunner;
  readonly prepared: Preparation;
  readonly flags: InitFlags;
  readonly facts: ClusterFacts;
  readonly adoption: Adoption;
  readonly given: ReadonlySet<InputKey>;
  /** Undefined with `--attest off`. */
  readonly attester: Attester | undefined;
};

export type RegistryUp = ConcurrentUpdates & {
  readonly registry: Registry;
  readonly existed: boolean;
  readonly secretsWithheld: boolean;
};

/** Steps 3 and 4, and the checks of an existing registry before a temporary runner is created. */
export async function registryUp(
  run: BringUp,
  files: ComposePair,
  nodeId: number | undefined,
): Promise<RegistryUp> {
  const { inputs, session, steps, adoption, attester } = run;
  const { deps, record } = session;
  const { cluster } = inputs;
  const between = steps.contextFor(deps);
  // Before anything that may end the run: it is paid for.
  await clearLeftoverRunner(cluster.clusterName, record, between);
  const existing = await claimRegistry(cluster.clusterName, record, between, adoption);
  const compose = files.registry;
  const registry = await steps.run(
    deployRegistry,
    { inputs, compose, existing, nodeId, record, attester },
    deps,
  );
  warnDomainDifferences(registry, files, cluster, between);
  if (existing === undefined) {
    const whole = initialEnvironment({ inputs, compose });
    const names = whole.map(({ name }) => name);
    const made = { composeText: compose.text, environmentNames: names, mayHaveChanged: true };
    const attestation = attester && { attester, expected: made };
    await steps.run(waitForRegistry, { registry, attestation }, deps);
    const secretsWithheld = attester !== undefined && firstEnvironment(compose, whole).withheld;
    return { registry, existed: false, secretsWithheld, complete: true, certain: true, seen: null };
  }
  const concurrent = await checkForeignUpdates(registry, record, between, run.flags.forceUpdate);
  const environment = wholeEnvironment(inputs, registry, compose, []);
  const { certain } = concurrent;
  const check = await registryCheck(run, registry, certain);
  const running = await assertExistingRegistry({ ...check, compose, environment }, between);
  const attestation = attestationOf(run, { registry, running, certain });
  // With another file it may never become healthy: step 8 replaces that, and step 9 verifies the outcome.
  if (running.docker_compose_file === compose.text)
    await steps.run(waitForRegistry, { registry, attestation }, deps);
  else
    steps.pass("wait-for-registry", "skipped", "it runs another compose file and is updated first");
  warnUnknownList(registry, record, environment, between);
  warnUnchangedSettings(registry, cluster, between);
  const secretsWithheld = wasMadeWithoutSecrets(registry, record);
  return { registry, existed: true, secretsWithheld, ...concurrent };
}
