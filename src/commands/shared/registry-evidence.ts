/** The registry of a cluster with its evidence from all sources: what `verify` and `trust` begin with. */
import { command, hint } from "../../core/command-hint.ts";
import { registryName, type Cvm } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { known } from "../../inputs/values.ts";
import { renderGatewayUrl } from "../../orchestrator/urls.ts";
import type { CommandDependencies, CommonFlags } from "../../session/dependencies.ts";
import { readRecord } from "../../session/cluster-session.ts";
import { findRegistry } from "../../session/cluster-cvms.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import { findKnownCvms } from "./find-cluster.ts";
import { gatherEvidence, type Gathered } from "../../trust/gather-evidence.ts";
import { readTrust, type ReadTrust } from "../../trust/read-trust.ts";

/** dstack's guest agent. */
const GUEST_PORT = 8090;

export type RegistryEvidence = {
  readonly prepared: Preparation;
  readonly cluster: string;
  readonly registry: Registry;
  readonly gathered: Gathered;
  readonly trust: ReadTrust;
};

export async function readRegistryEvidence(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  name: string,
): Promise<RegistryEvidence> {
  const prepared = await prepare(dependencies, flags, { asks: false, remember: true });
  const { values } = prepared.resolution;
  const cluster = known(values, "clusterName");
  const trust = await readTrust(values.trustFile, prepared.sandbox?.trust);
  dependencies.emit({
    type: "run-started",
    command: name,
    headline: `Looking at the registry of cluster ${cluster}`,
  });
  const registry = await requireRegistry(cluster, prepared, dependencies.signal);
  return {
    prepared,
    cluster,
    registry,
    trust,
    gathered: await gather(registry, prepared, dependencies, {}),
  };
}

type Registry = Cvm & { readonly appId: string };

async function requireRegistry(
  cluster: string,
  prepared: Preparation,
  signal: AbortSignal,
): Promise<Registry> {
  const name = registryName(cluster);
  const record = await readRecord(prepared, cluster);
  const found = await findRegistry(cluster, record, prepared.ports.api, signal);
  if (found.kind === "present" && found.value.appId !== null)
    return { ...found.value, appId: found.value.appId };
  if (found.kind === "absent") await findKnownCvms(cluster, record, prepared, signal);
  const reason = found.kind === "unknown" ? `: ${found.reason}` : "";
  throw new ClusterError(
    found.kind === "unknown" ? "platform" : "input",
    found.kind === "unknown" ? "lookup-failed" : "registry-missing",
    {
      message:
        found.kind === "unknown" ? `could not look up ${name}${reason}` : `there is no CVM ${name}`,
      hint: hint`see which clusters there are: ${command("list")}`,
    },
  );
}

export async function gather(
  registry: Registry,
  { connection, resolution }: Preparation,
  { attestationSources, signal }: Pick<CommandDependencies, "attestationSources" | "signal">,
  { cachedOnly = false }: { readonly cachedOnly?: boolean },
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
