/**
 * Steps 5 to 7 without a CVM: Phala provisions the temporary runner, which computes its compose hash, and nothing is
 * committed. The hash is accepted only if it is that of an app-compose that a CVM of the cluster has,
 * with the runner's text and names in place.
 */
import { cvmSettingsOf } from "../../core/settings.ts";
import { findPredictionBasis, predictAppCompose } from "../../app-compose/predict.ts";
import { checkAppCompose, checkedHash, reportAnomalies } from "../../app-compose/verify.ts";
import { runnerEnvironment, runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import type { PhalaMutations } from "../../core/ports.ts";
import { temporaryRunnerName, type ComposeHash } from "../../core/domain.ts";
import type { StepContext } from "../../workflow/step.ts";
import type { ObtainComposeHashInput } from "./obtain-compose-hash.ts";

/** `unverified`: the reason why a temporary runner is needed. */
type ProvisionedHash = VerifiedHash | { readonly kind: "unverified"; readonly reason: string };

export type VerifiedHash = {
  readonly kind: "verified";
  readonly hash: ComposeHash;
  readonly appCompose: AppCompose;
};

type Context = Pick<StepContext, "api" | "signal"> & {
  readonly provision: PhalaMutations["provisionCvm"];
};

/**
 * Requests the hash and recomputes it.
 * @throws ClusterError `compose-hash-malformed` (verification).
 */
export async function provisionComposeHash(
  input: Pick<
    ObtainComposeHashInput,
    "cluster" | "compose" | "registry" | "nodeId" | "record" | "store"
  >,
  context: Context,
): Promise<ProvisionedHash> {
  const { cluster, compose, registry, nodeId } = input;
  const basis = await basisFor(input, context);
  if (basis === undefined)
    return unverified("no app-compose of the cluster is known to compare with");
  const name = temporaryRunnerName(cluster.clusterName);
  const environment = runnerEnvironment(cluster, registry.url);
  const settings = cvmSettingsOf(cluster);
  const request = { name, ...settings, nodeId, composeText: compose.text, environment };
  const outcome = await context.provision(request, context.signal);
  context.signal.throwIfAborted();
  if (outcome.kind !== "ok") return unverified(outcome.message);
  const hash = checkedHash(name, outcome.value.composeHash);
  const appCompose = predictAppCompose(basis, compose.text, runnerEnvironmentNamesOf(cluster));
  if (composeHashOf(appCompose) === hash) return { kind: "verified", hash, appCompose };
  return unverified(
    `Phala gives ${hash}, which is not the hash of what its other CVMs of the cluster run`,
  );
}

const unverified = (reason: string): ProvisionedHash => ({ kind: "unverified", reason });

/** The recorded app-compose of a runner; else the registry's, once it matches its compose hash. */
async function basisFor(
  { record, store, registry }: Pick<ObtainComposeHashInput, "record" | "store" | "registry">,
  { api, signal }: Context,
): Promise<AppCompose | undefined> {
  const recorded = await findPredictionBasis(record, store);
  if (recorded) return recorded.appCompose;
  const [cvm, found] = await Promise.all([
    api.findCvm(registry.vmUuid, signal),
    api.appCompose(registry.vmUuid, signal),
  ]);
  if (cvm.kind !== "present" || found.kind !== "present") return undefined;
  return composeHashOf(found.value) === cvm.value.composeHash ? found.value : undefined;
}

/** Checks and records it like a hash that was read back from a CVM. */
export async function recordProvisioned(
  { cluster, compose, store, attester }: ObtainComposeHashInput,
  { hash, appCompose }: VerifiedHash,
  context: Omit<StepContext, "progress">,
): Promise<void> {
  const environmentNames = runnerEnvironmentNamesOf(cluster);
  const name = temporaryRunnerName(cluster.clusterName);
  const anomalies = checkAppCompose(appCompose, {
    name,
    composeHash: hash,
    composeText: compose.text,
    environmentNames,
    knownScripts: await store.knownScripts(),
  });
  attester?.assertTrustedCode(appCompose, name, context);
  reportAnomalies(anomalies, context);
  await store.save(appCompose);
  const read = { type: "compose-hash", hash, compose_digest: compose.digest } as const;
  await context.journal.append({ ...read, allowed_envs: [...environmentNames] });
}
