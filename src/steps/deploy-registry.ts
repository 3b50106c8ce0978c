/** Step 3: deploy the registry CVM, or find the one that is ours already. */
import { hint, phala } from "../core/command-hint.ts";
import { cvmSettingsOf } from "../core/settings.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { registryName, type Cvm } from "../core/domain.ts";
import { registryEnvironment } from "../compose/environment.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import type { EnvironmentVariable } from "../core/ports.ts";
import type { ClusterInputs } from "../core/settings.ts";
import type { ClusterRecord } from "../state/record.ts";
import type { Attester } from "../registry/attester.ts";
import { isOurs } from "../registry/ownership.ts";
import { firstEnvironment } from "../registry/withheld-secrets.ts";
import { notCreated } from "../workflow/mutation-outcome.ts";
import { done, reused, type Step, type StepContext } from "../workflow/step.ts";
import { notKnownYet, waitUntil } from "../workflow/wait.ts";
import { isPlaced, registryOf, type Registry } from "../registry/registry.ts";

export type DeployRegistryInput = {
  readonly inputs: ClusterInputs;
  readonly compose: ComposeFile;
  /** The registry that step 1 found and that is ours; absent: there is none. */
  readonly existing: Cvm | undefined;
  readonly nodeId: number | undefined;
  readonly record: ClusterRecord;
  /** Absent with `--attest off`: then everything is sent at once, as documented. */
  readonly attester?: Attester | undefined;
};

export const deployRegistry: Step<DeployRegistryInput, Registry> = {
  id: "deploy-registry",
  async run(input, context) {
    const { gatewayUrl } = input.inputs.connection;
    const port = input.inputs.cluster.spawnteePort;
    if (input.existing) {
      context.mutations.ledger.meet(input.existing.name, input.existing.instanceType);
      // It was looked up a moment ago.
      const cvm = isPlaced(input.existing) ? input.existing : await placed(input.existing, context);
      const registry = registryOf(cvm, gatewayUrl, port);
      return reused(registry, `${registry.name} exists already, on ${registry.nodeName}`);
    }
    const created = await create(input, context);
    const registry = registryOf(await placed(created, context), gatewayUrl, port);
    return done(registry, `${registry.name} on ${registry.nodeName}, app_id ${registry.appId}`);
  },
};

async function create(
  input: DeployRegistryInput,
  context: StepContext,
): Promise<Pick<Cvm, "name" | "appId">> {
  const { cluster } = input.inputs;
  const name = registryName(cluster.clusterName);
  context.progress(`creating ${name} (${cluster.instanceType})`);
  const outcome = await context.mutations.createCvm(
    {
      name,
      ...cvmSettingsOf(cluster),
      nodeId: input.nodeId,
      composeText: input.compose.text,
      environment: environmentFor(input, context),
    },
    context.signal,
    input.attester?.hooks(undefined, context),
  );
  context.signal.throwIfAborted();
  if (outcome.kind === "created") return { name, appId: outcome.appId };
  // The child of a run that was killed may have finished its creation just now.
  if (outcome.kind === "taken" && isOurs(outcome.cvm, input.record)) return outcome.cvm;
  if (outcome.kind === "taken")
    throw new ClusterError("conflict", "registry-exists", {
      message: `the name ${name} was taken while this run was about to use it: ${outcome.message}`,
      hint: hint`see who made it with ${phala("cvms", "get", name)}; to take it over, run again with --adopt`,
    });
  throw notCreated(
    name,
    outcome,
    "run the same command again; it checks first, and never creates a second one",
  );
}

/** Every name from the first deployment on: a name added later would change the registry's own hash. */
function environmentFor(
  input: DeployRegistryInput,
  context: StepContext,
): readonly EnvironmentVariable[] {
  const whole = initialEnvironment(input);
  if (!input.attester) return whole;
  const { environment, needed } = firstEnvironment(input.compose, whole);
  if (needed.length > 0) {
    const names = needed.join(" and ");
    const message = `${input.compose.path} does not start without ${names}: sent before the registry is attested`;
    context.warn("secrets-sent-unverified", message);
  }
  return environment;
}

/** As documented, with the secrets. */
export function initialEnvironment({
  inputs: { cluster, aws },
  compose,
}: Pick<DeployRegistryInput, "inputs" | "compose">): readonly EnvironmentVariable[] {
  const baseDomain = cluster.cvmBaseDomain;
  return registryEnvironment({ compose, settings: cluster, aws, approvedHashes: [], baseDomain });
}

/** The platform names node and gateway domain a moment after the creation. */
async function placed(cvm: Pick<Cvm, "name" | "appId">, context: StepContext): Promise<Cvm> {
  return waitUntil(context, {
    what: `the node of ${cvm.name}`,
    hint: hint`look at it with: ${phala("cvms", "get", cvm.name)}`,
    look: async (signal) => {
      const found = await context.api.findCvm(cvm.appId ?? cvm.name, signal);
      // It has been visible: if it is absent later, somebody has deleted it.
      if (found.kind === "present") context.mutations.ledger.see(found.value);
      if (found.kind === "present" && isPlaced(found.value))
        return { kind: "there", value: found.value };
      if (found.kind === "unknown") return notKnownYet(found);
      if (found.kind === "absent") return { kind: "not-yet", seen: "not listed yet" };
      return { kind: "not-yet", seen: missingOf(found.value) };
    },
  });
}

function missingOf({ appId, vmUuid, nodeName }: Cvm): string {
  if (!nodeName) return "no node assigned yet";
  if (!appId) return "no app_id yet";
  return vmUuid ? "no gateway domain yet" : "no vm_uuid yet";
}
