/** What several answers have in common. */
import type { Registry } from "../../registry/registry.ts";
import type { Warning } from "../../core/events.ts";

export type RegistryResult = {
  readonly name: string;
  readonly app_id: string;
  readonly vm_uuid: string;
  readonly url: string;
  readonly node: string;
  readonly base_domain: string;
  readonly mode: string;
};

export function registryResult(registry: Registry, mode: string): RegistryResult {
  const { name, appId, vmUuid, url, nodeName, baseDomain } = registry;
  return { name, app_id: appId, vm_uuid: vmUuid, url, node: nodeName, base_domain: baseDomain, mode };
}

/** One resource that a run would create, change, delete or leave alone. */
export type PlannedAction = {
  readonly action: "create" | "update" | "delete" | "write" | "reuse" | "none";
  readonly resource: string;
  readonly detail: string;
};

/** `--dry-run` of any command. */
export type DryRunResult = {
  readonly ok: true;
  readonly command: string;
  readonly cluster: string;
  readonly dry_run: true;
  readonly actions: readonly PlannedAction[];
  readonly warnings: readonly Warning[];
};
