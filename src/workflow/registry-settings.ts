/** What a registry was given besides the approved list: recorded, so that a later run can say what differs. */
import type { ComposeFile } from "../compose/compose-file.ts";
import type { ClusterInputs } from "../inputs/types.ts";
import type { EnvironmentVariable } from "../ports.ts";

export type RegistrySettings = Readonly<Record<string, string>>;

/** Everything that an update would send, without the secret; the hash list is recorded apart. */
export function registrySettings(
  inputs: ClusterInputs,
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): RegistrySettings {
  const shown = new Map(environment.map(({ name, value }) => [name, value]));
  shown.delete("AWS_SECRET_ACCESS_KEY");
  shown.delete("APPROVED_COMPOSE_HASH");
  return {
    ...Object.fromEntries(shown),
    "compose file (sha256)": compose.digest,
    "environment names": environment.map(({ name }) => name).join(","),
    "instance type": inputs.cluster.instanceType,
  };
}

/** One line per setting that differs. */
export function settingsDifference(before: RegistrySettings, after: RegistrySettings): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "(none)"} -> ${after[name] ?? "(none)"}`);
}
