/** The registry of a cluster with its evidence from all sources: what `verify` and `trust` begin with. */
import { command, hint } from "../../core/command-hint.ts";
import { registryName, type Cvm } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { known } from "../../inputs/values.ts";
import { renderGatewayUrl } from "../../orchestrator/urls.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { readRecord } from "../../session/cluster-session.ts";
import { findRegistry } from "../../session/cluster-cvms.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import { findKnownCvms } from "./find-cluster.ts";
import { gatherEvidence, type Gathered } from "../../trust/gather-evidence.ts";
import { readTrust } from "../../trust/read-trust.ts";

/** The port of dstack's guest agent. */
const GUEST_PORT = 8090;

export async function readRegistryEvidence(run: CommandRun, name: string) {
  const prepared = await prepare(run, { asks: false, remember: true });
  const { values } = prepared.resolution;
  const cluster = known(values, "clusterName");
  const trust = await readTrust(values.trustFile, prepared.sandbox?.trust);
  run.emit({
    type: "run-started",
    command: name,
    headline: `Looking at the registry of cluster ${cluster}`,
  });
  const registry = await requireRegistry(cluster, prepared);
  return { prepared, cluster, registry, trust, gathered: await gather(registry, prepared) };
}

type Registry = Cvm & { readonly appId: string };

async function requireRegistry(cluster: string, prepared: Preparation): Promise<Registry> {
  const { ports, signal } = prepared;
  const name = registryName(cluster);
  const record = await readRecord(prepared, cluster);
  const found = await findRegistry(cluster, record, ports.api, signal);
  if (found.kind === "present" && found.value.appId !== null)
    return { ...found.value, appId: found.value.appId };
  if (found.kind === "absent") await findKnownCvms(cluster, record, prepared);
  const seeList = hint`see which clusters there are: ${command("list")}`;
  if (found.kind === "unknown") {
    const message = `could not look up ${name}: ${found.reason}`;
    throw new ClusterError("platform", "lookup-failed", { message, hint: seeList });
  }
  const message = `there is no CVM ${name}`;
  throw new ClusterError("input", "registry-missing", { message, hint: seeList });
}

export async function gather(
  registry: Registry,
  { connection, resolution, attestationSources, signal }: Preparation,
  { cachedOnly = false }: { readonly cachedOnly?: boolean } = {},
): Promise<Gathered> {
  const collateralUrl = known(resolution.values, "collateralUrl");
  const sources = await attestationSources({ ...connection, collateralUrl });
  const url = renderGatewayUrl(connection.gatewayUrl, {
    appId: registry.appId,
    port: GUEST_PORT,
    node: registry.nodeName ?? "",
    baseDomain: registry.baseDomain ?? "",
  });
  return gatherEvidence(sources, { cvmId: registry.appId, url }, signal, cachedOnly);
}
