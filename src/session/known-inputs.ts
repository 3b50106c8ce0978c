/**
 * Inputs from what the cluster has, which takes precedence over defaults: the settings that this machine recorded, and
 * its orchestrator.yml. No request is made for it.
 */
import { isGiven, type Answers, type Resolution } from "../inputs/resolve.ts";
import { INPUTS, type InputKey } from "../inputs/table.ts";
import type { ClusterRecord } from "../state/record.ts";
import { findKnownClusters, theOnlyCluster } from "../state/known-clusters.ts";
import { readClusterRecord } from "../state/verified-state.ts";
import { findStateDirectory } from "../state/cluster-folder.ts";
import { otherOwner } from "../orchestrator/file-owner.ts";
import { readValues, type FileSettings } from "../orchestrator/read-settings.ts";
import { readWholeText } from "../orchestrator/read-file.ts";
import { fillIn, type FilledIn, type RawInput } from "./fill-in.ts";

type KnownFrom = {
  readonly env: NodeJS.ProcessEnv;
  /** Under which the state is kept; undefined: the API's address is not known. */
  readonly stateHost: string | undefined;
  /** Whether the only recorded cluster is meant where no name is given. */
  readonly remember: boolean;
};

/**
 * Fills in what nobody gave. Record and file agree unless somebody has edited the file since. Then the file wins: it is
 * newer, and the orchestrator uses it.
 */
export async function withKnownInputs<A extends Answers>(
  given: A,
  { env, stateHost, remember }: KnownFrom,
): Promise<FilledIn<A>> {
  const filled = await withFileInputs(given, env);
  const { stateDir } = given.values;
  if (stateDir === undefined || stateHost === undefined)
    return { answers: filled, taken: new Map() };
  const named = remember ? await withOnlyCluster(filled, stateDir, stateHost) : filled;
  const { clusterName } = named.values;
  if (clusterName === undefined) return { answers: named, taken: new Map() };
  const directory = await findStateDirectory(
    { stateDir, apiHost: stateHost, cluster: clusterName },
    null,
  );
  // A record that can't be read ends only the commands that need it; `history --verify` shows what is wrong.
  const record = await readClusterRecord(directory, clusterName).catch(() => undefined);
  const settings = record?.settings ?? null;
  if (settings === null) return { answers: named, taken: new Map() };
  return withSettings(await withRecordedFile(named, given, settings, env), settings);
}

/** Without a name, or with an example's, the cluster that alone is recorded here. */
async function withOnlyCluster<A extends Answers>(
  answers: A,
  stateDir: string,
  stateHost: string,
): Promise<A> {
  const { clusterName: origin = "default" } = answers.origins;
  if (origin !== "default") return answers;
  const clusterName = theOnlyCluster(await findKnownClusters(stateDir, stateHost));
  if (clusterName === undefined) return answers;
  const { values, origins } = answers;
  return {
    ...answers,
    values: { ...values, clusterName },
    origins: { ...origins, clusterName: "record" },
  };
}

type Settings = NonNullable<ClusterRecord["settings"]>;

/** The file is looked for where the last init wrote it. */
async function withRecordedFile<A extends Answers>(
  named: A,
  given: A,
  { values: recorded }: Settings,
  env: NodeJS.ProcessEnv,
): Promise<A> {
  const { orchestratorConfig, clusterName } = named.values;
  const path = recorded["orchestrator-config"];
  if (typeof path !== "string" || orchestratorConfig === undefined || path === orchestratorConfig)
    return named;
  if (isGiven(given, "orchestratorConfig")) return named;
  const { clusterName: origin = "default" } = named.origins;
  return withFileInputs(
    {
      ...given,
      values: {
        ...given.values,
        ...(clusterName === undefined ? {} : { clusterName }),
        orchestratorConfig: path,
      },
      origins: { ...given.origins, clusterName: origin, orchestratorConfig: "record" },
    },
    env,
  );
}

function withSettings<A extends Answers>(answers: A, { values: recorded }: Settings): FilledIn<A> {
  const inputs = INPUTS.flatMap(({ key, flag = "" }): RawInput[] => {
    const raw = recorded[flag];
    return raw === undefined ? [] : [[key, raw]];
  });
  // Where the file differs, somebody has edited it since.
  const isEdited = (key: InputKey, isSame: boolean): boolean =>
    answers.origins[key] === "orchestrator.yml" && !isSame;
  return fillIn(answers, "record", inputs, isEdited);
}

/** The same for all inputs of a command, with what is still missing. */
export async function resolutionWithKnown(
  resolution: Resolution,
  from: KnownFrom,
): Promise<{ readonly resolution: Resolution; readonly taken: readonly string[] }> {
  const { answers, taken } = await withKnownInputs(resolution, from);
  const missing = answers.missing.filter(({ key }) => answers.values[key] === undefined);
  return { resolution: { ...answers, missing }, taken: [...taken.values()] };
}

/**
 * Takes the file's values for inputs that nobody gave. A file of another cluster or API says nothing of this one: a
 * check refuses it. The API's address is never taken from it: the key is sent there.
 */
async function withFileInputs<A extends Answers>(answers: A, env: NodeJS.ProcessEnv): Promise<A> {
  const settings = await settingsIn(answers, env);
  if (settings === undefined) return answers;
  const inputs = Object.entries(settings.values) as unknown as readonly RawInput[];
  return fillIn(answers, "orchestrator.yml", inputs).answers;
}

async function settingsIn(
  answers: Answers,
  env: NodeJS.ProcessEnv,
): Promise<Pick<FileSettings, "values"> | undefined> {
  const { orchestratorConfig, phalaApiUrl, clusterName } = answers.values;
  if (orchestratorConfig === undefined || phalaApiUrl === undefined) return undefined;
  const text = await readWholeText(orchestratorConfig).catch(() => undefined);
  if (text === undefined) return undefined;
  const settings = readValues(text, env);
  // An example's name is no cluster that somebody asked for.
  const asked = isGiven(answers, "clusterName") ? clusterName : undefined;
  return otherOwner(settings.identity, { clusterName: asked, phalaApiUrl }) === undefined
    ? settings
    : undefined;
}
