/** `tee-cluster verify`: attests the registry of a cluster. Reads only, but for the record of what was verified. */
import { readFile } from "node:fs/promises";
import { registryName, type Cvm } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { known } from "../../inputs/values.ts";
import { renderGatewayUrl } from "../../orchestrator/urls.ts";
import { directoryOf, readRecord } from "../../session/cluster-session.ts";
import type { CommandDependencies, CommonFlags } from "../../session/dependencies.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import { attestRegistry } from "../../trust/attest-registry.ts";
import type { Expected } from "../../trust/attest-cvm.ts";
import { gatherEvidence, type Gathered } from "../../trust/gather-evidence.ts";
import { readLastVerified, recordVerified } from "../../trust/last-verified.ts";
import { readTrust } from "../../trust/read-trust.ts";
import { saveEvidence } from "./evidence-files.ts";
import { answerOf } from "./report.ts";
import type { VerifyResult } from "./result.ts";

/** dstack's guest agent. */
const GUEST_PORT = 8090;

export async function verifyCluster(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  saveTo: string | undefined,
): Promise<VerifyResult> {
  const prepared = await prepare({ ...dependencies, prompter: undefined }, flags);
  const { values } = prepared.resolution;
  const cluster = known(values, "clusterName");
  const { trust, file } = await readTrust(values.trustFile, prepared.sandbox?.trust);
  dependencies.emit({ type: "run-started", command: "verify", headline: `Verifying cluster ${cluster}` });
  const registry = await findRegistry(cluster, prepared, dependencies.signal);
  const gathered = await gather(registry, prepared, dependencies);
  const directory = directoryOf(prepared, cluster).path;
  const last = await readLastVerified(directory);
  const mode = known(values, "attest");
  const trusted = last?.pre_launch_script_sha256;
  const expected: Expected = {
    appId: await expectedAppId(registry.appId, prepared, cluster),
    composeText: await readComposeText(prepared),
    trustedScripts: new Set(trusted == null ? [] : [trusted]),
    firstUse: mode !== "require" && last === undefined,
  };
  const at = dependencies.clock.now();
  const attestation = attestRegistry({ ...gathered, trust, expected, lastVerified: last, at });
  const saved =
    saveTo === undefined ? [] : await saveEvidence(saveTo, gathered.evidence, gathered.collateral);
  const { facts, result } = attestation;
  if (facts && result !== "none")
    await recordVerified(directory, { ...facts, at: new Date(at).toISOString() });
  return answerOf(mode, registry.name, {
    cluster,
    registry: { name: registry.name, app_id: registry.appId },
    at: new Date(at).toISOString(),
    attestation,
    trust_file: file,
    saved,
  });
}

type Registry = Cvm & { readonly appId: string };

async function findRegistry(cluster: string, { ports }: Preparation, signal: AbortSignal): Promise<Registry> {
  const name = registryName(cluster);
  const found = await ports.api.findCvm(name, signal);
  if (found.kind === "present" && found.value.appId !== null)
    return { ...found.value, appId: found.value.appId };
  const reason = found.kind === "unknown" ? `: ${found.reason}` : "";
  throw new ClusterError({
    kind: found.kind === "unknown" ? "platform" : "input",
    code: found.kind === "unknown" ? "lookup-failed" : "registry-missing",
    message: found.kind === "unknown" ? `could not look up ${name}${reason}` : `there is no CVM ${name}`,
    hint: "see which clusters there are: phala cvms list",
  });
}

/** A second look where the cached collateral has expired in a part whose date the cache does not know. */
async function gather(
  registry: Registry,
  { connection, resolution }: Preparation,
  { attestationSources, signal }: CommandDependencies,
): Promise<Gathered> {
  const collateralUrl = known(resolution.values, "collateralUrl");
  const sources = attestationSources({ ...connection, collateralUrl });
  const url = renderGatewayUrl(connection.gatewayUrl, {
    appId: registry.appId,
    port: GUEST_PORT,
    node: registry.nodeName ?? "",
    baseDomain: registry.baseDomain ?? "",
  });
  return gatherEvidence(sources, { cvmId: registry.appId, url }, signal);
}

/** As this machine has recorded it; else what the API says, which then proves nothing of whose it is. */
async function expectedAppId(shown: string, prepared: Preparation, cluster: string): Promise<string> {
  const { registryCreations, adoptedRegistries } = await readRecord(prepared, cluster);
  const created = registryCreations.flatMap(({ appId }) => appId ?? []);
  const ours = [...created, ...adoptedRegistries];
  return ours.includes(shown) ? shown : (ours.at(-1) ?? shown);
}

/** Ours, where it is here. */
async function readComposeText({ resolution }: Preparation): Promise<string | undefined> {
  const { values, origins } = resolution;
  const file = known(values, "registryCompose");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (origins.registryCompose === "default") return undefined;
    throw error;
  }
}
