/** Whose orchestrator.yml it is: it must not silently be changed to another cluster's. Pure. */
import { isSameApi } from "../core/api-hosts.ts";
import type { FileIdentity } from "./read-settings.ts";

export type OwnCluster = {
  /** Undefined: not known yet. */
  readonly clusterName: string | undefined;
  readonly phalaApiUrl: string;
  /** Names of the account's other CVMs, by app_id; absent: not looked at. */
  readonly otherCvms?: ReadonlyMap<string, string>;
};

/** Why a file belongs to another cluster or API, in words that name both; undefined: it does not, or says nothing. */
export function otherOwner(file: FileIdentity, own: OwnCluster): string | undefined {
  const why = otherRegistry(file, own);
  if (why !== undefined) return `${why}, and this run is for ${nameOf(own)}`;
  const isOther = isOtherApi(file, own) || isOtherName(file, own);
  return isOther ? `it is for ${nameOf(file)}, and this run is for ${nameOf(own)}` : undefined;
}

function isOtherApi({ phalaApiUrl, clusterUrls }: FileIdentity, own: OwnCluster): boolean {
  const ours = hostOf(own.phalaApiUrl);
  const theirs = phalaApiUrl === undefined ? undefined : hostOf(phalaApiUrl);
  if (theirs !== undefined) return ours === undefined || !isSameApi(theirs, ours);
  // A gateway is another host than the API; but this machine is never one of the platform's, or the reverse.
  const gateway = gatewayOf(clusterUrls);
  return gateway !== undefined && (gateway === LOCAL) !== (ours === LOCAL);
}

const isOtherName = ({ clusterName }: FileIdentity, own: OwnCluster): boolean =>
  clusterName !== undefined && own.clusterName !== undefined && clusterName !== own.clusterName;

function otherRegistry({ clusterUrls }: FileIdentity, own: OwnCluster): string | undefined {
  for (const url of clusterUrls) {
    const appId = /^https?:\/\/(?:.*\/)?([0-9a-f]{40})-/.exec(url)?.[1] ?? "";
    const name = own.otherCvms?.get(appId);
    if (name !== undefined) return `its cluster-urls lead to ${name} (app_id ${appId})`;
  }
  return undefined;
}

const gatewayOf = (urls: readonly string[]): string | undefined =>
  urls.map(hostOf).find((host) => host !== undefined);

/** `the cluster "bird-tracker" at cloud-api.phala.network`, as far as it is known. */
function nameOf(of: Partial<FileIdentity>): string {
  const name =
    of.clusterName === undefined ? "a cluster" : `the cluster ${JSON.stringify(of.clusterName)}`;
  const at = of.phalaApiUrl ?? gatewayOf(of.clusterUrls ?? []);
  return at === undefined
    ? name
    : `${name} at ${at.replace(/^https?:\/\//, "").replace(/\/+$/, "")}`;
}

const LOCAL = "this machine";
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** The sandbox has another port each time; all of this machine is one place. */
function hostOf(url: string): string | undefined {
  try {
    const { host, hostname } = new URL(url.replaceAll("<model-port>", "1"));
    return LOOPBACK.test(hostname) ? LOCAL : host;
  } catch {
    // A variable, or half a URL: it says nothing.
    return undefined;
  }
}

/** Whether the file is for this machine's sandbox. */
export function isLocal({ phalaApiUrl }: FileIdentity): boolean {
  return phalaApiUrl !== undefined && hostOf(phalaApiUrl) === LOCAL;
}
