/** The facts that checks use; each is read at most once. */
import { readComposeFile, type ComposeFile } from "../compose/compose-file.ts";
import type { ComposePair } from "../compose/lint.ts";
import { runnerEnvironmentNamesOf } from "../compose/environment.ts";
import { clusterOf, type Adoption, type Cvm } from "../core/domain.ts";
import type { ClusterSettings, Connection, InputKey } from "../core/settings.ts";
import type {
  Account,
  CloudApi,
  InstanceType,
  Lookup,
  PhalaQueries,
  PlatformNode,
} from "../core/ports.ts";
import { rememberNodes } from "../state/known-nodes.ts";
import { recordedHash, type ClusterRecord } from "../state/record.ts";
import { once } from "../lib/once.ts";
import { findRegistry } from "./cluster-cvms.ts";
import type { Preparation } from "./preparation.ts";

/** Every fact is read once, however many checks ask for it. */
export type Facts = {
  readonly cli: PhalaQueries;
  readonly api: CloudApi;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Whether the API's answer about the key is enough, and phala need not be started to ask whether it is logged in. */
  loginByKey(): Promise<boolean>;
  readonly env: NodeJS.ProcessEnv;
  /** Of the phala that this run uses. */
  version(): ReturnType<PhalaQueries["version"]>;
  account(): Promise<Account>;
  nodes(): Promise<readonly PlatformNode[]>;
  instanceTypes(): Promise<readonly InstanceType[]>;
};

/** The facts of one cluster, known once its inputs are. */
export type ClusterFacts = Facts & {
  readonly cluster: ClusterSettings;
  readonly record: ClusterRecord;
  readonly adoption: Adoption;
  /** Inputs that were given in this run: only these are changed in an existing orchestrator.yml. */
  readonly given: ReadonlySet<InputKey>;
  registryCompose(): Promise<ComposeFile>;
  runnerCompose(): Promise<ComposeFile>;
  registry(): Promise<Lookup<Cvm>>;
  /** Every CVM of the account. */
  cvms(): Promise<readonly Cvm[]>;
};

type Asked = Pick<Preparation, "ports" | "account" | "connection" | "signal" | "env">;

/** @param options `askPhala`: start it to hear whether it is logged in, whatever the API says of the key. */
export function factsOf(
  { ports, account, connection, signal, env }: Asked,
  { askPhala = false }: { readonly askPhala?: boolean } = {},
): Facts {
  const { cli, api } = ports;
  return {
    cli,
    api,
    connection,
    signal,
    env,
    loginByKey: async () => !askPhala && cli.isReady(),
    version: once(() => cli.version(signal)),
    account,
    nodes: once(async () => {
      const nodes = await api.nodes(signal);
      await rememberNodes(connection.stateDir, api.host, nodes);
      return nodes;
    }),
    instanceTypes: once(() => api.instanceTypes(signal)),
  };
}

/** @param found the registry, where it was looked up a moment ago. */
export function clusterFactsOf(
  facts: Facts,
  cluster: ClusterSettings,
  record: ClusterRecord,
  adoption: Adoption,
  given: ReadonlySet<InputKey> = new Set(),
  found?: Lookup<Cvm>,
): ClusterFacts {
  return {
    ...facts,
    cluster,
    record,
    adoption,
    given,
    registryCompose: once(() => readComposeFile(cluster.registryCompose)),
    runnerCompose: once(() => readComposeFile(cluster.runnerCompose)),
    registry: once(
      async () => found ?? findRegistry(cluster.clusterName, record, facts.api, facts.signal),
    ),
    cvms: once(() => cvmsOfLikeNames(cluster.clusterName, facts)),
  };
}

/** @throws ClusterError for a file that can't be read. */
export async function composeFiles(
  facts: Pick<ClusterFacts, "registryCompose" | "runnerCompose">,
): Promise<ComposePair> {
  const [registry, runner] = await Promise.all([facts.registryCompose(), facts.runnerCompose()]);
  return { registry, runner };
}

/** The platform's id of the node that was asked for, by name or id; undefined: the platform chooses. */
export async function nodeIdOf({ cluster, nodes }: ClusterFacts): Promise<number | undefined> {
  if (cluster.node === undefined) return undefined;
  return (await nodes()).find(
    ({ name, id }) => name === cluster.node || String(id) === cluster.node,
  )?.id;
}

/** Whether an earlier run read the hash of exactly this runner's text with these names back. */
export async function isHashRecorded({
  cluster,
  record,
  runnerCompose,
}: ClusterFacts): Promise<boolean> {
  const { digest } = await runnerCompose();
  return recordedHash(record, digest, runnerEnvironmentNamesOf(cluster)) !== undefined;
}

/** CVMs that the orchestrator of another cluster may adopt, or this one's may: it matches the beginning of names. */
export function cvmsOfLikeNames(
  cluster: string,
  { api, signal }: Pick<Facts, "api" | "signal">,
): Promise<readonly Cvm[]> {
  const keep = ({ name }: { readonly name: string }): boolean =>
    name.startsWith(cluster) || cluster.startsWith(clusterOf(name) ?? `${cluster}-`);
  return api.listCvms(signal, { keep, search: cluster });
}
