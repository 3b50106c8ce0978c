/** What an existing registry may run with, of what this machine has given it. */
import { lastUpdate, possibleUpdates, type ClusterRecord } from "../state/record.ts";
import { composeDigestOf, type RegistrySettings } from "../compose/environment.ts";
import { creationsOf } from "./concurrent-updates.ts";
import type { Registry } from "./registry.ts";

/** One of the configurations that it may have. */
export type CandidateConfig = {
  /** SHA-256 of the compose file; undefined where it was not recorded. */
  readonly composeDigest: string | undefined;
  /** Whether that environment name had no value. */
  isEmpty(name: string): boolean;
};

/**
 * The newest update that it was seen healthy with, and every later one, whatever became of that; its creation, where
 * it was not seen healthy since. Empty where this machine has given it nothing.
 */
export function candidateConfigs(
  registry: Pick<Registry, "appId">,
  record: ClusterRecord,
): readonly CandidateConfig[] {
  const updates = possibleUpdates(record, registry.appId);
  const last = lastUpdate(record, registry.appId);
  const settings = [...updates, ...(last ? [last] : [])].map((update) => update.settings);
  if (updates.some(({ verified }) => verified)) return settings.map(candidateOf);
  const created = creationsOf(registry, record).map(
    ({ composeDigest, emptyNames }): CandidateConfig => ({
      composeDigest: composeDigest ?? undefined,
      // Not recorded by earlier versions, which asked no further.
      isEmpty: (name) => emptyNames === null || emptyNames.includes(name),
    }),
  );
  return [...settings.map(candidateOf), ...created];
}

/** SHA-256 of the compose files among them. */
export function ownComposeFilesOf(
  registry: Pick<Registry, "appId">,
  record: ClusterRecord,
): ReadonlySet<string> {
  const given = candidateConfigs(registry, record);
  return new Set(given.flatMap(({ composeDigest }) => composeDigest ?? []));
}

function candidateOf(settings: RegistrySettings): CandidateConfig {
  return { composeDigest: composeDigestOf(settings), isEmpty: (name) => settings[name] === "" };
}
