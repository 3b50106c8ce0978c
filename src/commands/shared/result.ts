/** Parts that several results have. Types only: the schemas are in `schema.ts`. */
import type { z } from "zod";
import type { AttestMode } from "../../core/attestation.ts";
import { temporaryRunnerName } from "../../core/domain.ts";
import type { Attester } from "../../registry/attester.ts";
import type { Registry } from "../../registry/registry.ts";
import type { attestationOutcome, dryRun, plannedAction, registry } from "./schema.ts";

export type RegistryResult = z.infer<typeof registry>;
/** One resource that a run would create, change, delete or leave alone. */
export type PlannedAction = z.infer<typeof plannedAction>;
/** `--dry-run` of any command. */
export type DryRunResult = Omit<z.infer<typeof dryRun>, "command"> & { readonly command: string };

export function registryResult(given: Registry, mode: string): RegistryResult {
  const { name, appId, vmUuid, url, nodeName, baseDomain } = given;
  const where = {
    name,
    app_id: appId,
    vm_uuid: vmUuid,
    url,
    node: nodeName,
    base_domain: baseDomain,
  };
  // Any other mode has ended the run as `wrong-mode`.
  return { ...where, mode: mode as RegistryResult["mode"] };
}

/** Of a plan with `--hash-from provision`, in place of a temporary runner. */
export const PROVISIONING: PlannedAction = {
  action: "none",
  resource: "the runner's compose hash",
  detail: "from a provisioning that is not committed; no CVM is created for it",
};

/** Of a plan: the temporary runner comes and goes. */
export const temporaryRunnerActions = (cluster: string, made: string): readonly PlannedAction[] => {
  const resource = temporaryRunnerName(cluster);
  return [
    { action: "create", resource, detail: made },
    { action: "delete", resource, detail: "as soon as its compose hash is read and checked" },
  ];
};

export type AttestationResult = z.infer<typeof attestationOutcome>;

export function attestationResult(
  attester: Pick<Attester, "outcome"> | undefined,
): AttestationResult {
  const { result, checks } = attester?.outcome ?? { result: "none", checks: [] };
  return { result, checks: checks.map(({ code: _, ...check }) => check) };
}

/** For a plan. */
export const describeAttestation = (mode: AttestMode): string =>
  mode === "off"
    ? "attestation off: its secrets are sent unverified"
    : `attestation ${mode}: its AWS keys are sent once it is attested`;
