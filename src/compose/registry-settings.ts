/** What a registry was given besides the approved list: recorded, so that a later run can say what differs. */
import { APPROVED_LIST, REGISTRY_NAMES } from "./environment.ts";
import type { ComposeFile } from "./compose-file.ts";
import type { EnvironmentVariable } from "../core/ports.ts";

export type RegistrySettings = Readonly<Record<string, string>>;

const COMPOSE_DIGEST = "compose file (sha256)";
const ENVIRONMENT_NAMES = "environment names";

/** The list is recorded apart, and no secret is. */
const UNRECORDED = new Set(["AWS_SECRET_ACCESS_KEY", APPROVED_LIST]);

/** Everything that an update sends, without secrets: of further variables (`--registry-env`) only the names. */
export function registrySettings(
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): RegistrySettings {
  const shown = environment.filter(
    ({ name }) => REGISTRY_NAMES.includes(name) && !UNRECORDED.has(name),
  );
  return {
    ...Object.fromEntries(shown.map(({ name, value }) => [name, value])),
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
export function settingsDifference(
  before: RegistrySettings,
  after: RegistrySettings,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "(none)"} -> ${after[name] ?? "(none)"}`);
}
