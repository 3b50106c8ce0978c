/** Makes the facts that checks look at; each is read at most once. */
import { readComposeFile } from "../compose/compose-file.ts";
import { runnerEnvironmentNamesOf } from "../compose/environment.ts";
import { registryName } from "../domain.ts";
import type { ClusterSettings, Connection } from "../inputs/types.ts";
import type { CloudApi, PhalaQueries } from "../ports.ts";
import { recordedHash, type ClusterRecord } from "../state/record.ts";
import type { Adoption } from "../workflow/registry-claim.ts";
import { once, type ClusterFacts, type Facts } from "./check.ts";

export function factsOf(
  ports: { readonly cli: PhalaQueries; readonly api: CloudApi },
  connection: Connection,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv,
): Facts {
  const { cli, api } = ports;
  return {
    cli,
    api,
    connection,
    signal,
    env,
    version: once(() => cli.version(signal)),
    account: once(() => api.account(signal)),
    nodes: once(() => api.nodes(signal)),
    instanceTypes: once(() => api.instanceTypes(signal)),
  };
}

export function clusterFactsOf(
  facts: Facts,
  cluster: ClusterSettings,
  record: ClusterRecord,
  adoption: Adoption,
): ClusterFacts {
  return {
    ...facts,
    cluster,
    record,
    adoption,
    registryCompose: once(() => readComposeFile(cluster.registryCompose)),
    runnerCompose: once(() => readComposeFile(cluster.runnerCompose)),
    registry: once(() => facts.api.findCvm(registryName(cluster.clusterName), facts.signal)),
    cvms: once(() => facts.api.listCvms(facts.signal)),
  };
}

/** The platform's id of the node that was asked for, by name or id; undefined: the platform chooses. */
export async function nodeIdOf({ cluster, nodes }: ClusterFacts): Promise<number | undefined> {
  if (cluster.node === undefined) return undefined;
  return (await nodes()).find(({ name, id }) => name === cluster.node || String(id) === cluster.node)?.id;
}

/** Whether an earlier run read the hash of exactly this runner's text with these names back. */
export async function isHashRecorded({ cluster, record, runnerCompose }: ClusterFacts): Promise<boolean> {
  const { digest } = await runnerCompose();
  return recordedHash(record, digest, runnerEnvironmentNamesOf(cluster)) !== undefined;
}
