/**
 * Which folder has the record of a cluster. One API may have several host names, and one host several workspaces, so a
 * file in the folder names its owner: the workspace, by the platform's id, and the host names that it was reached by.
 * Folders without that file are from versions that used the host alone; they are used where they are.
 */
import path from "node:path";
import { namesOfHost } from "../core/api-hosts.ts";
import { parseJson } from "../lib/json.ts";
import { isFolder, readFolder, readTextIfAny } from "../lib/local-files.ts";
import { list, object, string, type Of } from "../lib/shape.ts";
import {
  fileNameOf,
  replaceStateFile,
  stateDirectoryOf,
  type StateDirectory,
} from "./state-directory.ts";

export type ClusterPlace = {
  readonly stateDir: string;
  /** Host and port of the API, or `sandbox`. */
  readonly apiHost: string;
  readonly cluster: string;
};

const ownerShape = object({
  workspace_id: string,
  /** Host names that this workspace's API was reached by. */
  api_hosts: list(string),
});

type Owner = Of<typeof ownerShape>;
type Candidate = { readonly name: string; readonly owner: Owner | undefined };

const ownerFileOf = (folder: string): string => path.join(folder, "workspace.json");

/**
 * Where the cluster of this workspace is recorded, or will be; nothing is written.
 * @param workspaceId null: not known. Then the host names decide.
 */
export async function findStateDirectory(
  place: ClusterPlace,
  workspaceId: string | null,
): Promise<StateDirectory> {
  const { stateDir, apiHost, cluster } = place;
  const all = await candidatesIn(stateDir, fileNameOf(cluster));
  const folder = chooseFolder(all, apiHost, workspaceId);
  return stateDirectoryOf(stateDir, folder ?? newFolder(all, apiHost, workspaceId), cluster);
}

/** Whether any folder may be that cluster's. */
export async function isAnyRecorded({ stateDir, cluster }: ClusterPlace): Promise<boolean> {
  return (await candidatesIn(stateDir, fileNameOf(cluster))).length > 0;
}

/**
 * Writes the owner into the folder, for later runs that use another host name.
 * @throws ClusterError `state-unwritable` (prerequisite).
 */
export async function recordWorkspace(
  directory: StateDirectory,
  apiHost: string,
  workspaceId: string | null,
): Promise<void> {
  if (workspaceId === null) return;
  const owner = await readOwner(directory.path);
  const hosts = owner?.workspace_id === workspaceId ? owner.api_hosts : [];
  if (hosts.includes(apiHost)) return;
  const record: Owner = { workspace_id: workspaceId, api_hosts: [...hosts, apiHost] };
  await replaceStateFile(ownerFileOf(directory.path), `${JSON.stringify(record)}\n`);
}

/** The workspace's own folder first, then those of the host's names. Pure. */
function chooseFolder(
  all: readonly Candidate[],
  apiHost: string,
  workspaceId: string | null,
): string | undefined {
  const names = namesOfHost(apiHost).map(fileNameOf);
  const rankOf = ({ name }: Candidate): number =>
    names.includes(name) ? names.indexOf(name) : names.length;
  const ordered = all.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1));
  const reached = ordered.find(({ owner }) => owner?.api_hosts.includes(apiHost));
  if (workspaceId === null)
    return (reached ?? ordered.find(({ name }) => names.includes(name)))?.name;
  const own = ordered.find(({ owner }) => owner?.workspace_id === workspaceId);
  return (own ?? ordered.find(({ name, owner }) => owner === undefined && names.includes(name)))
    ?.name;
}

/** The host's own folder, unless it has another workspace's record. */
function newFolder(all: readonly Candidate[], apiHost: string, workspaceId: string | null): string {
  const host = fileNameOf(apiHost);
  const isTaken = all.some(({ name }) => name === host);
  return isTaken && workspaceId !== null ? `${host}-${fileNameOf(workspaceId)}` : host;
}

/** The folders of clusters of that name, by the name of the folder above. */
async function candidatesIn(stateDir: string, cluster: string): Promise<readonly Candidate[]> {
  const names = await readFolder(stateDir).catch(() => []);
  const found = await Promise.all(
    names.map(async (name): Promise<Candidate[]> => {
      const folder = path.join(stateDir, name, cluster);
      return (await isFolder(folder)) ? [{ name, owner: await readOwner(folder) }] : [];
    }),
  );
  return found.flat();
}

/** Undefined where it can't be read. */
async function readOwner(folder: string): Promise<Owner | undefined> {
  const value = parseJson((await readTextIfAny(ownerFileOf(folder))) ?? "");
  return ownerShape.is(value) ? value : undefined;
}
