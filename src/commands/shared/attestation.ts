/** How a run attests its registry: mode and trust, resolved before anything is created. */
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import type { ComposeFile } from "../../compose/compose-file.ts";
import type { AttestMode } from "../../core/attestation.ts";
import type { EnvironmentVariable } from "../../core/ports.ts";
import type { Attester, RegistryAttestation } from "../../registry/attester.ts";
import { ownComposeFilesOf } from "../../registry/last-known-config.ts";
import type { Registry } from "../../registry/registry.ts";
import { assertSecretsCanWait, firstEnvironment } from "../../registry/withheld-secrets.ts";
import { known } from "../../inputs/values.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { Session } from "../../session/session.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { Trust } from "../../trust/trust-file.ts";
import type { StepContext, StepRunner } from "../../workflow/step.ts";
import type { AttestFlags } from "./approval-flags.ts";

export type AttestationPlan =
  | { readonly mode: "off" }
  | { readonly mode: "auto" | "require"; readonly trust: Trust; readonly flags: AttestFlags };

/** @throws ClusterError (input) for an invalid trust file or flag. */
export async function planAttestation(
  prepared: Preparation,
  flags: AttestFlags,
  steps: StepRunner,
): Promise<AttestationPlan> {
  const { values } = prepared.resolution;
  const mode = known(values, "attest");
  if (mode === "off") {
    const message =
      "attestation is off: secrets are sent without checking what runs in the registry, and to any key that the API names";
    steps.warn("attest-off", message);
    return { mode };
  }
  const { amendTrust, readTrust } = await import("../../trust/read-trust.ts");
  const { trust } = await readTrust(values.trustFile, prepared.sandbox?.trust);
  return { mode, trust: amendTrust(trust, { ...flags, seenEvaluation: 0 }), flags };
}

/** Undefined with `--attest off`. */
export async function attesterFor(
  plan: AttestationPlan,
  { directory, store, registryStore }: Session,
  { attestationSources, clock, connection, resolution }: Preparation,
): Promise<Attester | undefined> {
  if (plan.mode === "off") return undefined;
  const { mode, flags } = plan;
  const [{ Attester: Made }, { TrustedScripts }, { readLastVerified }, { amendTrust }] =
    await Promise.all([
      import("../../registry/attester.ts"),
      import("../../registry/trusted-scripts.ts"),
      import("../../trust/last-verified.ts"),
      import("../../trust/read-trust.ts"),
    ]);
  const [last, ...scripts] = await Promise.all([
    readLastVerified(directory.path),
    store.knownScripts(),
    registryStore.knownScripts(),
  ]);
  const own = last?.pre_launch_script_sha256;
  const before = new Set([
    ...scripts.flatMap((digests) => [...digests]),
    ...(own == null ? [] : [own]),
  ]);
  const seenEvaluation = last?.tcb_evaluation_number ?? 0;
  const trust = amendTrust(plan.trust, { ...flags, seenEvaluation });
  const collateralUrl = known(resolution.values, "collateralUrl");
  return new Made({
    mode,
    sources: await attestationSources({ ...connection, collateralUrl }),
    trust,
    scripts: new TrustedScripts({ mode, trust, flags: flags.trustScript, before }),
    gatewayUrl: connection.gatewayUrl,
    clock,
    directory: directory.path,
    last,
  });
}

/** With `require` a new registry must start without its secrets. @throws ClusterError `secrets-needed-to-start` (input) */
export function assertCanWithhold(
  mode: AttestMode,
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): void {
  if (mode === "require") assertSecretsCanWait(compose, firstEnvironment(compose, environment));
}

/** Checks scripts and fields of the approved runners. @throws ClusterError `attest-compose` (verification) */
export function assertTrustedRunners(
  attester: Attester | undefined,
  live: readonly LiveRunner[],
  approved: readonly string[],
  context: Pick<StepContext, "detail">,
): void {
  for (const { cvm, composeHash, appCompose } of live)
    if (approved.includes(composeHash)) attester?.assertKnownCode(appCompose, cvm.name, context);
}

type Attesting = {
  readonly attester: Attester | undefined;
  readonly session: { readonly record: ClusterRecord };
};

/**
 * How an existing registry is attested before anything is sent to it: it must run what the API reports.
 * Undefined with `--attest off`.
 * @param now.certain Phala lists its updates, and none is by somebody else
 */
export function attestationOf(
  { attester, session }: Attesting,
  now: {
    readonly registry: Registry;
    readonly running: AppCompose;
    readonly certain: boolean;
  },
): RegistryAttestation | undefined {
  const { registry, running, certain } = now;
  const ownComposeFiles = ownComposeFilesOf(registry, session.record);
  const composeHash = composeHashOf(running);
  return (
    attester && { attester, expected: { composeHash, mayHaveChanged: !certain, ownComposeFiles } }
  );
}
