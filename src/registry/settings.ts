/** What a registry was given besides the approved list: recorded, so that a later run can say what differs. */
import type { ComposeFile } from "../compose/compose-file.ts";
import type { EnvironmentVariable } from "../core/ports.ts";

export type RegistrySettings = Readonly<Record<string, string>>;

const COMPOSE_DIGEST = "compose file (sha256)";
const ENVIRONMENT_NAMES = "environment names";

/** Everything that an update sends, without the secret; the hash list is recorded apart. */
export function registrySettings(
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): RegistrySettings {
  const shown = new Map(environment.map(({ name, value }) => [name, value]));
  shown.delete("AWS_SECRET_ACCESS_KEY");
  shown.delete("APPROVED_COMPOSE_HASH");
  return {
    ...Object.fromEntries(shown),
    [COMPOSE_DIGEST]: compose.digest,
    [ENVIRONMENT_NAMES]: environment.map(({ name }) => name).join(","),
  };
}

/** SHA-256 of the compose text that the registry was given. */
export function composeDigestOf(settings: RegistrySettings): string | undefined {
  return settings[COMPOSE_DIGEST];
}

/** The environment names that the registry was given, in order. */
export function environmentNamesOf(settings: RegistrySettings): readonly string[] {
  return (settings[ENVIRONMENT_NAMES] ?? "").split(",").filter((name) => name !== "");
}

/** One line per setting that differs. */
export function settingsDifference(before: RegistrySettings, after: RegistrySettings): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "(none)"} -> ${after[name] ?? "(none)"}`);
}
