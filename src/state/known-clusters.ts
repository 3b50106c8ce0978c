/** The clusters that this machine has a record of, on one API. */
import { readFolder } from "../lib/local-files.ts";
import path from "node:path";
import { existsSync } from "node:fs";
import { registryIds } from "./record.ts";
import { readClusterRecord } from "./verified-state.ts";
import { findStateDirectory } from "./cluster-folder.ts";
import type { StateDirectory } from "./state-directory.ts";

export type KnownCluster = {
  readonly name: string;
  /** Whether a registry is recorded that no recorded run deleted; null: the record can't be read. */
  readonly hasRegistry: boolean | null;
  /** The app_ids of its registries. */
  readonly registryIds: readonly string[];
};

/** By name; empty where there is no record, or no state directory. */
export async function findKnownClusters(
  stateDir: string,
  stateHost: string,
): Promise<readonly KnownCluster[]> {
  const folders = await recordedFolders(stateDir, stateHost);
  const clusters = folders.map(async ({ name, directory }): Promise<KnownCluster> => {
    const record = await readClusterRecord(directory, name).catch(() => undefined);
    if (record === undefined) return { name, hasRegistry: null, registryIds: [] };
    const hasRegistry = record.registryCreations.length + record.adoptedRegistries.length > 0;
    return { name, hasRegistry, registryIds: registryIds(record) };
  });
  return Promise.all(clusters);
}

/** Names alone, without reading the records: a shell that completes one does not wait. */
export async function findClusterNames(
  stateDir: string,
  stateHost: string,
): Promise<readonly string[]> {
  return (await recordedFolders(stateDir, stateHost)).map(({ name }) => name);
}

async function recordedFolders(
  stateDir: string,
  stateHost: string,
): Promise<readonly { readonly name: string; readonly directory: StateDirectory }[]> {
  const found = (await clusterNamesIn(stateDir)).map(async (name) => {
    const place = { stateDir, apiHost: stateHost, cluster: name };
    const directory = await findStateDirectory(place, null);
    return existsSync(directory.journal) ? [{ name, directory }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Of every API: which of them are this one's is told by their folders. */
async function clusterNamesIn(stateDir: string): Promise<readonly string[]> {
  const hosts = await namesIn(stateDir);
  const names = await Promise.all(hosts.map((host) => namesIn(path.join(stateDir, host))));
  return [...new Set(names.flat())].toSorted();
}

const namesIn = (folder: string): Promise<readonly string[]> => readFolder(folder).catch(() => []);

/** The one that a command without a name means; undefined where there could be two. */
export function theOnlyCluster(
  clusters: readonly Pick<KnownCluster, "name" | "hasRegistry">[],
): string | undefined {
  const alive = clusters.filter(({ hasRegistry }) => hasRegistry !== false);
  const [only, ...others] = alive.length > 0 ? alive : clusters;
  return others.length === 0 ? only?.name : undefined;
}
