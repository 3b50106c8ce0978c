/** Completion candidates from the local record and from tables; for those of the API see complete-nodes.ts. */
import { INSTANCE_MEMORY_MB, shortHash } from "../core/domain.ts";
import type { ValueSource } from "../core/value-source.ts";
import { defaultStateDir } from "../inputs/resolve.ts";
import { inputDefinition } from "../inputs/table.ts";

export type Candidate = { readonly value: string; readonly description: string };

export type Context = {
  readonly env: NodeJS.ProcessEnv;
  /** Values of the options on the command line, by attribute names. */
  readonly given: ReadonlyMap<string, string>;
};

type Source = Exclude<ValueSource, "files" | "folders">;

const SOURCES: Readonly<Record<Source, (context: Context) => Promise<readonly Candidate[]>>> = {
  clusters: async (context) => {
    const names = await clusterNames(context);
    return names.map((value) => ({ value, description: `recorded, ${stateHostOf(context)}` }));
  },
  nodes: async (context) => {
    const { nodesFor } = await import("./complete-nodes.ts");
    const nodes = await nodesFor(stateDirOf(context), stateHostOf(context), context.env);
    return nodes.map(({ name, region }) => ({ value: name, description: region ?? "" }));
  },
  "instance-types": async () =>
    Object.entries(INSTANCE_MEMORY_MB).map(([value, mb]) => ({
      value,
      description: `${mb / 1024} GB`,
    })),
  hashes,
  codes: async () => {
    const { allCodes } = await import("../commands/explain/explain.ts");
    return allCodes().map(({ code, title }) => ({ value: code, description: title }));
  },
  checks: async () => {
    const [{ CHECKS }, { CATALOGUE }] = await Promise.all([
      import("../errors/catalogue/checks.ts"),
      import("../compose/catalogue.ts"),
    ]);
    return [
      ...Object.entries(CHECKS).map(([value, { title }]) => ({ value, description: title })),
      ...Object.entries(CATALOGUE).map(([value, { about }]) => ({ value, description: about })),
    ];
  },
};

export const candidatesFor = (source: Source, context: Context): Promise<readonly Candidate[]> =>
  SOURCES[source](context);

/** Of the named cluster, or of the only one. */
async function hashes(context: Context): Promise<readonly Candidate[]> {
  const [{ hashesOf, readKnownHashes }, { findStateDirectory }] = await Promise.all([
    import("../state/known-hashes.ts"),
    import("../state/cluster-folder.ts"),
  ]);
  const names = await clusterNames(context);
  const cluster = valueOf("clusterName", context) ?? (names.length === 1 ? names[0] : undefined);
  if (cluster === undefined) return [];
  const place = { stateDir: stateDirOf(context), apiHost: stateHostOf(context), cluster };
  const known = await readKnownHashes(await findStateDirectory(place, null), cluster);
  const approved = known.approvals.at(-1)?.hashes ?? [];
  return hashesOf(known).map((value) => ({
    value,
    description: `${shortHash(value)}${approved.includes(value) ? ", approved" : ""}`,
  }));
}

async function clusterNames(context: Context): Promise<readonly string[]> {
  const { findClusterNames } = await import("../state/known-clusters.ts");
  return findClusterNames(stateDirOf(context), stateHostOf(context));
}

/** As a run resolves it, without the config file. */
function valueOf(key: "clusterName" | "stateDir" | "phalaApiUrl", context: Context) {
  const { variables, default: fallback } = inputDefinition(key);
  const variable = variables.find((name) => context.env[name]);
  const inherited = variable === undefined ? fallback : context.env[variable];
  return context.given.get(key) ?? inherited;
}

const stateDirOf = (context: Context): string =>
  valueOf("stateDir", context) ?? defaultStateDir(context.env);

function stateHostOf(context: Context): string {
  const { env, given } = context;
  const isSandbox =
    given.has("sandbox") || !["", "0", "false", "no"].includes(env["TEE_CLUSTER_SANDBOX"] ?? "");
  return isSandbox ? "sandbox" : new URL(valueOf("phalaApiUrl", context) ?? "").host;
}
