/**
 * How the platform builds and measures an app-compose. Deliberately does not use `src/app-compose`, so that a bug there
 * shows here.
 */
import { sha256Hex } from "../core/compose-hash.ts";
import type { ComposeRequest } from "./requests.ts";

/** What a CVM runs, as measured. */
export type AppCompose = {
  readonly docker_compose_file?: string | undefined;
  readonly allowed_envs?: readonly string[] | undefined;
  readonly pre_launch_script?: string | null | undefined;
  readonly [field: string]: unknown;
};

/** The measured text: compact JSON with the keys of every object sorted; arrays keep their order. */
export function measuredText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => measuredText(item ?? null)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${measuredText(member)}`);
  return `{${members.join(",")}}`;
}

/** SHA-256 of the measured text: 64 lower-case hex digits. */
export const composeHashOf = (appCompose: AppCompose): string =>
  sha256Hex(measuredText(appCompose));

/** The app-compose that the platform builds from a request: it adds its own fields, which are measured too. */
export function buildAppCompose(request: ComposeRequest): AppCompose {
  return {
    allowed_envs: request.allowed_envs ?? [],
    docker_compose_file: request.docker_compose_file ?? "",
    features: ["kms", "tproxy-net"],
    gateway_enabled: true,
    kms_enabled: true,
    local_key_provider_enabled: false,
    manifest_version: 2,
    name: "",
    no_instance_id: false,
    pre_launch_script: request.pre_launch_script ?? "",
    public_logs: request.public_logs ?? true,
    public_sysinfo: request.public_sysinfo ?? true,
    public_tcbinfo: true,
    runner: "docker-compose",
    secure_time: false,
    storage_fs: "zfs",
    tproxy_enabled: true,
  };
}

/** The app-compose after an update: fields that the request omits are kept. */
export function updatedAppCompose(current: AppCompose, request: ComposeRequest): AppCompose {
  return buildAppCompose({
    docker_compose_file: request.docker_compose_file ?? current.docker_compose_file,
    allowed_envs: request.allowed_envs ?? current.allowed_envs,
    pre_launch_script: request.pre_launch_script ?? current.pre_launch_script ?? "",
    public_logs: request.public_logs ?? current["public_logs"] === true,
    public_sysinfo: request.public_sysinfo ?? current["public_sysinfo"] === true,
  });
}
