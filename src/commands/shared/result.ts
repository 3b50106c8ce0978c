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

export const dryRunResult = <C extends string>(
  command: C,
  cluster: string,
  actions: readonly PlannedAction[],
  warnings: DryRunResult["warnings"] = [],
) => ({ ok: true, command, cluster, dry_run: true, actions, warnings }) as const;

const FROM = {
  recorded: "the runner's compose hash is known",
  restored: "an earlier list is restored",
} as const;

/**
 * Of a plan: how the run obtains the runner's compose hash.
 * @param made of the temporary runner: its size and compose file
 */
export function hashActions(
  cluster: string,
  from: keyof typeof FROM | "provisioned" | "temporary-runner",
  made: string,
): readonly PlannedAction[] {
  const runner = temporaryRunnerName(cluster);
  if (from === "provisioned") {
    const resource = "the runner's compose hash";
    const detail = "from a provisioning that is not committed; no CVM is created for it";
    return [{ action: "none", resource, detail }];
  }
  if (from !== "temporary-runner")
    return [{ action: "none", resource: runner, detail: FROM[from] }];
  const deletion = "as soon as its compose hash is read and checked";
  return [
    { action: "create", resource: runner, detail: made },
    { action: "delete", resource: runner, detail: deletion },
  ];
}

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
