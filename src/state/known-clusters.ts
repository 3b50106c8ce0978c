/** The clusters that this machine has a record of, on one API. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { existsSync } from "node:fs";
import { readClusterRecord } from "./verified-state.ts";
import { stateDirectoryOf } from "./state-directory.ts";

export type KnownCluster = {
  readonly name: string;
  /** Whether a registry is recorded that no recorded run deleted; null: the record can't be read. */
  readonly hasRegistry: boolean | null;
};

/** By name; empty where there is no record, or no state directory. */
export async function findKnownClusters(
  stateDir: string,
  stateHost: string,
): Promise<readonly KnownCluster[]> {
  const { path: folder } = stateDirectoryOf(stateDir, stateHost, "x");
  const names = await readdir(path.dirname(folder)).catch((): string[] => []);
  const clusters = names.toSorted().map(async (name): Promise<KnownCluster[]> => {
    const directory = stateDirectoryOf(stateDir, stateHost, name);
    if (!existsSync(directory.journal)) return [];
    const record = await readClusterRecord(directory, name).catch(() => undefined);
    if (record === undefined) return [{ name, hasRegistry: null }];
    const hasRegistry = record.registryCreations.length + record.adoptedRegistries.length > 0;
    return [{ name, hasRegistry }];
  });
  return (await Promise.all(clusters)).flat();
}

/** The one that a command without a name means; undefined where there could be two. */
export function theOnlyCluster(clusters: readonly KnownCluster[]): string | undefined {
  const alive = clusters.filter(({ hasRegistry }) => hasRegistry !== false);
  const [only, ...others] = alive.length > 0 ? alive : clusters;
  return others.length === 0 ? only?.name : undefined;
}
