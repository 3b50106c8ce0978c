/** What step 10 will do to orchestrator.yml, as far as that is known before the registry exists. */
import { roleOf } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { configChanges, type ConfigChange } from "../orchestrator/config-changes.ts";
import { configText } from "../orchestrator/config.ts";
import { isLocal, otherOwner } from "../orchestrator/file-owner.ts";
import { readSettings } from "../orchestrator/read-settings.ts";
import { readWholeText } from "../orchestrator/read-file.ts";
import { clusterUrlTemplate } from "../orchestrator/urls.ts";
import type { OrchestratorValues } from "../orchestrator/values.ts";
import { stateDirectoryOf } from "../state/state-directory.ts";
import { isAsWritten } from "../state/written-config.ts";
import type { ClusterFacts } from "./facts.ts";
import { SANDBOX_HOST } from "./sandbox.ts";

export type ConfigPreview =
  | { readonly kind: "other-owner"; readonly why: string }
  | {
      readonly kind: "written";
      readonly before: string | undefined;
      readonly after: string;
      readonly changes: readonly ConfigChange[];
      /** The file is the sandbox's and as it wrote it: another cluster's file takes its place. */
      readonly replaces: boolean;
    };

/** @throws ClusterError (conflict) for a file that can't be read or changed. */
export async function previewConfig(facts: ClusterFacts): Promise<ConfigPreview> {
  const { cluster, connection, given } = facts;
  const before = await readWholeText(cluster.orchestratorConfig);
  const { why, replaces } = await ownerOf(facts, before);
  if (why !== undefined && !replaces) return { kind: "other-owner", why };
  const existing = before === undefined ? [] : readSettings(before, facts.env).identity.clusterUrls;
  const values: OrchestratorValues = {
    settings: cluster,
    given,
    phalaApiUrl: connection.phalaApiUrl,
    clusterUrls: await clusterUrls(facts, existing),
  };
  const after = configText(replaces ? undefined : before, values, cluster.orchestratorConfig);
  return { kind: "written", before, after, changes: configChanges(before, after), replaces };
}

export type FileOwner = {
  /** Why it is another cluster's file; undefined: it is not. */
  readonly why: string | undefined;
  /** That file is the sandbox's and as it wrote it: this cluster's takes its place. */
  readonly replaces: boolean;
};

/** Whose file a text is. */
export async function ownerOf(facts: ClusterFacts, text: string | undefined): Promise<FileOwner> {
  if (text === undefined) return { why: undefined, replaces: false };
  const { phalaApiUrl } = facts.connection;
  const { identity } = readSettings(text, facts.env);
  const why = otherOwner(identity, { ...(await ownCluster(facts)), phalaApiUrl });
  return { why, replaces: why !== undefined && (await isUntouchedSandboxFile(facts, text)) };
}

/** @throws ClusterError `orchestrator-config-of-another-cluster` (conflict). */
export function assertOwnFile(file: string, { why, replaces }: FileOwner): void {
  if (why === undefined || replaces) return;
  throw new ClusterError("conflict", "orchestrator-config-of-another-cluster", {
    message: `${file} belongs to another cluster: ${why}; it was not changed`,
    hint: OTHER_FILE,
  });
}

export const OTHER_FILE =
  "write another file with --orchestrator-config, as in: --orchestrator-config orchestrator.new.yml";

async function ownCluster({ cluster, cvms }: ClusterFacts): Promise<{
  readonly clusterName: string;
  readonly otherCvms: ReadonlyMap<string, string>;
}> {
  const { clusterName } = cluster;
  // A list that can't be had is reported by the check that needs it.
  const all = await cvms().catch(() => []);
  const others = all.filter(({ name }) => roleOf(name, clusterName) === undefined);
  return {
    clusterName,
    otherCvms: new Map(
      others.flatMap(({ appId, name }) => (appId === null ? [] : [[appId, name] as const])),
    ),
  };
}

async function isUntouchedSandboxFile(
  { connection, env }: ClusterFacts,
  text: string,
): Promise<boolean> {
  const { identity } = readSettings(text, env);
  if (identity.clusterName === undefined || !isLocal(identity)) return false;
  return isAsWritten(
    stateDirectoryOf(connection.stateDir, SANDBOX_HOST, identity.clusterName),
    text,
  );
}

/** Before the registry is there, those that the file has stand in for its own. */
async function clusterUrls(
  facts: ClusterFacts,
  existing: readonly string[],
): Promise<readonly string[]> {
  const found = await facts.registry();
  if (found.kind === "present") {
    const { appId, nodeName: node, baseDomain } = found.value;
    if (appId !== null && node !== null && baseDomain !== null)
      return [clusterUrlTemplate(facts.connection.gatewayUrl, { appId, node, baseDomain })];
  }
  return existing.length > 0 ? existing : ["https://<known once the registry is deployed>"];
}
