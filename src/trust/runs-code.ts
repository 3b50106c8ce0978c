/** Finds untrusted code in an app-compose besides the compose file. */
import { canonicalJson, sha256Hex, type AppCompose } from "../core/compose-hash.ts";
import type { Trust } from "./trust-file.ts";

/** Fields of dstack's app-compose that don't run code. */
const HARMLESS: ReadonlySet<string> = new Set([
  "allowed_envs",
  "docker_compose_file",
  "features",
  "gateway_enabled",
  "key_provider_id",
  "kms_enabled",
  "local_key_provider_enabled",
  "manifest_version",
  "name",
  "no_instance_id",
  "public_logs",
  "public_sysinfo",
  "public_tcbinfo",
  "salt",
  "secure_time",
  "storage_fs",
  "swap_size",
  "tproxy_enabled",
]);

const INERT: Readonly<Record<string, unknown>> = { runner: "docker-compose", key_provider: "kms" };

/** A field of an app-compose that may run code and is not pinned. `sha256`: the value for `trust pin`. */
export type Untrusted = { readonly field: string; readonly sha256: string; readonly text: string };

export type RunsCode = {
  /** A `pre_launch_script` that is neither pinned nor trusted before. */
  readonly script: Untrusted | undefined;
  /** `init_script` and unknown fields: refused unless pinned. */
  readonly fields: readonly Untrusted[];
};

/** @param trustedScripts digests that this cluster has trusted before (on first use) */
export function findUntrustedCode(
  appCompose: AppCompose,
  trust: Pick<Trust, "pre_launch_scripts" | "app_compose_fields">,
  trustedScripts: ReadonlySet<string> = new Set(),
): RunsCode {
  const { pre_launch_script: script, ...others } = appCompose;
  const digest = script ? sha256Hex(script) : undefined;
  const pinned = trust.pre_launch_scripts.some(({ sha256 }) => sha256 === digest);
  const isTrusted = digest === undefined || pinned || trustedScripts.has(digest);
  return {
    script: isTrusted
      ? undefined
      : { field: "pre_launch_script", sha256: digest, text: script ?? "" },
    fields: Object.entries(others).flatMap(([field, value]) => untrustedField(field, value, trust)),
  };
}

function untrustedField(
  field: string,
  value: unknown,
  { app_compose_fields: pinned }: Pick<Trust, "app_compose_fields">,
): Untrusted[] {
  if (HARMLESS.has(field) || isEmpty(value) || INERT[field] === value) return [];
  const sha256 = sha256Hex(canonicalJson(value));
  if (pinned.some((pin) => pin.name === field && pin.sha256 === sha256)) return [];
  return [{ field, sha256, text: typeof value === "string" ? value : canonicalJson(value) }];
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
